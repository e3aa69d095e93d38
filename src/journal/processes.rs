//! Finding the processes that carry a marker.

use super::identity::ProcessIdentity;
use std::fs;

/// The variable that marks the processes that a run starts.
pub const MARKER: &str = "CHAOS_EFFECT";

/// The numbers of all processes. Nothing where the platform has no `/proc`.
pub fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok()))
}

/// The living processes that carry a marker, found in their environment.
pub fn marked(marker: &str) -> Vec<ProcessIdentity> {
    let wanted = format!("{MARKER}={marker}");
    let carries = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    all().filter(carries).map(ProcessIdentity::of).filter(ProcessIdentity::is_alive).collect()
}
