//! What can go wrong with the store.

use super::claims::Conflict;
use std::fmt;
use std::path::PathBuf;

/// The store cannot be used.
#[derive(Debug)]
pub enum JournalError {
    /// Its folder cannot be made or opened.
    Folder(PathBuf, String),
    /// It holds what nobody has written.
    Damaged(String),
    /// Its folder lies on another machine, on this kind of file system.
    Remote(PathBuf, String),
    /// The database refuses.
    Database(String),
    /// Runs at work leave no room for what is claimed.
    Claimed(Box<Conflict>),
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JournalError::Folder(path, reason) => {
                write!(f, "the store `{}` cannot be opened: {reason}", path.display())
            }
            JournalError::Claimed(conflict) => conflict.fmt(f),
            JournalError::Damaged(reason) => write!(f, "the store is damaged: {reason}"),
            JournalError::Remote(path, kind) => {
                write!(f, "the store `{}` lies on a network file system ({kind})", path.display())
            }
            JournalError::Database(reason) => write!(f, "the store cannot be written or read: {reason}"),
        }
    }
}

impl std::error::Error for JournalError {}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => JournalError::Damaged(error.to_string()),
            _ => JournalError::Database(error.to_string()),
        }
    }
}
