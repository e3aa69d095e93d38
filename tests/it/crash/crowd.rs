//! Fifty runs at once on one store: none is lost, none takes another's place, and the store stays sound.

use super::processes::marked;
use crate::harness::{Place, Running, free_port, nginx, status, wait_for};
use crate::site::{LONG, Site};
use chaos_lang::journal::Journal;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const RUNS: usize = 50;

/// Requests to all of these ports until told to stop; a dead address is tried again.
fn visit(ports: &[u16], stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        for port in ports {
            status(*port, "GET", "/");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn fifty_runs_at_once_on_one_store_all_end_right() {
    let (place, page) = (Place::new(), free_port());
    let _nginx = nginx(&place, page);
    let sites: Vec<Site> = (0..RUNS).map(|_| Site::of(page)).collect();
    for (number, site) in sites.iter().enumerate() {
        // Every tenth is on the ground of the one before it: of two of them, one is refused.
        let place = if number % 10 == 9 { &sites[number - 1] } else { site };
        place.write("outage.chaos", &LONG.replace("60s", "3s"), "");
        let text = std::fs::read_to_string(place.place.path().join("outage.chaos")).unwrap();
        site.place.write("outage.chaos", text.replace(" start \"chaos demo inventory --port {port}\"", ""));
    }
    let ports: Vec<u16> = sites.iter().map(|site| site.proxy).collect();
    let stop = AtomicBool::new(false);
    let store = place.path().join("store");
    let ended = std::thread::scope(|scope| {
        for some in ports.chunks(RUNS / 2) {
            scope.spawn(|| visit(some, &stop));
        }
        let begin =
            |site: &Site| Running::start(site.place.chaos(&["exec", "outage.chaos"]).env("CHAOS_STORE", &store));
        let runners: Vec<Running> = sites.iter().map(begin).collect();
        let ended: Vec<_> = runners.into_iter().map(Running::finish).collect();
        stop.store(true, Ordering::Relaxed);
        ended
    });
    let refused = ended.iter().filter(|ran| ran.code == Some(2)).count();
    let confirmed = ended.iter().filter(|ran| ran.code == Some(0)).count();
    println!("{confirmed} of {RUNS} runs confirmed, {refused} refused");
    let odd: Vec<_> = ended.iter().filter(|ran| !matches!(ran.code, Some(0 | 2))).collect();
    assert!(odd.is_empty(), "{odd:#?}");
    for pair in ended.chunks(10) {
        let codes: BTreeSet<_> = [pair[8].code, pair[9].code].into();
        assert_eq!(codes, [Some(0), Some(2)].into(), "one of two on the same ground: {:#?}", &pair[8..]);
    }
    assert_eq!((confirmed, refused), (RUNS - RUNS / 10, RUNS / 10));

    let journal = Journal::open(&store).unwrap();
    let runs = journal.runs().unwrap();
    assert_eq!(runs.iter().filter(|run| run.verdict.as_deref() == Some("confirmed")).count(), confirmed, "{runs:?}");
    drop(journal);
    let database = rusqlite::Connection::open(store.join("journal.sqlite")).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    place.run(&["status"]).ended(0).says("nothing is in force");
    let left = marked(&store.display().to_string());
    assert!(left.iter().all(|(_, command)| command.contains("proxy --listen")), "{left:?}");
    place.stop_kept_proxy();
    wait_for("the proxies' end", 30, || marked(&store.display().to_string()).is_empty());
}
