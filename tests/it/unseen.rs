//! What cannot be seen is not taken for gone: processes of other containers, a hidden `/proc`, a guard that hangs.

use crate::crash::processes::guards;
use crate::harness::{Load, Place, Ran, Running, answers, unshare, wait_for};
use crate::site::Site;
use std::process::Command;

const CHAOS: &str = env!("CARGO_BIN_EXE_chaos");

/// Runs `chaos` in namespaces of its own, after a shell's preparation.
fn inside(place: &Place, flags: &[&str], before: &str, arguments: &str) -> Option<Ran> {
    let mut command: Command = unshare(flags)?;
    command.args(["sh", "-ec", &format!("{before} exec \"$1\" {arguments}"), "sh", CHAOS]).current_dir(place.path());
    command.env("CHAOS_STORE", place.path().join("store")).env("CHAOS_PLACE_STAYS", "1");
    Some(Ran::from(command.output().unwrap()))
}

#[test]
fn a_recovery_in_another_container_does_not_write_living_processes_off() {
    let (site, _page) = Site::with_a_long_fault();
    let _load = Load::on(site.proxy);
    let mut runner = site.faulted(&["--no-guard"]);
    runner.signal("KILL");
    runner.wait();
    // By its silence alone another container can tell that the runner is dead.
    std::thread::sleep(std::time::Duration::from_secs(16));
    let container = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    let Some(ran) = inside(&site.place, &container, "", "recover") else {
        site.place.run(&["recover"]).ended(0);
        return site.place.stop_kept_proxy();
    };
    ran.ended(7).says("reverted: http.error on page").says("E0713").says("was started in another container");
    inside(&site.place, &container, "", "status").unwrap().ended(1).says("in another container");
    assert!(answers(site.helper), "it lives, and is still in the book");
    site.place.run(&["recover"]).ended(0).says("reverted: process side");
    assert!(!answers(site.helper));
    site.place.stop_kept_proxy();
}

#[test]
fn where_processes_are_hidden_a_run_at_work_is_left_alone() {
    let (site, _page) = Site::with_a_long_fault();
    let _load = Load::on(site.proxy);
    let runner = site.faulted(&[]);
    let hidden = inside(&site.place, &["--mount"], "mount -t tmpfs none /proc;", "recover");
    if let Some(ran) = hidden {
        ran.ended(0).says("nothing to recover");
        assert_eq!(site.answer(), Some(503), "its fault is in force");
    }
    runner.signal("TERM");
    runner.finish().ended(4);
    site.place.stop_kept_proxy();
}

#[test]
fn a_guard_that_hangs_or_dies_is_told_and_holds_nobody_up() {
    let (site, _page) = Site::with_a_long_fault();
    let _load = Load::on(site.proxy);
    let store = site.place.path().join("store").display().to_string();
    for (signal, told) in [("STOP", "does not end, and is killed"), ("KILL", "the guard is gone")] {
        let mut runner = site.faulted(&[]);
        let guard = guards(&store)[0].to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &guard]).status().unwrap().success());
        std::thread::sleep(std::time::Duration::from_millis(1500));
        runner.signal("INT");
        wait_for("the runner's end", 60, || runner.0.try_wait().unwrap().is_some());
        runner.finish().ended(4).says(told);
    }
    site.place.stop_kept_proxy();
}

#[test]
fn nothing_is_recovered_from_a_store_that_is_not_there() {
    let place = Place::new();
    let typo = place.path().join("stroe");
    let ran = place.run(&["recover", "--store", &typo.display().to_string()]).ended(2);
    ran.says("E0711").says("there is no store in");
    assert!(!typo.exists(), "none is made");
}

#[test]
fn whatever_lies_at_the_place_of_the_halt_file_hangs_nobody() {
    let place = Place::new();
    place.run(&["status"]).ended(0);
    let halt = place.path().join("store/halt");
    assert!(Command::new("mkfifo").arg(&halt).status().unwrap().success());
    let mut status = Running::start(&mut place.chaos(&["status"]));
    wait_for("the answer", 20, || status.0.try_wait().unwrap().is_some());
    status.finish().ended(0).says("no run may begin").says("is there");
}
