//! Components as commands name them: a standard one, a plugin of the project, or a file.

use crate::base::Files;
use crate::cli::complain;
use crate::cli::disk::Disk;
use crate::diagnostics::Diagnostic;
use crate::injector::component;
use crate::names::component::{ComponentFile, is_file, read};
use crate::names::{Plugins, Unreadable, unusable_component};
use std::path::Path;

/// A component's bytes and what they hold. What stands in the way is printed, and the exit code given.
pub fn opened(name: &str) -> Result<(Vec<u8>, ComponentFile), u8> {
    let bytes = bytes(name).map_err(|finding| complain(&finding))?;
    let unusable = |why| complain(&unusable_component(name, &Unreadable::Content(why)));
    let file = read(&bytes).map_err(unusable)?;
    Ok((bytes, file))
}

fn bytes(name: &str) -> Result<Vec<u8>, Diagnostic> {
    let unreadable = |error| unusable_component(name, &Unreadable::File(error));
    if is_file(name) {
        return Disk.bytes(Path::new(name)).map_err(unreadable);
    }
    if let Some(bytes) = component(name) {
        return Ok(bytes.to_vec());
    }
    match Plugins::of(Path::new(""), &Disk).read(name, &Disk) {
        Some(Ok(added)) => Disk.bytes(&added.path).map_err(unreadable),
        Some(Err(trouble)) => Err(trouble.finding(name)),
        None => Disk.bytes(Path::new(name)).map_err(unreadable),
    }
}
