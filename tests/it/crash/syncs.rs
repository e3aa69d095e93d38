//! Seen from outside of the program, by its system calls: whatever is done to the outside, its intent is on the disk before.

use crate::harness::{Load, Running, wait_for};
use crate::site::{LONG, Site};
use std::fs;
use std::process::{Command, Stdio};

/// The write-ahead log in a traced line.
const LOG: &str = "journal.sqlite-wal>";

/// What a traced line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// The write-ahead log holds an intent to do this, perhaps only in memory.
    Writes(Deed),
    /// What the log holds is on the disk.
    Synced,
    /// It is done.
    Does(Deed),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Fault,
    Process,
    Proxy,
}

/// A line of `strace -f -yy`; its calls that take long are two lines: `… <unfinished ...>` and `<... fdatasync resumed>…`.
fn parts(line: &str) -> (&str, &str) {
    let (pid, text) = line.split_once(' ').unwrap_or_default();
    (pid, text.trim_start())
}

/// A page holds several intents.
fn calls(line: &str, admin: u16, pending: &mut Vec<String>) -> Vec<Call> {
    let (_, text) = parts(line);
    if text.starts_with("pwrite64(") && text.contains(LOG) {
        let kinds = [("fault", Deed::Fault), ("process", Deed::Process), ("proxy", Deed::Proxy)];
        let held = kinds.into_iter().filter(|(kind, _)| text.contains(&format!(r#"{{\"kind\":\"{kind}\""#)));
        return held.map(|(_, deed)| Call::Writes(deed)).collect();
    }
    single(line, admin, pending).into_iter().collect()
}

fn single(line: &str, admin: u16, pending: &mut Vec<String>) -> Option<Call> {
    let (pid, text) = parts(line);
    let on_the_log = text.contains(LOG);
    if text.starts_with("fdatasync(") || text.starts_with("fsync(") {
        if on_the_log && text.ends_with("<unfinished ...>") {
            pending.push(pid.to_owned());
        }
        return (on_the_log && text.ends_with("= 0")).then_some(Call::Synced);
    }
    if text.contains("sync resumed>") && text.ends_with("= 0") {
        let before = pending.len();
        pending.retain(|waits| waits != pid);
        return (pending.len() < before).then_some(Call::Synced);
    }
    let sends = text.starts_with("write(") || text.starts_with("sendto(") || text.starts_with("writev(");
    if sends && text.contains(&format!("->127.0.0.1:{admin}]")) && text.contains("\"PUT /v1/faults/") {
        return Some(Call::Does(Deed::Fault));
    }
    let starts = text.starts_with("execve(");
    let what = if text.contains(r#""proxy", "--listen""#) { Deed::Proxy } else { Deed::Process };
    (starts && (what == Deed::Proxy || text.contains(r#""demo", "inventory""#))).then_some(Call::Does(what))
}

#[test]
fn every_intent_is_on_the_disk_before_anything_is_done() {
    let (site, _page) = Site::with_a_long_fault();
    site.write("outage.chaos", &LONG.replace("60s", "4s"), "");
    let _load = Load::on(site.proxy);
    let trace = site.place.path().join("trace");
    let mut command = Command::new("strace");
    let traced = "trace=pwrite64,fsync,fdatasync,write,writev,sendto,execve";
    command.args(["--seccomp-bpf", "-f", "-yy", "-s", "6000", "-e", traced, "-o"]).arg(&trace);
    command.arg(env!("CARGO_BIN_EXE_chaos")).args(["exec", "outage.chaos", "--no-guard"]);
    command.current_dir(site.place.path()).env("CHAOS_STORE", site.place.path().join("store"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let tracing = Running::start(&mut command);
    // It ends with the last of its processes, which is the proxy that stays.
    wait_for("the run's end", 60, || site.place.run(&["status"]).out.contains("kept: proxy"));
    site.place.stop_kept_proxy();
    tracing.finish().ended(0).says("outage: confirmed");

    let text = String::from_utf8_lossy(&fs::read(&trace).unwrap()).into_owned();
    let mut pending = Vec::new();
    let calls: Vec<Call> = text.lines().flat_map(|line| calls(line, site.proxy + 10_000, &mut pending)).collect();
    println!("{calls:?}");
    for deed in [Deed::Process, Deed::Proxy, Deed::Fault] {
        let at = |wanted: Call| calls.iter().position(|call| *call == wanted).unwrap();
        let (written, done) = (at(Call::Writes(deed)), at(Call::Does(deed)));
        assert!(written < done, "{deed:?} was done before it was written down");
        assert!(calls[written..done].contains(&Call::Synced), "{deed:?} was done before its intent was synced");
    }
}
