//! Texts that stand for those of files: what an editor holds, what comes from standard input, what is not written yet.

use super::files::{FileError, Files};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Files, some of which have another text than where they lie.
pub struct Overlay<'f> {
    under: &'f dyn Files,
    texts: RwLock<BTreeMap<PathBuf, String>>,
}

impl<'f> Overlay<'f> {
    /// The files of `under`, as they are.
    pub fn over(under: &'f dyn Files) -> Self {
        Self { under, texts: RwLock::default() }
    }

    /// Says what a file's text is.
    pub fn put(&self, path: impl Into<PathBuf>, text: String) {
        self.change().insert(path.into(), text);
    }

    /// Takes back what was said of a file.
    pub fn lift(&self, path: &Path) {
        self.change().remove(path);
    }

    fn texts(&self) -> RwLockReadGuard<'_, BTreeMap<PathBuf, String>> {
        self.texts.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, BTreeMap<PathBuf, String>> {
        self.texts.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for Overlay<'_> {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        let own = self.texts().get(path).cloned();
        own.map_or_else(|| self.under.read(path), Ok)
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        let own = self.texts().get(path).cloned();
        own.map_or_else(|| self.under.bytes(path), |text| Ok(text.into_bytes()))
    }

    fn siblings(&self, folder: &Path) -> Vec<PathBuf> {
        let here =
            |path: &&PathBuf| path.parent() == Some(folder) && path.extension().is_some_and(|ending| ending == "chaos");
        let mut found = self.under.siblings(folder);
        found.extend(self.texts().keys().filter(here).cloned());
        found.sort();
        found.dedup();
        found
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.under.absolute(path)
    }

    fn kept(&self, digest: &str) -> Option<PathBuf> {
        self.under.kept(digest)
    }

    fn exists(&self, path: &Path) -> bool {
        self.texts().contains_key(path) || self.under.exists(path)
    }
}
