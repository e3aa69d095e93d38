//! Where components from elsewhere are kept: in the user's cache, by their digests.

use crate::journal::make_private;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A folder with components. What is in it is believed by its digest alone, by whoever reads it.
#[derive(Clone, Debug)]
pub struct Shelter {
    folder: PathBuf,
}

impl Shelter {
    /// That of this user; none where it is not known where that is.
    pub fn usual() -> Option<Self> {
        dirs::cache_dir().map(|cache| Self::at(cache.join("chaos").join("plugins")))
    }

    /// The one in this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where the component with this SHA-256, in hexadecimal, is or would be.
    pub fn file(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.wasm"))
    }

    /// Keeps a component, whole or not at all, in place of a damaged one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, digest: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
        make_private(&self.folder)?;
        let file = self.file(digest);
        let draft = file.with_extension(format!("{}.tmp", std::process::id()));
        let written = write(&draft, bytes).and_then(|()| std::fs::rename(&draft, &file));
        if written.is_err() {
            let _may_be_missing = std::fs::remove_file(&draft);
        }
        written.map(|()| file)
    }
}

fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut open: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    open.write_all(bytes)?;
    open.sync_all()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Shelter;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_kept_is_whole_and_its_owners() {
        let place = tempfile::tempdir().unwrap();
        let shelter = Shelter::at(place.path().join("deep/plugins"));
        for text in [&b"one"[..], b"another"] {
            let file = shelter.keep("ab12", text).unwrap();
            assert_eq!((file.clone(), std::fs::read(&file).unwrap()), (shelter.file("ab12"), text.to_vec()));
        }
        let mode = std::fs::metadata(place.path().join("deep/plugins")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(std::fs::read_dir(place.path().join("deep/plugins")).unwrap().count(), 1);
        std::fs::remove_file(shelter.file("ab12")).unwrap();
        std::fs::create_dir(shelter.file("ab12")).unwrap();
        assert!(shelter.keep("ab12", b"x").is_err());
        assert_eq!(std::fs::read_dir(place.path().join("deep/plugins")).unwrap().count(), 1);
    }
}
