//! The runner dies in the middle: the fault ends by itself, and `chaos recover` takes back the rest.

use crate::harness::{Load, Place, Running, answers, free_port, nginx, status, wait_for};
use std::time::{Duration, Instant};

/// An environment whose service, proxy and caller belong to the test; the runner starts one process of its own.
pub fn experiment(place: &Place, upstream: u16, proxy: u16, helper: u16) -> String {
    let text = format!(
        r#"
use std.http
system site {{
  service page {{ metric success: ratio }}
  service side {{ external }}
}}
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{proxy}" }}
  service side {{ url "http://127.0.0.1:{helper}"; start "chaos demo inventory --port {{port}}" }}
  bind page.success = proxy.success(page)
  allow http.error on page
}}
experiment outage on site {{
  hypothesis "Nothing stays broken when the runner dies."
  window 1s
  baseline 2s
  limit {{ services page }}
  run {{
    inject http.error(page, status: 503) as broken for 60s {{ expect always page.success < 50% }}
  }}
}}
"#
    );
    place.write("outage.chaos", text);
    "outage.chaos".to_owned()
}

#[test]
fn after_sigkill_the_fault_ends_by_itself_and_recover_takes_back_the_rest() {
    let place = Place::new();
    let (upstream, proxy, helper) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let file = experiment(&place, upstream, proxy, helper);
    let load = Load::on(proxy);
    let mut runner = Running::start(&mut place.chaos(&["exec", &file, "--no-guard"]));
    wait_for("the fault", 30, || status(proxy, "GET", "/") == Some(503));
    place.run(&["status"]).ended(0).says("at work").says("http.error on page");

    runner.signal("KILL");
    runner.wait();
    let killed = Instant::now();
    place.run(&["status"]).ended(1).says("dead").says("http.error on page").says("process side");
    place.run(&["exec", &file]).ended(2).says("E0801").says("run `chaos recover`");
    wait_for("the end of the lease", 15, || status(proxy, "GET", "/") == Some(200));
    assert!(killed.elapsed() < Duration::from_secs(13), "the lease took {:?}", killed.elapsed());
    assert!(answers(helper), "the started process outlives the runner");

    place.run(&["recover"]).ended(0).says("reverted: http.error on page").says("reverted: process side");
    place.run(&["recover"]).ended(0).says("nothing to recover");
    place.run(&["status"]).ended(0).says("nothing is in force");
    assert!(!answers(helper), "the started process is gone");
    assert_eq!(status(proxy, "GET", "/"), Some(200), "its caller still finds the proxy");
    let refused = load.end().into_iter().skip_while(Option::is_none).filter(Option::is_none).count();
    assert_eq!(refused, 0, "a caller found a dead address");
    place.stop_kept_proxy();
}

#[test]
fn signals_stop_the_run_and_take_everything_back() {
    let place = Place::new();
    let (upstream, proxy, helper) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let file = experiment(&place, upstream, proxy, helper);
    let _load = Load::on(proxy);
    for (number, signal) in ["INT", "TERM"].into_iter().enumerate() {
        let runner = Running::start(&mut place.chaos(&["exec", &file]));
        wait_for("the fault", 30, || status(proxy, "GET", "/") == Some(503));
        runner.signal(signal);
        let ran = runner.finish().ended(4).says(&format!("aborted because stopped by SIG{signal}"));
        ran.says("reverted broken");
        assert_eq!(status(proxy, "GET", "/"), Some(200));
        assert!(!answers(helper));
        assert_eq!(place.run(&["status"]).code, Some(0), "round {number}");
    }
    place.stop_kept_proxy();
}

#[test]
fn another_terminal_stops_a_run_and_holds_all() {
    let place = Place::new();
    let (upstream, proxy, helper) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let file = experiment(&place, upstream, proxy, helper);
    let _load = Load::on(proxy);
    place.run(&["stop"]).ended(2).says("E0810").says("no run is at work");
    let faulted = || {
        let runner = Running::start(&mut place.chaos(&["exec", &file]));
        wait_for("the fault", 30, || status(proxy, "GET", "/") == Some(503));
        runner
    };
    let runner = faulted();
    place.run(&["stop", "nobody"]).ended(2).says("no run `nobody` is at work").says("(outage)");
    place.run(&["stop"]).ended(0).says("of outage ended as aborted; everything is taken back");
    assert_eq!(status(proxy, "GET", "/"), Some(200));
    assert!(!answers(helper));
    runner.finish().ended(4).says("aborted because stopped by `chaos stop`");

    let runner = faulted();
    place.run(&["stop", "--hold", "an incident"]).ended(0).says("no run begins").says("ended as aborted");
    runner.finish().ended(4).says("aborted because an incident");
    assert_eq!(status(proxy, "GET", "/"), Some(200));
    place.run(&["exec", &file]).ended(2).says("E0809").says("no run may begin: an incident");
    place.run(&["status"]).ended(0).says("no run may begin: an incident");
    place.run(&["stop", "--release"]).ended(0).says("runs may begin again");
    place.run(&["stop", "--release"]).ended(0).says("runs were not held");

    let runner = faulted();
    place.run(&["stop", "--all"]).ended(0).says("ended as aborted");
    runner.finish().ended(4);
    place.run(&["stop", "--all"]).ended(0).says("no run is at work");
    place.stop_kept_proxy();
}

/// Kills runners at many moments, and looks from outside: what callers of the proxy get, and who lives. Whatever the guard
/// did, it has written down.
#[test]
fn whenever_a_runner_is_killed_its_guard_takes_everything_back() {
    let place = Place::new();
    let (upstream, proxy, helper) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let file = experiment(&place, upstream, proxy, helper);
    let load = Load::on(proxy);
    let mut under_fault = 0;
    for round in 0..10_u64 {
        let mut runner = Running::start(&mut place.chaos(&["exec", &file]));
        if round % 5 == 4 {
            wait_for("the helper", 30, || answers(helper));
        } else {
            wait_for("the fault", 30, || status(proxy, "GET", "/") == Some(503));
            under_fault += 1;
        }
        std::thread::sleep(Duration::from_millis(round * 37 % 200));
        runner.signal("KILL");
        runner.wait();
        let killed = Instant::now();
        wait_for("the guard", 30, || status(proxy, "GET", "/") == Some(200) || !answers(proxy));
        println!("round {round}: the fault was taken back after {:?}", killed.elapsed());
        wait_for("the helper's end", 30, || !answers(helper));
        wait_for("a clean store", 30, || place.run(&["status"]).code == Some(0));
        place.run(&["status"]).ended(0).says("nothing is in force");
    }
    assert_eq!(under_fault, 8);
    // It was the guards that did it, and no lease that ran out: each says what it took back.
    let runs = std::fs::read_dir(place.path().join("store/runs")).unwrap().flatten();
    let logs: Vec<String> = runs.filter_map(|run| std::fs::read_to_string(run.path().join("guard.log")).ok()).collect();
    let acted = logs.iter().filter(|log| log.contains("the runner is gone; taken back: http.error on page")).count();
    assert!(acted >= under_fault, "{acted} guards took a fault back: {logs:?}");
    place.run(&["recover"]).ended(0).says("nothing to recover");
    load.end();
    place.stop_kept_proxy();
}

#[test]
fn a_runner_that_ends_takes_its_guard_along() {
    let place = Place::new();
    let (upstream, proxy, helper) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let file = experiment(&place, upstream, proxy, helper);
    let _load = Load::on(proxy);
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 30, || status(proxy, "GET", "/") == Some(503));
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
