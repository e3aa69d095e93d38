//! Finding the processes that carry a marker.

use super::identity::{ProcessIdentity, is_gone, sees_processes};
use std::{fs, io};

/// The variable that marks the processes that a run starts.
pub const MARKER: &str = "CHAOS_EFFECT";

/// The numbers of all processes. Nothing where the platform has no `/proc`.
pub fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok()))
}

/// The living processes that carry a marker, found in their environment. None where the platform has no `/proc`.
///
/// # Errors
/// They cannot be looked at: whoever is not seen then may live.
pub fn marked(marker: &str) -> io::Result<Vec<ProcessIdentity>> {
    if !sees_processes() {
        return Ok(Vec::new());
    }
    let wanted = format!("{MARKER}={marker}");
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if carries(pid, wanted.as_bytes())? {
            found.push(ProcessIdentity::of(pid));
        }
    }
    found.retain(ProcessIdentity::is_alive);
    Ok(found)
}

/// Whether a variable stands in the environment of a process. Those of others, which hide it, are not ours.
fn carries(pid: u32, wanted: &[u8]) -> io::Result<bool> {
    match fs::read(format!("/proc/{pid}/environ")) {
        Ok(environment) => Ok(environment.split(|byte| *byte == 0).any(|variable| variable == wanted)),
        Err(error) if is_gone(&error) || error.kind() == io::ErrorKind::PermissionDenied => Ok(false),
        Err(error) => Err(error),
    }
}
