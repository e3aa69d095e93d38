//! `command.script` with programs that fail, hang, flood, fork, or are gone: what becomes of the fault, and what is told.

use crate::harness::{Place, Ran, Running, free_port, wait_for};
use crate::plugins::{STARTED, site};
use std::fs::{read_to_string, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// An organisation's program, with what it does for each word; `down` is there while the fault is in force.
fn own(place: &Place, stop: &str, start: &str, status: &str) -> String {
    let text = format!(
        "#!/bin/sh\ncd {}\necho \"$*\" >> log\ncase \"$1\" in\n  stop) {stop};;\n  start) {start};;\n  status) {status};;\nesac\n",
        place.path().display()
    );
    let script = place.write("own", text);
    set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    script.display().to_string()
}

/// An experiment that has it make a fault for some seconds; the page beside it stays as it is.
fn experiment(place: &Place, own: &str) -> String {
    let call = format!("apply: \"{own} stop\", revert: \"{own} start\", status: \"{own} status\"");
    let step = format!("inject command.script(page, {call}) as maintenance for 5s {{ expect always page.up >= 99% }}");
    site(place, free_port(), STARTED, "", &format!("grant exec \"{own} *\" to \"command\""), &step)
}

fn run(place: &Place, own: &str) -> Ran {
    let file = experiment(place, own);
    place.run(&["exec", &file])
}

const APPLY: &str = "touch down";
const REVERT: &str = "rm -f down";
const STATUS: &str = "test -e down || exit 3";

/// What its own word for the state says is neither yes nor no: the fault is not taken for one that was in force.
#[test]
fn a_status_that_tells_nothing_leaves_the_run_inconclusive() {
    for (status, why) in [
        ("echo 'no idea' >&2; exit 1", "own ended with exit code 1: no idea"),
        ("kill -SEGV $$", "own was ended by a signal"),
        ("sleep 60", "its injector did not answer within 2 s"),
    ] {
        let place = Place::new();
        let ran = run(&place, &own(&place, APPLY, REVERT, status)).ended(5);
        ran.says("maintenance: whether the fault was in force to its end is not known: ").says(why);
        assert!(!place.path().join("down").exists());
        place.run(&["status"]).ended(0).says("nothing is in force");
    }
}

#[test]
fn a_fault_that_somebody_mended_before_its_time_is_told() {
    let place = Place::new();
    let own = own(&place, APPLY, REVERT, "echo mended by hand; exit 3");
    run(&place, &own).ended(5).says("the fault ended before its time: its target says: mended by hand");
}

/// It hangs, and so does what it started, also what has left its group: all of it goes, and the fault is taken back.
#[test]
fn a_program_that_hangs_is_ended_with_all_that_it_started() {
    let place = Place::new();
    let stop = "touch down; setsid sleep 4711 & sleep 4712 & echo begun; sleep 4713";
    let own = own(&place, stop, REVERT, STATUS);
    run(&place, &own).ended(6).says("own ran too long, and was killed (timeout)");
    assert!(!place.path().join("down").exists());
    wait_for("the end of all that it started", 10, || {
        let found = Command::new("pgrep").args(["-f", "^sleep 471[123]$"]).output().unwrap();
        found.stdout.is_empty()
    });
    place.run(&["status"]).ended(0).says("nothing is in force");
}

/// It floods its output and leaves something running that holds it open: neither holds the run up, and its words are kept.
#[test]
fn a_program_may_flood_its_output_and_leave_something_running() {
    let place = Place::new();
    let stop = "head -c 5000000 /dev/zero | tr '\\0' 'x'; echo; touch down; setsid sleep 20 & echo $! > left";
    let status = "echo still down >&2; sleep 20 & test -e down || exit 3";
    run(&place, &own(&place, stop, REVERT, status)).ended(0).says("outage: confirmed");
    let left = read_to_string(place.path().join("left")).unwrap();
    assert!(std::path::Path::new(&format!("/proc/{}", left.trim())).exists(), "what it left running on purpose stays");
    // What it said before it left something running is not lost.
    let failing = own(&place, "echo 'no permission' >&2; sleep 20 & exit 4", REVERT, STATUS);
    run(&place, &failing).ended(6).says("own ended with exit code 4: no permission");
}

/// A revert that fails: the verdict, what is still in force, and how to mend it, by hand and by the program.
#[test]
fn a_revert_that_fails_is_not_reverted_and_says_how_to_mend_it() {
    for fails in ["echo locked >&2; exit 9", "sleep 60"] {
        let place = Place::new();
        let script = own(&place, APPLY, fails, STATUS);
        let ran = run(&place, &script).ended(7).says("outage: not reverted");
        let ran = ran.says("command.script on page is still in force").says(&format!("by hand: `{script} start`"));
        ran.says("run `chaos recover");
        place.run(&["recover"]).ended(7).says("still in force: command.script on page");
        place.run(&["status"]).ended(1).says("command.script on page");
        own(&place, APPLY, REVERT, STATUS);
        place.run(&["recover"]).ended(0).says("reverted: command.script on page");
        assert!(!place.path().join("down").exists());
    }
}

#[test]
fn a_program_that_is_removed_during_the_run_is_told_and_tried_again() {
    let place = Place::new();
    let script = own(&place, APPLY, REVERT, STATUS);
    let file = experiment(&place, &script);
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 60, || place.path().join("down").exists());
    std::fs::remove_file(&script).unwrap();
    let ran = runner.finish().ended(7).says("outage: not reverted").says("No such file or directory");
    ran.says(&format!("by hand: `{script} start`"));
    own(&place, APPLY, REVERT, STATUS);
    place.run(&["recover"]).ended(0).says("reverted: command.script on page");
    assert!(!place.path().join("down").exists());
}

/// Words are words: no shell reads them, and an argument that a grant does not allow is none.
#[test]
fn arguments_are_given_as_they_are_written() {
    let place = Place::new();
    let stop = "touch down; shift; printf '[%s]' \"$@\" > words; env > variables";
    let script = own(&place, stop, REVERT, STATUS);
    let file = experiment(&place, &script);
    let text = read_to_string(place.path().join(&file)).unwrap();
    let apply = format!("{script} stop 'two words' a;b $HOME *.chaos `id` \\\"q\\\"");
    let raw = text.replace(&format!("\"{script} stop\""), &format!("\"{apply}\""));
    let granted = raw.replace(&format!("grant exec \"{script} *\""), &format!("grant exec \"{script} ...\""));
    place.write(&file, granted);
    place.run(&["exec", &file]).ended(0).says("outage: confirmed");
    let words = read_to_string(place.path().join("words")).unwrap();
    assert_eq!(words, "[two words][a;b][$HOME][*.chaos][`id`][q]");
    let variables = read_to_string(place.path().join("variables")).unwrap();
    assert!(variables.contains("CHAOS_TARGET=page") && variables.contains("CHAOS_STEP=maintenance"), "{variables}");
    assert!(!variables.contains("HOME=") && !variables.contains("CHAOS_STORE"), "{variables}");
    // An option that nobody granted stays out, however it is quoted.
    for injected in ["'-x'", "--force", "''"] {
        let apply = format!("{script} stop {injected}");
        let wrong = text.replace(&format!("\"{script} stop\""), &format!("\"{apply}\""));
        place.write(
            &file,
            wrong.replace(&format!("grant exec \"{script} *\""), &format!("grant exec \"{script} ...\"")),
        );
        place.run(&["exec", &file]).ended(6).says("no grant for");
    }
}
