//! Where a file's `chaos.toml` is.

use crate::base::Files;
use std::path::{Path, PathBuf};

/// What the file is called.
pub const FILE_NAME: &str = "chaos.toml";

/// The nearest `chaos.toml` in `folder` or above it, given as an absolute path. The root of a repository, where `.git` is,
/// is the last folder that is looked into.
pub fn find(folder: &Path, files: &dyn Files) -> Option<PathBuf> {
    for folder in folder.ancestors() {
        let here = folder.join(FILE_NAME);
        if files.exists(&here) {
            return Some(here);
        }
        if is_repository(folder, files) {
            return None;
        }
    }
    None
}

/// Whether a folder is the root of a repository.
pub fn is_repository(folder: &Path, files: &dyn Files) -> bool {
    files.exists(&folder.join(".git"))
}

/// Whether what lies in a folder may belong to another project than what lies beside the folder.
pub fn begins(folder: &Path, files: &dyn Files) -> bool {
    files.exists(&folder.join(FILE_NAME)) || is_repository(folder, files)
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::base::{FileError, Files};
    use std::path::{Path, PathBuf};

    struct These(&'static [&'static str]);

    impl Files for These {
        fn read(&self, _: &Path) -> Result<String, FileError> {
            Err(FileError::Missing)
        }

        fn siblings(&self, _: &Path) -> Vec<PathBuf> {
            Vec::new()
        }

        fn exists(&self, path: &Path) -> bool {
            self.0.iter().any(|known| Path::new(known) == path)
        }
    }

    #[test]
    fn the_nearest_one_counts() {
        let files = These(&["/a/chaos.toml", "/a/b/c/chaos.toml"]);
        assert_eq!(find(Path::new("/a/b/c/d"), &files), Some("/a/b/c/chaos.toml".into()));
        assert_eq!(find(Path::new("/a/b"), &files), Some("/a/chaos.toml".into()));
        assert_eq!(find(Path::new("/x"), &files), None);
    }

    #[test]
    fn a_repository_ends_the_search() {
        let files = These(&["/a/chaos.toml", "/a/b/.git"]);
        assert_eq!(find(Path::new("/a/b/c"), &files), None);
        let files = These(&["/a/chaos.toml", "/a/.git"]);
        assert_eq!(find(Path::new("/a/b/c"), &files), Some("/a/chaos.toml".into()));
    }
}
