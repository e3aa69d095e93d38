//! The process whose number stands in a file, and what it started.

use super::Unfound;
use crate::journal::{ProcessIdentity, all_processes};
use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

pub(super) fn processes(file: &Path) -> Result<Vec<ProcessIdentity>, Unfound> {
    let shown = file.display();
    let wrong = |why: &dyn std::fmt::Display| Unfound::Wrong(format!("the pid file {shown} cannot be read: {why}"));
    let written = match std::fs::metadata(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Unfound::None(format!("there is no pid file {shown}")));
        }
        read => read.map_err(|error| wrong(&error))?,
    };
    // A pipe would be waited for, and a device has no end.
    if !written.is_file() {
        return Err(wrong(&"it is no regular file"));
    }
    let text = beginning(file).map_err(|error| wrong(&error))?;
    let pid: u32 = text.trim().parse().map_err(|_| wrong(&"it holds no number"))?;
    if pid <= 1 {
        return Err(wrong(&"it names no process of a service"));
    }
    let main = ProcessIdentity::of(pid);
    if !main.is_alive() {
        return Err(Unfound::None(format!("process {pid}, which the pid file {shown} names, does not run")));
    }
    if main.is_of_kernel() {
        return Err(wrong(&format!("process {pid} is a thread of the kernel")));
    }
    if written_before(&written, main) {
        let why = format!("the pid file {shown} is older than process {pid}: the number is that of a later process");
        return Err(Unfound::None(why));
    }
    if let Some(who) = could_be_anybodys(file, &written, pid) {
        return Err(Unfound::Wrong(format!("the pid file {shown} is not believed: {who}")));
    }
    Ok(with_children(main))
}

/// The kernel tells programs of times in this many ticks a second, on every machine.
const TICKS: u64 = 100;

/// Whether the file was written before the process began: then the number is that of a later process. The time of boot is told
/// in whole seconds, so a file that is two seconds older is still believed.
/// As much of it as a number can take, and more.
fn beginning(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(file)?.take(64).read_to_string(&mut text)?;
    Ok(text)
}

fn written_before(written: &Metadata, process: ProcessIdentity) -> bool {
    let written = written.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let (Some(written), Some(booted)) = (written, booted()) else { return false };
    booted + process.started / TICKS > written.as_secs() + 2
}

/// When the machine was started, in seconds since 1970.
fn booted() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// Who could have put the number there, besides root, us, and the owner of the process itself: a number from anybody else would
/// have us signal whatever they like.
fn could_be_anybodys(file: &Path, written: &Metadata, pid: u32) -> Option<String> {
    let process = std::fs::metadata(format!("/proc/{pid}")).ok()?;
    let open = |mode: u32| mode & 0o002 != 0;
    let folder = file.parent().and_then(|folder| std::fs::metadata(folder).ok());
    if open(written.mode()) || folder.is_some_and(|folder| open(folder.mode()) && folder.mode() & 0o1000 == 0) {
        return Some("it can be written by anybody; `chmod o-w` it and its folder".to_owned());
    }
    let known = [0, rustix::process::geteuid().as_raw(), process.uid()];
    (!known.contains(&written.uid()))
        .then(|| format!("it belongs to user {}, and process {pid} to user {}", written.uid(), process.uid()))
}

/// A process and all that it started, as far as their line is unbroken.
fn with_children(main: ProcessIdentity) -> Vec<ProcessIdentity> {
    let all = all_processes().map(ProcessIdentity::of);
    let parents: Vec<(u32, u32)> = all.filter_map(|process| Some((process.pid, process.parent()?))).collect();
    let mut family = BTreeSet::from([main.pid]);
    loop {
        let more: Vec<u32> = parents
            .iter()
            .filter(|(pid, parent)| family.contains(parent) && !family.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            break;
        }
        family.extend(more);
    }
    family.into_iter().map(ProcessIdentity::of).filter(ProcessIdentity::is_alive).collect()
}
