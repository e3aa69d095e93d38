//! The program over a store that is ruined, and over one that is ruined while it runs.

use super::outside::fault;
use super::processes::{guards, kill, marked};
use crate::harness::{Load, Place, Ran, wait_for};
use crate::site::{LONG, Site};
use chaos_lang::journal::{Claims, Journal};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A store in which a dead run has left three faults.
fn store_with_leftovers(folder: &Path) {
    drop(left_in(folder));
}

fn left_in(folder: &Path) -> Journal {
    let journal = Journal::open(folder).unwrap();
    journal.begin("r1", "outage", "local", &Claims::default()).unwrap();
    journal.runner_died("r1").unwrap();
    for step in ["one", "two", "three"] {
        let intent = journal.intend("r1", |id| serde_json::to_string(&fault(step, id.0)).unwrap()).unwrap();
        journal.applied(intent, &serde_json::to_string(&fault(step, intent.0)).unwrap()).unwrap();
    }
    fs::create_dir_all(folder.join("runs/r1")).unwrap();
    journal
}

/// Writes nonsense over a part of a file, in place.
fn ruin(file: &Path, from: u64, length: usize) {
    let file = fs::File::options().write(true).open(file).unwrap();
    file.write_all_at(&vec![0xA5; length], from).unwrap();
    file.sync_all().unwrap();
}

#[test]
fn every_command_tells_of_a_ruined_store_and_leaves_it() {
    let site = Site::new();
    site.write("outage.chaos", LONG, "");
    let store = site.place.path().join("store");
    let database = store.join("journal.sqlite");
    type Ruin = fn(&Path);
    let ways: [(&str, Ruin); 4] = [
        ("empty", |file| fs::write(file, "").unwrap()),
        ("missing", |file| fs::remove_file(file).unwrap()),
        ("no head", |file| ruin(file, 0, 64)),
        ("no tables", |file| ruin(file, 100, 2000)),
    ];
    for (what, ruin) in ways {
        let _from_the_last_round = fs::remove_dir_all(&store);
        store_with_leftovers(&store);
        ruin(&database);
        let before = fs::read(&database).ok();
        for arguments in [&["status"][..], &["recover"], &["exec", "outage.chaos"], &["stop"], &["stop", "--all"]] {
            let ran = site.place.run(arguments).says("E0717").says("damaged");
            assert!(matches!(ran.code, Some(2 | 7)), "{what}: {arguments:?}: {ran:?}");
        }
        assert_eq!(fs::read(&database).ok(), before, "{what}: it is left as it is");
        fs::remove_dir_all(&store).unwrap();
    }
}

#[test]
fn one_effect_that_cannot_be_read_does_not_hinder_the_others() {
    let site = Site::new();
    site.write("outage.chaos", LONG, "");
    let store = site.place.path().join("store");
    store_with_leftovers(&store);
    let database = store.join("journal.sqlite");
    let text = fs::read(&database).unwrap();
    let name = b"fault of two";
    let at = text.windows(name.len()).position(|window| window == name).unwrap();
    ruin(&database, at as u64, 1);
    site.place.run(&["status"]).ended(2).says("fault of one").says("fault of three").says("E0717");
    let recovered = site.place.run(&["recover"]).ended(7).says("effect 2 of run r1 is damaged in the store");
    // Of an injector that is none nothing can be taken back; what matters is that it was tried.
    recovered.says("still in force: fault of one").says("still in force: fault of three");
}

/// SQLite takes it for the log's end, and forgets what comes after it.
#[test]
fn a_log_that_changed_in_its_middle_is_told_of_until_the_store_is_moved_away() {
    let (site, first) = (Site::new(), Place::new());
    let store = site.place.path().join("store");
    let journal = left_in(first.path());
    fs::create_dir_all(&store).unwrap();
    for file in ["journal.sqlite", "journal.sqlite-wal"] {
        fs::copy(first.path().join(file), store.join(file)).unwrap();
    }
    drop(journal);
    let log = store.join("journal.sqlite-wal");
    ruin(&log, log.metadata().unwrap().len() / 2, 1);
    site.place.run(&["status"]).ended(2).says("E0717").says("writes of its log cannot be read");
    site.place.run(&["recover"]).ended(7).says("E0717").says("journal.sqlite-wal.damaged");
    site.write("outage.chaos", LONG, "");
    site.place.run(&["exec", "outage.chaos"]).ended(2).says("E0717");
    fs::rename(&store, first.path().join("kept")).unwrap();
    site.place.run(&["status"]).ended(0).says("nothing is in force");
}

/// Ruins the whole store of a run at work.
fn ruin_all(place: &Place) {
    for file in ["journal.sqlite", "journal.sqlite-wal"] {
        let file = place.path().join("store").join(file);
        let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
        ruin(&file, 0, length);
    }
}

#[test]
fn a_run_whose_store_is_ruined_under_it_takes_everything_back() {
    let (site, _page) = Site::with_a_long_fault();
    let _load = Load::on(site.proxy);
    let store = site.place.path().join("store").display().to_string();
    let runner = site.faulted(&[]);
    ruin_all(&site.place);
    runner.signal("INT");
    let ran: Ran = runner.finish();
    println!("{}{}", ran.out, ran.err);
    assert!(!ran.err.contains("panicked") && ran.code.is_some_and(|code| code > 0), "{ran:?}");
    assert_eq!(site.answer(), Some(200));
    let left = marked(&store);
    assert!(left.iter().all(|(_, command)| command.contains("proxy --listen")), "{left:?}");
    left.iter().for_each(|(pid, _)| kill(*pid));
}

#[test]
fn leases_end_the_faults_of_a_runner_that_dies_with_its_store() {
    let (site, _page) = Site::with_a_long_fault();
    let _load = Load::on(site.proxy);
    let store = site.place.path().join("store").display().to_string();
    let mut runner = site.faulted(&[]);
    ruin_all(&site.place);
    runner.signal("KILL");
    runner.wait();
    wait_for("the end of the lease", 60, || site.answer() == Some(200));
    assert_eq!(site.faults()[0]["phase"], "expired");
    wait_for("the guard's end", 60, || guards(&store).is_empty());
    site.place.run(&["recover"]).ended(2).says("E0717");
    marked(&store).iter().for_each(|(pid, _)| kill(*pid));
}
