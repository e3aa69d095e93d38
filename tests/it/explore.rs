//! `chaos sim`: simulated runs in which things go wrong.

use crate::harness::{Place, Ran, files, root};
use chaos_lang::analysis::analyse;
use chaos_lang::base::{FileError, Files};
use chaos_lang::simulation::explore::{Origin, Schedule, Subject, explore};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files where they lie, with those beside them.
struct Folder;

impl Files for Folder {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        std::fs::read_to_string(path).map_err(|_| FileError::Missing)
    }

    fn siblings(&self, folder: &Path) -> Vec<PathBuf> {
        files(folder, "chaos")
    }
}

/// The quickstart's outage, with its bounds changed.
fn subject(change: impl FnOnce(&mut chaos_lang::radius::Bounds)) -> Subject {
    let path = root().join("examples/quickstart/payment_outage.chaos");
    let analysis = analyse(&path, &Folder, None).unwrap();
    let (_, planned) = analysis.runs_in(None).remove(0);
    let mut planned = planned.unwrap();
    change(&mut planned.bounds);
    Subject::new(planned.plan, planned.bounds)
}

fn sim(arguments: &[&str], folder: &Path) -> Ran {
    Command::new(env!("CARGO_BIN_EXE_chaos")).arg("sim").args(arguments).current_dir(folder).output().unwrap().into()
}

#[test]
fn nothing_goes_wrong_with_the_examples() {
    let ran = sim(&["examples", "--seeds", "40"], root()).ended(0);
    for (word, least) in [("confirmed", 10), ("broken", 10), ("interrupted", 10), ("inconclusive", 3), ("aborted", 1)] {
        let count: u64 = ran
            .out
            .split([':', ',', '\n'])
            .filter_map(|part| part.trim().strip_suffix(word)?.trim().parse::<u64>().ok())
            .sum();
        assert!(count >= least, "{count} {word}\n{}", ran.out);
    }
    let experiments = ran.out.matches(" a minute: ").count();
    assert_eq!(experiments, ran.out.matches("ok: nothing was left behind").count(), "{}", ran.out);
    assert!(experiments >= 6, "{}", ran.out);
}

#[test]
fn a_seed_takes_the_same_course_each_time_and_anywhere() {
    let one = |seed: u64| format!("{:?}", subject(|_| ()).live(Origin::Seed(seed)).unwrap());
    let alone: Vec<String> = (0..12).map(one).collect();
    let threads: Vec<_> =
        (0..3).map(|_| std::thread::spawn(move || (0..12).map(one).collect::<Vec<String>>())).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), alone);
    }
    let distinct: std::collections::BTreeSet<&String> = alone.iter().collect();
    assert!(distinct.len() > 8, "different seeds take different courses");
}

/// A bound that only what is slow exceeds: what is found is shortened to the one deed that takes its time.
#[test]
fn what_is_found_is_shortened_and_played_again_byte_for_byte() {
    let subject = subject(|bounds| bounds.exposure = 13.0);
    let explored = explore(&subject, 0..500).unwrap();
    let find = explored.found.expect("some inject or revert is slow");
    assert!(find.schedule.turns.len() == 1 && find.turns > 1, "{find:?}");
    let line = find.schedule.to_string();
    assert!(line.contains("outage #1: takes ") || line.contains("outage #2: takes "), "{line}");
    assert!(find.lived.wrong[0].contains("s under fault, and 13 s are allowed"), "{find:?}");
    let read = Schedule::read(&line).unwrap();
    assert_eq!(read, find.schedule);
    let again = subject.live(Origin::Schedule(read)).unwrap();
    assert_eq!(format!("{again:?}"), format!("{:?}", find.lived));
}

#[test]
fn a_schedule_is_played_from_a_file_and_says_what_is_wrong_with_it() {
    let place = Place::new();
    let file = "examples/quickstart/payment_outage.chaos";
    let played = |text: &str| {
        let schedule = place.write("schedule", text);
        sim(&[file, "--schedule", schedule.to_str().unwrap()], root())
    };
    let died = "run 1: inject outage #1: takes 2000000000ns, kills the runner before it is done\n\
                recovery 1: begin #1: takes 1000000000ns, goes well\n";
    let ran = played(died).ended(0).says("run 1: its runner died");
    assert!(ran.out.contains("recovery 1: 7.1s http.error on payment: taken back already gone"), "{}", ran.out);
    played("run 1: revert outage #1: takes 0ns, fails\n").ended(0).says("run 1: confirmed");
    played("run 1: look at outage #1: takes 0ns, sees nothing of it\n").ended(0).says("run 1: inconclusive");
    let halved = played("run 1: limits #1: takes 0ns, are half of those proven\n").ended(0).says("run 1: aborted");
    assert!(halved.out.contains("would be exceeded") && !halved.out.contains("seen to act"), "{}", halved.out);
    let fails = |times: u32| (1..=times).map(|it| format!("run 1: revert outage #{it}: takes 0ns, fails\n"));
    played(&fails(30).collect::<String>()).ended(0).says("run 1: aborted").says("and ended with its proxy");
    played("nonsense\n").ended(2).says("E0808").says("line 1: `nonsense`");
    sim(&[file, "--schedule", "/nowhere"], root()).ended(2).says("E0100");
}

/// What simulated runs have found: the target's word that it had lost the fault came in time and went unheard, because a
/// source was slower.
#[test]
fn a_fault_that_is_lost_at_the_last_moment_is_never_confirmed() {
    let place = Place::new();
    let schedule = "run 1: prepare noise #1: takes 1488000000ns, goes well\n\
                    run 1: read orders-metrics #31: takes 1488000000ns, comes after the next one\n\
                    run 1: read orders-metrics #58: takes 2472000000ns, gives nothing\n\
                    run 1: renew noise #8: takes 30000000ns, fails\n\
                    run 1: renew noise #10: takes 0ns, finds the fault lost\n";
    let schedule = place.write("schedule", schedule);
    let file = "examples/quickstart/payment_noise.chaos";
    let ran = sim(&[file, "--schedule", schedule.to_str().unwrap()], root()).ended(0);
    ran.says("run 1: inconclusive");
}

#[test]
fn one_seed_shows_what_happens_and_nothing_to_simulate_is_no_success() {
    let file = "examples/quickstart/payment_outage.chaos";
    let one = sim(&[file, "--seed", "7"], root()).ended(0);
    assert_eq!(one.out, sim(&[file, "--seed", "7"], root()).ended(0).out);
    assert!(one.out.contains("run 1:    0.0s run       run 1"), "{}", one.out);
    sim(&["examples/quickstart/shop.chaos"], root()).ended(2).says("no experiment to simulate");
    sim(&[file, "--env", "nowhere", "--seeds", "1"], root()).ended(1).says("E0701");
    sim(&[file, "--experiment", "other", "--seeds", "1"], root()).ended(2);
}
