//! Who lives: processes as the kernel knows them.

use std::fs;
use std::process::Command;

/// All processes, each with its command line and its environment.
fn all() -> Vec<(u32, String, String)> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let read = |pid: u32, what: &str| {
        let bytes = fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    };
    pids.map(|pid| (pid, read(pid, "cmdline"), read(pid, "environ"))).collect()
}

/// What runners of this store have started, and lives.
pub fn marked(store: &str) -> Vec<(u32, String)> {
    let (mark, store) = ("CHAOS_EFFECT=", format!("CHAOS_STORE={store} "));
    let own =
        all().into_iter().filter(|(_, _, environment)| environment.contains(mark) && environment.contains(&store));
    own.map(|(pid, command, _)| (pid, command)).collect()
}

/// The guards of this store's runs.
pub fn guards(store: &str) -> Vec<u32> {
    let is_one = |command: &str| command.contains(" guard --run ") && command.contains(store);
    all().into_iter().filter(|(_, command, _)| is_one(command)).map(|(pid, _, _)| pid).collect()
}

pub fn kill(pid: u32) {
    // It may have ended by itself meanwhile.
    let _gone = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
}
