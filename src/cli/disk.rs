//! Sources from the disk.

use crate::base::files::plain;
use crate::base::{FileError, Files};
use crate::registry::Shelter;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A source has at most this many bytes.
pub const LARGEST: u64 = 16 << 20;

/// A component has at most this many bytes: those that bring an interpreter are large.
pub const LARGEST_COMPONENT: u64 = 64 << 20;

/// The files of this machine.
pub struct Disk;

impl Disk {
    /// The text of a file of at most so many bytes.
    ///
    /// # Errors
    /// It is missing, a folder, larger, or no UTF-8.
    pub fn read_up_to(&self, path: &Path, largest: u64) -> Result<String, FileError> {
        let bytes = Self::bytes_up_to(path, largest)?;
        String::from_utf8(bytes).map_err(|error| FileError::NotUtf8(error.utf8_error().valid_up_to()))
    }

    fn bytes_up_to(path: &Path, largest: u64) -> Result<Vec<u8>, FileError> {
        let here = path.as_os_str().is_empty(); // `.`, as plain paths have it
        let metadata = fs::metadata(if here { Path::new(".") } else { path }).map_err(|error| explain(&error))?;
        if metadata.is_dir() {
            return Err(FileError::Folder);
        }
        // A device or a pipe has no end, or never begins.
        if !metadata.is_file() {
            return Err(FileError::Other("it is no regular file".to_owned()));
        }
        // A file may grow while it is read.
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(largest)).unwrap_or_default());
        let file = fs::File::open(path).map_err(|error| explain(&error))?;
        file.take(largest + 1).read_to_end(&mut bytes).map_err(|error| explain(&error))?;
        let length = bytes.len() as u64;
        if length > largest { Err(FileError::TooLarge(metadata.len().max(length))) } else { Ok(bytes) }
    }
}

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        self.read_up_to(path, LARGEST)
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        Self::bytes_up_to(path, LARGEST_COMPONENT)
    }

    fn siblings(&self, folder: &Path) -> Vec<PathBuf> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut found: Vec<PathBuf> = entries
            .filter(|path| path.extension().is_some_and(|extension| extension == "chaos"))
            .map(|path| path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path))
            .collect();
        found.sort();
        found
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        plain(&std::env::current_dir().unwrap_or_default().join(path))
    }

    fn kept(&self, digest: &str) -> Option<PathBuf> {
        Shelter::usual().map(|shelter| shelter.file(digest))
    }

    fn exists(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok()
    }
}

fn explain(error: &std::io::Error) -> FileError {
    if error.kind() == ErrorKind::NotFound { FileError::Missing } else { FileError::Other(error.to_string()) }
}
