//! What no fault may touch, whatever is declared: this very program at work, and whoever started it.

use crate::journal::ProcessIdentity;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;

/// The first of these that must not be signalled, in words.
pub(super) fn among(processes: &[ProcessIdentity]) -> Option<String> {
    let line = line();
    processes.iter().find_map(|process| {
        if process.pid == std::process::id() {
            return Some(format!("this run itself (process {})", process.pid));
        }
        if line.contains(&process.pid) {
            return Some(format!("process {}, from which this run was started", process.pid));
        }
        let word = word(process.pid)?;
        is_this_program(process.pid).then(|| format!("process {}, which is `chaos {word}`", process.pid))
    })
}

/// Those that this process descends from.
fn line() -> BTreeSet<u32> {
    let mut line = BTreeSet::new();
    let mut at = ProcessIdentity::current();
    while let Some(parent) = at.parent().filter(|parent| *parent > 1 && line.insert(*parent)) {
        at = ProcessIdentity::of(parent);
    }
    line
}

/// What a process of this program does, by its first argument; the sample services are targets like any other.
fn word(pid: u32) -> Option<String> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let word = line.split(|byte| *byte == 0).nth(1)?;
    (word != b"demo").then(|| String::from_utf8_lossy(word).into_owned())
}

fn is_this_program(pid: u32) -> bool {
    let of = |path: String| std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    let own = of("/proc/self/exe".to_owned());
    own.is_some() && of(format!("/proc/{pid}/exe")) == own
}
