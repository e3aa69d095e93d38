//! What a project would see of a plugin, before it is added: its module checked against its manifest, with nothing written.

use crate::analysis::analyse;
use crate::base::{FileError, Files};
use crate::cli::{REFUSED, complain, print};
use crate::diagnostics::any_error;
use crate::names::unreadable;
use crate::project::{FILE_NAME, LOCK_NAME, Lock, Pin};
use std::path::{Path, PathBuf};

/// The folder of a project that uses the plugin and nothing else.
const FOLDER: &str = "/trial";
/// The component in it.
const COMPONENT: &str = "component.wasm";

/// Checks a plugin as `use` would bring it in. What is wrong is printed, and the exit code given.
pub fn check(pin: &Pin, bytes: &[u8]) -> Result<(), u8> {
    let file = Path::new(FOLDER).join("use.chaos");
    let trial = Trial::of(pin, bytes).map_err(|why| {
        complain_of!("error: {why}");
        REFUSED
    })?;
    let analysis = analyse(&file, &trial, None).map_err(|error| complain(&unreadable(&file, &error, None)))?;
    if any_error(&analysis.findings) {
        print(&analysis.findings, &analysis.program.sources);
        return Err(REFUSED);
    }
    Ok(())
}

struct Trial<'b> {
    project: String,
    lock: String,
    uses: String,
    bytes: &'b [u8],
}

impl<'b> Trial<'b> {
    fn of(pin: &Pin, bytes: &'b [u8]) -> Result<Self, String> {
        let name = &pin.name;
        let mut lock = Lock::default();
        lock.put(Pin { source: COMPONENT.to_owned(), resolved: None, ..pin.clone() });
        Ok(Self {
            project: format!("[plugins]\n\"{name}\" = \"{COMPONENT}\"\n"),
            lock: lock.text()?,
            uses: format!("use {name}\n"),
            bytes,
        })
    }
}

impl Files for Trial<'_> {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        let name = path.strip_prefix(FOLDER).ok().and_then(Path::to_str);
        match name {
            Some(FILE_NAME) => Ok(self.project.clone()),
            Some(LOCK_NAME) => Ok(self.lock.clone()),
            Some("use.chaos") => Ok(self.uses.clone()),
            _ => Err(FileError::Missing),
        }
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        match path == Path::new(FOLDER).join(COMPONENT) {
            true => Ok(self.bytes.to_vec()),
            false => Err(FileError::Missing),
        }
    }

    fn siblings(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}
