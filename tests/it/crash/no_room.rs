//! A store that cannot grow any more, in the middle of a real run: what the kernel then says is what a full disk says.

use super::processes::{guards, marked};
use crate::harness::{Load, Running, answers, wait_for};
use crate::site::{LONG, Site};
use std::process::Command;

/// Starts a run for which a file that cannot grow is an error, and not its end.
fn begin(site: &Site) -> Running {
    let mut command = site.place.chaos(&[]);
    let program = command.get_program().to_owned();
    let store = site.place.path().join("store");
    command = Command::new("sh");
    command.args(["-c", r#"trap "" XFSZ; exec "$0" exec outage.chaos"#]).arg(program);
    command.current_dir(site.place.path()).env("CHAOS_STORE", store);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    Running::start(&mut command)
}

/// From now on no file of the run or of its guard grows beyond what the store's log is.
fn fill_up(site: &Site, runner: &Running) {
    let store = site.place.path().join("store");
    let most = store.join("journal.sqlite-wal").metadata().unwrap().len();
    let guards = guards(&store.display().to_string());
    for pid in guards.into_iter().chain([runner.0.id()]) {
        let limit = format!("--fsize={most}");
        assert!(Command::new("prlimit").args(["--pid", &pid.to_string(), &limit]).status().unwrap().success());
    }
}

/// Clients get the page, and what the run started is gone, whatever the store still says; with room again, it is told.
fn nothing_is_left(site: &Site) {
    assert_eq!(site.answer(), Some(200));
    let left = marked(&site.place.path().join("store").display().to_string());
    assert!(left.iter().all(|(_, command)| command.contains("proxy --listen")), "{left:?}");
    site.place.run(&["recover"]).ended(0);
    site.place.run(&["status"]).ended(0).says("nothing is in force");
    // A proxy that could not be noted as kept is one that nobody keeps.
    left.iter().for_each(|(pid, _)| super::processes::kill(*pid));
}

#[test]
fn without_room_for_an_intent_nothing_is_injected() {
    let (site, _page) = Site::with_a_long_fault();
    let load = Load::on(site.proxy);
    let runner = begin(&site);
    wait_for("the baseline", 30, || answers(site.helper) && site.answer() == Some(200));
    fill_up(&site, &runner);
    let ran = runner.finish().ended(6).says("E0711").says("outage: broken because").says("the store cannot be written");
    assert!(!ran.out.contains("reverted"), "{ran:?}");
    assert!(!load.end().contains(&Some(503)), "nothing was injected");
    nothing_is_left(&site);
}

#[test]
fn what_is_in_force_is_taken_back_though_nothing_can_be_written() {
    let (site, _page) = Site::with_a_long_fault();
    site.write("outage.chaos", &LONG.replace("60s", "4s"), "");
    let _load = Load::on(site.proxy);
    let runner = begin(&site);
    wait_for("the fault", 30, || site.answer() == Some(503));
    fill_up(&site, &runner);
    let ran = runner.finish().ended(6).says("E0711").says("reverted broken");
    println!("{}{}", ran.out, ran.err);
    nothing_is_left(&site);
}

#[test]
fn a_guard_takes_back_what_it_cannot_write_down() {
    let (site, _page) = Site::with_a_long_fault();
    let _load = Load::on(site.proxy);
    let mut runner = begin(&site);
    wait_for("the fault", 30, || site.answer() == Some(503));
    fill_up(&site, &runner);
    runner.signal("KILL");
    runner.wait();
    let store = site.place.path().join("store").display().to_string();
    wait_for("the guard's end", 30, || guards(&store).is_empty());
    assert_eq!(site.faults()[0]["phase"], "reverted", "it was the guard, and no lease");
    nothing_is_left(&site);
}
