//! Opening the run store.

use super::StoreOption;
use crate::journal::{Journal, default_folder};
use crate::run::RunError;
use std::path::PathBuf;

impl StoreOption {
    /// The store's folder.
    pub fn folder(&self) -> Option<PathBuf> {
        self.store.clone().or_else(default_folder).map(|folder| std::path::absolute(&folder).unwrap_or(folder))
    }

    /// The store, opened.
    pub fn open(&self) -> Result<Journal, RunError> {
        let folder = self.folder().ok_or_else(|| {
            let message = "this user has no home folder, so there is no place for the run store";
            RunError::new(crate::diagnostics::codes::E0711, message).help("name one: `--store DIR`")
        })?;
        Ok(Journal::open(&folder)?)
    }
}
