//! The system's clock jumps in the middle of a run, for the runner, its proxy and its guard: nothing that counts time moves.

use super::processes::marked;
use crate::harness::{Load, Ran, Running, wait_for};
use crate::site::Site;
use std::fs;
use std::process::Command;
use std::time::Duration;

/// The library that shows programs another time of day; what counts from the machine's start stays as it is.
fn library() -> String {
    let shown = Command::new("faketime").args(["-f", "+0", "printenv", "LD_PRELOAD"]).output().unwrap();
    String::from_utf8(shown.stdout).unwrap().trim().replace("libfaketime.so", "libfaketimeMT.so")
}

struct Shifted {
    site: Site,
    library: String,
}

impl Shifted {
    /// Shows this time from now on, as `+2d` or `-1d`.
    fn set(&self, shift: &str) {
        // At once: half a shift is none.
        let new = self.site.place.write("shift.new", shift);
        fs::rename(new, self.site.place.path().join("shift")).unwrap();
    }

    fn chaos(&self, arguments: &[&str]) -> Command {
        let mut command = self.site.place.chaos(arguments);
        command.env("LD_PRELOAD", &self.library).env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.env("FAKETIME_TIMESTAMP_FILE", self.site.place.path().join("shift"));
        command
    }

    fn begin(&self) -> Running {
        let runner = Running::start(&mut self.chaos(&["exec", "outage.chaos"]));
        wait_for("the fault", 40, || self.site.answer() == Some(503));
        runner
    }
}

/// Longer than a lease, so that it must be renewed after the clock has jumped.
const STEPS: &str = "inject http.error(page, status: 503) as broken for 12s { expect always page.success < 50% }
    expect page.success >= 99% within 10s";

#[test]
fn a_clock_that_jumps_moves_no_lease_no_time_out_and_no_verdict() {
    let (site, _page) = Site::with_a_long_fault();
    site.write("outage.chaos", STEPS, "");
    let shifted = Shifted { site, library: library() };
    let Site { place, proxy, .. } = &shifted.site;
    shifted.set("+0");
    let load = Load::on(*proxy);
    let runner = shifted.begin();
    for shift in ["-1d", "+2d", "-400d"] {
        std::thread::sleep(Duration::from_secs(2));
        shifted.set(shift);
        assert_eq!(shifted.site.answer(), Some(503), "{shift}: the fault is held");
    }
    runner.finish().ended(0).says("outage: confirmed");
    let faults = shifted.site.faults();
    assert_eq!((faults.len(), &faults[0]["phase"]), (1, &"reverted".into()), "{faults:?}");
    let failed = load.end().into_iter().filter(|answer| *answer == Some(503)).count();
    assert!(failed > 100, "{failed} requests failed in twelve seconds");

    // A run that begins before the one before it, by its clock, hurts nobody; and nobody hurts it.
    let _load = Load::on(*proxy);
    let mut runner = shifted.begin();
    runner.signal("KILL");
    runner.wait();
    let store = place.path().join("store").display().to_string();
    wait_for("the guard's work", 30, || marked(&store).iter().all(|(_, command)| command.contains("proxy --listen")));
    wait_for("the guard's word", 30, || Ran::from(shifted.chaos(&["status"]).output().unwrap()).code == Some(0));
    assert_eq!(shifted.site.answer(), Some(200));
    let listed = place.run(&["replay", "--list"]).ended(0);
    println!("{}", listed.out);
    listed.says("outage in local: confirmed").says("interrupted");
    place.stop_kept_proxy();
}
