//! Whether a process may be signalled at all: known before the fault, so that none begins that could not be taken back.

use crate::journal::ProcessIdentity;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use std::os::unix::fs::MetadataExt;

/// Why a process may not be signalled; none where it may, or is gone.
pub fn refusal(process: ProcessIdentity) -> Option<String> {
    let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw)?;
    (test_kill_process(pid) == Err(Errno::PERM)).then(|| of_another(process.pid))
}

/// What helps where signals to a process are refused.
pub fn of_another(pid: u32) -> String {
    let owner = std::fs::metadata(format!("/proc/{pid}")).ok().map(|it| format!(", user {}", it.uid()));
    let owner = owner.unwrap_or_default();
    format!(
        "process {pid} belongs to another user{owner}: run chaos as that user, as root, or with the capability CAP_KILL \
         (`setcap cap_kill+ep` on the program)"
    )
}
