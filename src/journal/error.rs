//! What can go wrong with the store.

use super::store::RunRecord;
use std::fmt;
use std::path::PathBuf;

/// The store cannot be used.
#[derive(Debug)]
pub enum JournalError {
    /// Its folder cannot be made or opened.
    Folder(PathBuf, String),
    /// Its folder lies on another machine, on this kind of file system.
    Remote(PathBuf, String),
    /// The database refuses.
    Database(String),
    /// A run at work claims an address.
    Claimed(Box<RunRecord>, String),
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JournalError::Folder(path, reason) => {
                write!(f, "the store `{}` cannot be opened: {reason}", path.display())
            }
            JournalError::Remote(path, kind) => {
                write!(f, "the store `{}` lies on a network file system ({kind})", path.display())
            }
            JournalError::Claimed(run, address) => {
                write!(f, "the run {} ({}) is at work on {address}", run.id, run.experiment)
            }
            JournalError::Database(reason) => write!(f, "the store cannot be written or read: {reason}"),
        }
    }
}

impl std::error::Error for JournalError {}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        JournalError::Database(error.to_string())
    }
}
