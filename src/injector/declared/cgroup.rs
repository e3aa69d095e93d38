//! The processes of a control group, with the groups in it.

use super::Unfound;
use crate::journal::ProcessIdentity;
use crate::types::model::{CGROUPS, is_controller};
use std::path::{Path, PathBuf};

/// Where control groups are: under the one hierarchy, and where there are several.
pub(super) const HIERARCHIES: &[&str] = &["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"];

/// Those of a group by its folder.
pub(super) fn processes(folder: &Path) -> Result<Vec<ProcessIdentity>, Unfound> {
    let found = listed(folder)?;
    match found {
        None => Err(Unfound::None(format!("there is no control group {}", folder.display()))),
        Some(found) if found.is_empty() => {
            Err(Unfound::None(format!("no process of a program is in the control group {}", folder.display())))
        }
        Some(found) => Ok(found),
    }
}

/// Those of a group by its path in the hierarchy, as `/proc/PID/cgroup` tells it.
pub(super) fn below_root(path: &Path) -> Result<Vec<ProcessIdentity>, Unfound> {
    let below = path.strip_prefix("/").unwrap_or(path);
    let mut exists = false;
    for root in hierarchies() {
        match listed(&root.join(below))? {
            Some(found) if !found.is_empty() => return Ok(found),
            Some(_) => exists = true,
            None => {}
        }
    }
    let path = path.display();
    Err(Unfound::None(if exists {
        format!("no process of a program is in the control group {path}")
    } else {
        format!("there is no control group {path}")
    }))
}

/// Those that there are: of version 2 or systemd's own first, then each controller's of version 1.
fn hierarchies() -> Vec<PathBuf> {
    let is_controller = |entry: &std::fs::DirEntry| entry.file_name().to_str().is_some_and(is_controller);
    let found = std::fs::read_dir(CGROUPS).into_iter().flatten().flatten().filter(is_controller);
    let mut controllers: Vec<PathBuf> = found.map(|entry| entry.path()).collect();
    controllers.sort();
    HIERARCHIES.iter().map(PathBuf::from).chain(controllers).collect()
}

/// None where there is no such group. Threads of the kernel are no processes of a service.
fn listed(folder: &Path) -> Result<Option<Vec<ProcessIdentity>>, Unfound> {
    let file = folder.join("cgroup.procs");
    let text = match std::fs::read_to_string(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        // The group goes with its last process, also between the look at it and the read.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NODEV.raw_os_error()) => return Ok(None),
        read => read.map_err(|error| Unfound::Wrong(format!("{} cannot be read: {error}", file.display())))?,
    };
    let inner = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let inner = inner.filter(|path| path.is_dir()).filter_map(|path| listed(&path).ok().flatten()).flatten();
    let pids = text.lines().filter_map(|line| line.trim().parse().ok()).filter(|pid| *pid > 1);
    let own = pids.map(ProcessIdentity::of).filter(|it| it.is_alive() && !it.is_of_kernel());
    Ok(Some(own.chain(inner).collect()))
}
