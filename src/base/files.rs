//! How the pure front end gets at files: through this trait, so that an editor or a test can supply its own.

use std::path::{Component, Path, PathBuf};

/// Why a source could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// There is no such file.
    Missing,
    /// It is not UTF-8; the offset of the first bad byte.
    NotUtf8(usize),
    /// It is a folder.
    Folder,
    /// It is larger than the limit, in bytes.
    TooLarge(u64),
    /// It is named by a document that was never saved, so it would lie in no folder.
    Unsaved,
    /// Anything else, in the operating system's words.
    Other(String),
}

/// A supplier of sources, to several threads at once.
pub trait Files: Sync {
    /// The text of a file.
    ///
    /// # Errors
    /// [`FileError`] says why there is none.
    fn read(&self, path: &Path) -> Result<String, FileError>;

    /// The bytes of a file that is no text.
    ///
    /// # Errors
    /// [`FileError`] says why there are none.
    fn bytes(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        self.read(path).map(String::into_bytes)
    }

    /// The `.chaos` files directly in a folder, sorted.
    fn siblings(&self, folder: &Path) -> Vec<PathBuf>;

    /// The path from the root on, as far as that is known here.
    fn absolute(&self, path: &Path) -> PathBuf {
        path.to_path_buf()
    }

    /// Where the component with this SHA-256, in hexadecimal, would be kept, if any are here.
    fn kept(&self, _digest: &str) -> Option<PathBuf> {
        None
    }

    /// Whether there is a file or folder.
    fn exists(&self, path: &Path) -> bool {
        self.read(path).is_ok()
    }
}

/// Where documents lie that are no files. There is no such folder, so nothing lies beside them.
pub const NOWHERE: &str = "/\u{0}/";

/// Whether a file that is named like this in a folder lies nowhere, as one beside a document that was never saved.
pub fn is_nowhere(folder: &Path, name: &str) -> bool {
    folder.starts_with(NOWHERE) && Path::new(name).is_relative()
}

/// No files at all: what a text that stands for a file is laid over where nothing else counts.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl Files for Nowhere {
    fn read(&self, _: &Path) -> Result<String, FileError> {
        Err(FileError::Missing)
    }

    fn siblings(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// The path without `.` and `..`, as far as its own names tell.
pub fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
