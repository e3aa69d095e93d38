//! The proxy dies in the middle of its fault, and comes back: the run says so, and leaves nothing.

use super::processes::{kill, marked};
use crate::harness::{Load, Running, status, wait_for};
use crate::site::{LONG, Site};

#[test]
fn a_proxy_that_is_killed_leaves_no_fault_and_no_green() {
    std::thread::scope(|scope| {
        for comes_back in [true, false] {
            scope.spawn(move || killed(comes_back));
        }
    });
}

fn killed(comes_back: bool) {
    let (site, _page) = Site::with_a_long_fault();
    site.write("outage.chaos", &LONG.replace("60s", "15s"), "");
    let listen = format!("127.0.0.1:{}", site.proxy);
    let upstream = format!("http://127.0.0.1:{}", site.upstream);
    let proxy = || {
        let mut command = site.place.chaos(&["proxy", "--listen", &listen, "--upstream", &upstream]);
        let running = Running::start(command.env("CHAOS_PROXY_TOKEN", "4711"));
        wait_for("the proxy", 10, || site.answer().is_some());
        running
    };
    let mut first = proxy();
    let _load = Load::on(site.proxy);
    let mut command = site.place.chaos(&["exec", "outage.chaos"]);
    let runner = Running::start(command.env("CHAOS_PROXY_TOKEN", "4711"));
    wait_for("the fault", 30, || site.answer() == Some(503));
    first.signal("KILL");
    first.wait();
    let second = comes_back.then(proxy);
    let ran = runner.finish().ended(5).says("outage: inconclusive");
    if second.is_some() {
        ran.says("the fault ended before its time");
        assert_eq!(site.answer(), Some(200), "the proxy that came back has no fault");
    }
    site.place.run(&["status"]).ended(0).says("nothing is in force");
    assert!(marked(&site.place.path().join("store").display().to_string()).is_empty());
}

#[test]
fn a_proxy_of_the_runs_own_that_is_killed_breaks_it() {
    let (site, _page) = Site::with_a_long_fault();
    let _load = Load::on(site.proxy);
    let store = site.place.path().join("store").display().to_string();
    let runner = site.faulted(&[]);
    let (pid, _) = marked(&store).into_iter().find(|(_, command)| command.contains("proxy --listen")).unwrap();
    kill(pid);
    runner.finish().ended(6).says("proxy of page").says("ended by itself");
    assert_eq!(status(site.proxy, "GET", "/"), None);
    assert!(marked(&store).is_empty());
    site.place.run(&["status"]).ended(0).says("nothing is in force");
}
