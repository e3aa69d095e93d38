//! The runner dies in the middle: the fault ends by itself, and `chaos recover` takes back the rest.

use crate::harness::{Load, answers, wait_for};
use crate::site::Site;

#[test]
fn after_sigkill_the_fault_ends_by_itself_and_recover_takes_back_the_rest() {
    let (site, _page) = Site::with_a_long_fault();
    let Site { place, proxy, helper, .. } = &site;
    let load = Load::on(*proxy);
    let mut runner = site.faulted(&["--no-guard"]);
    place.run(&["status"]).ended(0).says("at work").says("http.error on page");

    runner.signal("KILL");
    runner.wait();
    place.run(&["status"]).ended(1).says("dead").says("http.error on page").says("process side");
    place.run(&["exec", "outage.chaos"]).ended(2).says("E0801").says("run `chaos recover`");
    wait_for("the end of the lease", 60, || site.answer() == Some(200));
    let ended: Vec<_> = site.faults().into_iter().map(|fault| fault["phase"].clone()).collect();
    assert_eq!(ended, ["expired"], "nobody took it back; it ended by itself");
    assert!(answers(*helper), "the started process outlives the runner");

    place.run(&["recover"]).ended(0).says("reverted: http.error on page").says("reverted: process side");
    place.run(&["recover"]).ended(0).says("nothing to recover");
    place.run(&["status"]).ended(0).says("nothing is in force");
    assert!(!answers(*helper), "the started process is gone");
    assert_eq!(site.answer(), Some(200), "its caller still finds the proxy");
    let refused = load.end().into_iter().skip_while(Option::is_none).filter(Option::is_none).count();
    assert_eq!(refused, 0, "a caller found a dead address");
    place.stop_kept_proxy();
}

#[test]
fn signals_stop_the_run_and_take_everything_back() {
    let (site, _page) = Site::with_a_long_fault();
    let Site { place, proxy, helper, .. } = &site;
    let _load = Load::on(*proxy);
    for (number, signal) in ["INT", "TERM"].into_iter().enumerate() {
        let runner = site.faulted(&[]);
        runner.signal(signal);
        let ran = runner.finish().ended(4).says(&format!("aborted because stopped by SIG{signal}"));
        ran.says("reverted broken");
        assert_eq!(site.answer(), Some(200));
        assert!(!answers(*helper));
        assert_eq!(place.run(&["status"]).code, Some(0), "round {number}");
    }
    place.stop_kept_proxy();
}

#[test]
fn another_terminal_stops_a_run_and_holds_all() {
    let (site, _page) = Site::with_a_long_fault();
    let Site { place, proxy, helper, .. } = &site;
    let _load = Load::on(*proxy);
    place.run(&["stop"]).ended(2).says("E0810").says("no run is at work");
    let runner = site.faulted(&[]);
    place.run(&["stop", "nobody"]).ended(2).says("no run `nobody` is at work").says("(outage)");
    place.run(&["stop"]).ended(0).says("of outage ended as aborted; everything is taken back");
    assert_eq!(site.answer(), Some(200));
    assert!(!answers(*helper));
    runner.finish().ended(4).says("aborted because stopped by `chaos stop`");

    let runner = site.faulted(&[]);
    place.run(&["stop", "--hold", "an incident"]).ended(0).says("no run begins").says("ended as aborted");
    runner.finish().ended(4).says("aborted because an incident");
    assert_eq!(site.answer(), Some(200));
    place.run(&["exec", "outage.chaos"]).ended(2).says("E0809").says("no run may begin: an incident");
    place.run(&["status"]).ended(0).says("no run may begin: an incident");
    place.run(&["stop", "--release"]).ended(0).says("runs may begin again");
    place.run(&["stop", "--release"]).ended(0).says("runs were not held");

    let runner = site.faulted(&[]);
    place.run(&["stop", "--all"]).ended(0).says("ended as aborted");
    runner.finish().ended(4);
    place.run(&["stop", "--all"]).ended(0).says("no run is at work");
    place.stop_kept_proxy();
}

#[test]
fn a_runner_that_ends_takes_its_guard_along() {
    let (site, _page) = Site::with_a_long_fault();
    let Site { place, proxy, .. } = &site;
    let _load = Load::on(*proxy);
    let runner = site.faulted(&[]);
    let guards = || {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        let place = place.path().display().to_string();
        lines
            .map(|line| String::from_utf8_lossy(&line).into_owned())
            .filter(|line| line.contains("guard\0--run") && line.contains(&place))
            .count()
    };
    assert_eq!(guards(), 1);
    runner.signal("INT");
    runner.finish().ended(4);
    assert_eq!(guards(), 0);
    place.stop_kept_proxy();
}
