//! Where the run store lies, and opening it.
//!
//! It is named on the command line, by `CHAOS_STORE`, by `chaos.toml`, or is in the platform's state folder. Nothing that an
//! earlier store holds is forgotten when a project names another: those that projects name are kept in a list, and commands
//! that look for what is in force look into all of them, unless one store is named on the command line.

use super::{StoreOption, project_of};
use crate::base::files::plain;
use crate::diagnostics::{Diagnostic, codes};
use crate::journal::{DATABASE, FileSystem, Journal, default_folder, make_private};
use crate::project::Project;
use crate::run::RunError;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The list of stores that projects name, in the platform's state folder.
const LIST: &str = "stores";

/// Stores to look into.
pub struct Stores {
    /// The command's own first.
    pub journals: Vec<Journal>,
    /// Why others cannot be read.
    pub unread: Vec<RunError>,
}

impl StoreOption {
    /// The store's folder, for a command that is about the folder in which it was given.
    ///
    /// # Errors
    /// The project says nothing clear of it, or there is no place for it.
    pub fn folder(&self) -> Result<PathBuf, RunError> {
        self.folder_by(project_of::here)
    }

    /// The store, opened.
    ///
    /// # Errors
    /// It has no place, or cannot be opened.
    pub fn open(&self) -> Result<Journal, RunError> {
        Ok(Journal::open(&self.folder()?)?)
    }

    /// The store of a file's project, opened.
    ///
    /// # Errors
    /// It has no place, or cannot be opened.
    pub fn open_of(&self, file: &Path) -> Result<Journal, RunError> {
        Ok(Journal::open(&self.folder_by(|| project_of::of(file))?)?)
    }

    /// The store of a file's project, if there is one: to look at a store must not make one.
    pub fn look_at(&self, file: &Path) -> Option<Journal> {
        let named = || Some(project_of::of(file).ok()?.and_then(|project| project.store));
        let folder = match &self.store {
            Some(named) => named.clone(),
            None => named()?.map(|named| plain(&named)).or_else(default_folder)?,
        };
        folder.is_dir().then(|| Journal::open(&folder).ok())?
    }

    /// What is wrong with a store that is named and is not there: nothing can be recovered from it, and none is made. What is
    /// wrong with the place itself is told by whoever opens it.
    pub fn nowhere(&self) -> Option<Diagnostic> {
        let named = self.store.as_ref().filter(|named| !named.exists() && !named.is_symlink())?;
        if matches!(FileSystem::of(named), FileSystem::Remote(_)) {
            return None;
        }
        let headline = format!("there is no store in `{}`, so nothing can be recovered from it", named.display());
        Some(Diagnostic::error(codes::E0711, headline).help("name the folder that the run was given: `--store DIR`"))
    }

    /// The store, and all others in which something may be in force.
    ///
    /// # Errors
    /// The store itself has no place, or cannot be opened.
    pub fn open_all(&self) -> Result<Stores, RunError> {
        let own = self.open()?;
        let mut stores = self.others(&own);
        stores.journals.insert(0, own);
        Ok(stores)
    }

    /// All stores but this one in which something may be in force. None where the store is named: that one alone is meant.
    pub fn others(&self, own: &Journal) -> Stores {
        let mut stores = Stores { journals: Vec::new(), unread: Vec::new() };
        let known = if self.store.is_none() { known() } else { Vec::new() };
        for folder in known {
            let open = stores.journals.iter().chain([own]).any(|journal| same(journal.folder(), &folder));
            if open {
                continue;
            }
            if !folder.join(DATABASE).exists() {
                if default_folder().is_none_or(|default| default != folder) {
                    complain_of!(
                        "the store `{}`, which a project names, is not there: what is in it is not known",
                        folder.display()
                    );
                }
                continue;
            }
            match Journal::open(&folder) {
                Ok(journal) => stores.journals.push(journal),
                Err(error) => stores.unread.push(error.into()),
            }
        }
        stores
    }

    fn folder_by(&self, project: impl FnOnce() -> Result<Option<Project>, RunError>) -> Result<PathBuf, RunError> {
        if let Some(named) = &self.store {
            return Ok(std::path::absolute(named).unwrap_or_else(|_| named.clone()));
        }
        if let Some(named) = project()?.and_then(|project| project.store) {
            let folder = plain(&named);
            remember(&folder);
            return Ok(folder);
        }
        default_folder().ok_or_else(|| {
            let message = "this user has no home folder, so there is no place for the run store";
            RunError::new(codes::E0711, message).help("name one: `--store DIR`")
        })
    }
}

/// The stores that there may be: that of the platform's state folder, and those that projects have named.
fn known() -> Vec<PathBuf> {
    let Some(default) = default_folder() else { return Vec::new() };
    let list = std::fs::read(default.join(LIST)).unwrap_or_default();
    let named = list.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let named: Vec<PathBuf> = named.map(|line| PathBuf::from(OsStr::from_bytes(line))).collect();
    std::iter::once(default).chain(named).collect()
}

/// Puts a store into the list. Where that cannot be written, commands find it in its project's folder all the same.
fn remember(folder: &Path) {
    if known().iter().any(|known| known == folder) {
        return;
    }
    let _not_written = default_folder().map_or(Ok(()), |default| {
        make_private(&default)?;
        let mut list = File::options().create(true).append(true).open(default.join(LIST))?;
        list.write_all(&[folder.as_os_str().as_bytes(), b"\n"].concat())
    });
}

fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}
