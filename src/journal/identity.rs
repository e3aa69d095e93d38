//! A process, told from a later one that got the same number.

use serde::{Deserialize, Serialize};

/// A process number with the time at which that process started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// Its number.
    pub pid: u32,
    /// When it started, in the kernel's ticks since boot; 0 where the platform does not tell.
    pub started: u64,
}

impl ProcessIdentity {
    /// This process.
    pub fn current() -> Self {
        Self::of(std::process::id())
    }

    /// The process that has this number now.
    pub fn of(pid: u32) -> Self {
        Self { pid, started: stat(pid).ok().flatten().map_or(0, |stat| stat.started) }
    }

    /// Whether that very process still runs. A zombie does not; one that cannot be looked at is not taken for gone.
    pub fn is_alive(&self) -> bool {
        match stat(self.pid) {
            Ok(Some(stat)) => stat.started == self.started && !stat.dead,
            Ok(None) => false,
            Err(_) => exists(self.pid),
        }
    }

    /// Whether it is a thread of the kernel, which no signal concerns.
    pub fn is_of_kernel(&self) -> bool {
        stat(self.pid).ok().flatten().is_some_and(|stat| stat.started == self.started && stat.of_kernel)
    }

    /// The number of the process that started it, or that took it over. None where there is no such process.
    pub fn parent(&self) -> Option<u32> {
        stat(self.pid).ok().flatten().filter(|stat| stat.started == self.started).map(|stat| stat.parent)
    }

    /// Whether that very process is there, but stands still until it is told to go on.
    pub fn is_stopped(&self) -> bool {
        stat(self.pid).ok().flatten().is_some_and(|stat| stat.started == self.started && stat.stopped)
    }
}

/// `PF_KTHREAD` of the kernel's flags of a process.
const KERNEL_THREAD: u32 = 0x0020_0000;

struct Stat {
    parent: u32,
    of_kernel: bool,
    started: u64,
    dead: bool,
    stopped: bool,
}

/// Reads `/proc/PID/stat`. Nothing where there is no such process, an error where that cannot be seen.
fn stat(pid: u32) -> std::io::Result<Option<Stat>> {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(text) => parsed(&text).map(Some).ok_or_else(|| std::io::ErrorKind::InvalidData.into()),
        Err(error) if is_gone(&error) && sees_processes() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The name in it may hold anything, so fields are counted from behind its closing bracket.
fn parsed(text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let state = *fields.first()?;
    let parent = fields.get(1)?.parse().ok()?;
    let flags: u32 = fields.get(6)?.parse().ok()?;
    let started = fields.get(19)?.parse().ok()?;
    let of_kernel = flags & KERNEL_THREAD != 0;
    Some(Stat { parent, of_kernel, started, dead: matches!(state, "Z" | "X"), stopped: matches!(state, "T" | "t") })
}

/// Whether an error of a file in `/proc/PID` says that the process is gone.
pub(super) fn is_gone(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// Whether processes can be looked at here: where this one shows, others do.
pub(super) fn sees_processes() -> bool {
    std::path::Path::new("/proc/self/stat").exists()
}

fn exists(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::ProcessIdentity;

    #[test]
    fn this_process_is_alive_and_a_reused_number_is_another() {
        let me = ProcessIdentity::current();
        assert!(me.is_alive());
        assert!(!ProcessIdentity { started: me.started + 1, ..me }.is_alive());
    }

    #[test]
    fn a_process_that_ended_is_dead() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let identity = ProcessIdentity::of(child.id());
        child.wait().unwrap();
        assert!(!identity.is_alive());
    }
}
