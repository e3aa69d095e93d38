//! The processes of a target that its environment declares: found anew at every call, so that no number is believed that
//! belongs to another process by now.

use crate::journal::{ProcessIdentity, all_processes, marked};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The processes of one instance of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// The instance.
    pub instance: String,
    /// How its processes are found.
    pub by: FoundBy,
}

/// How processes are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// The run started them, with this marker.
    Marker(String),
    /// The process whose number stands in a file, and what it started.
    PidFile(PathBuf),
    /// The processes of a control group, by its folder.
    Cgroup(PathBuf),
    /// The processes of a unit of systemd, in the slice of the system.
    Unit(String),
}

/// Where units have their control groups: under the one hierarchy, and where there are several.
const HIERARCHIES: &[&str] = &["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"];

impl Declared {
    /// Those that run now.
    ///
    /// # Errors
    /// Why they cannot be found.
    pub(super) fn processes(&self) -> Result<Vec<ProcessIdentity>, String> {
        match &self.by {
            FoundBy::Marker(marker) => {
                marked(marker).map_err(|error| format!("its processes cannot be looked at: {error}"))
            }
            FoundBy::PidFile(file) => of_pid_file(file),
            FoundBy::Cgroup(folder) => of_cgroup(folder),
            FoundBy::Unit(unit) => {
                let folders = HIERARCHIES.iter().map(|root| Path::new(root).join("system.slice").join(unit));
                let found = folders
                    .map(|folder| of_cgroup(&folder))
                    .find(|found| found.as_ref().is_ok_and(|it| !it.is_empty()));
                found.unwrap_or(Ok(Vec::new()))
            }
        }
    }
}

fn of_pid_file(file: &Path) -> Result<Vec<ProcessIdentity>, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("the pid file {} cannot be read: {error}", file.display());
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| unreadable(&error))?,
    };
    let pid: u32 = text.trim().parse().map_err(|_| unreadable(&"it holds no number"))?;
    if pid <= 1 {
        return Err(unreadable(&"it names no process of a service"));
    }
    let main = ProcessIdentity::of(pid);
    if !main.is_alive() || written_before(file, main) {
        return Ok(Vec::new());
    }
    Ok(with_children(main))
}

/// The kernel tells programs of times in this many ticks a second, on every machine.
const TICKS: u64 = 100;

/// Whether the file was written before the process began: then the number is that of a later process. The time of boot is told
/// in whole seconds, so a file that is two seconds older is still believed.
fn written_before(file: &Path, process: ProcessIdentity) -> bool {
    let written = std::fs::metadata(file).and_then(|it| it.modified()).ok();
    let written = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let (Some(written), Some(booted)) = (written, booted()) else { return false };
    booted + process.started / TICKS > written.as_secs() + 2
}

/// When the machine was started, in seconds since 1970.
fn booted() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// A process and all that it started, as far as their line is unbroken.
fn with_children(main: ProcessIdentity) -> Vec<ProcessIdentity> {
    let parents: Vec<(u32, u32)> = all_processes().filter_map(|pid| Some((pid, parent(pid)?))).collect();
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

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split_whitespace().nth(1)?.parse().ok()
}

fn of_cgroup(folder: &Path) -> Result<Vec<ProcessIdentity>, String> {
    let file = folder.join("cgroup.procs");
    let text = match std::fs::read_to_string(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| format!("{} cannot be read: {error}", file.display()))?,
    };
    let inner = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let inner: Vec<ProcessIdentity> =
        inner.filter(|path| path.is_dir()).filter_map(|path| of_cgroup(&path).ok()).flatten().collect();
    let pids = text.lines().filter_map(|line| line.trim().parse().ok()).filter(|pid| *pid > 1);
    Ok(pids.map(ProcessIdentity::of).filter(ProcessIdentity::is_alive).chain(inner).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Declared, FoundBy};
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};
    use std::time::{Duration, SystemTime};

    fn sleeper() -> Child {
        Command::new("sh").args(["-c", "sleep 60 & wait"]).process_group(0).spawn().unwrap()
    }

    fn end(mut child: Child) {
        let group = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_pid_file_names_a_process_and_its_children_but_none_that_came_later() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.pid");
        let declared = Declared { instance: "shop".to_owned(), by: FoundBy::PidFile(file.clone()) };
        assert!(declared.processes().unwrap().is_empty(), "no file: it does not run");
        let child = sleeper();
        std::fs::write(&file, format!("{}\n", child.id())).unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while declared.processes().unwrap().len() < 2 {
            assert!(std::time::Instant::now() < deadline, "the child of the shell is found");
            std::thread::yield_now();
        }
        let old = SystemTime::now() - Duration::from_secs(3600);
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        assert!(declared.processes().unwrap().is_empty(), "the number is that of a later process");
        end(child);
        for wrong in ["", "1", "0", "-5", "many"] {
            std::fs::write(&file, wrong).unwrap();
            assert!(declared.processes().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_control_group_holds_what_it_lists() {
        let folder = tempfile::tempdir().unwrap();
        let declared = Declared { instance: "shop".to_owned(), by: FoundBy::Cgroup(folder.path().to_path_buf()) };
        assert!(declared.processes().unwrap().is_empty());
        let child = sleeper();
        std::fs::write(folder.path().join("cgroup.procs"), format!("0\n1\n{}\n", child.id())).unwrap();
        let found = declared.processes().unwrap();
        assert_eq!(found.iter().map(|it| it.pid).collect::<Vec<_>>(), [child.id()]);
        end(child);
        assert!(declared.processes().unwrap().is_empty());
    }
}
