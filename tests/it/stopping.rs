//! Who else may stop a run: an endpoint, here a real nginx, and a second signal.

use crate::harness::{Load, Place, Ran, Running, free_port, nginx, nginx_that, status, wait_for};
use crate::prometheus::{certificates, gateway};
use crate::site::experiment;
use std::process::Command;

struct Site {
    place: Place,
    proxy: u16,
    file: String,
    _nginx: Running,
    _load: Load,
}

fn site() -> Site {
    let place = Place::new();
    let (upstream, proxy, helper) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let file = experiment(&place, upstream, proxy, helper);
    Site { place, proxy, file, _nginx, _load: Load::on(proxy) }
}

impl Site {
    fn faulted(&self) -> Running {
        let runner = Running::start(&mut self.place.chaos(&["exec", &self.file]));
        wait_for("the fault", 30, || status(self.proxy, "GET", "/") == Some(503));
        runner
    }
}

/// An nginx that says stop while a file is there, and 204 while it is not.
fn switch(place: &Place, port: u16) -> Running {
    let root = place.path().join("switch");
    nginx_that(
        place,
        "switch",
        port,
        &format!("root {}; default_type text/plain; try_files /stop =204;", root.display()),
    )
}

#[test]
fn an_endpoint_stops_runs_and_lets_none_begin() {
    let site = site();
    let port = free_port();
    let ops = switch(&site.place, port);
    let url = format!("http://127.0.0.1:{port}/stop");
    site.place.write("chaos.toml", format!("[stop]\nurl = \"{url}?key=s3cr3t\"\n"));
    let runner = site.faulted();
    let stop = site.place.write("switch/stop", "an incident\nin the shop\n");
    let ran = runner.finish().ended(4).says(&format!("aborted because an incident in the shop ({url})"));
    assert!(!format!("{}{}", ran.out, ran.err).contains("s3cr3t"));
    assert_eq!(status(site.proxy, "GET", "/"), Some(200));
    site.place.run(&["exec", &site.file]).ended(2).says("E0809").says("no run may begin: an incident in the shop");
    std::fs::write(&stop, "").unwrap();
    site.place.run(&["exec", &site.file]).ended(2).says(&format!("no run may begin: {url} says so"));
    std::fs::remove_file(&stop).unwrap();

    // One of the machine's counts beside that of the project.
    let other = free_port();
    let _broken = nginx_that(&site.place, "broken", other, "return 302 /login;");
    let beside =
        |url: &str| Ran::from(site.place.chaos(&["exec", &site.file]).env("CHAOS_STOP_URL", url).output().unwrap());
    beside(&format!("http://127.0.0.1:{other}/stop")).ended(2).says("E0813").says("it answers with status 302");
    beside("ops/stop").ended(2).says("E0813").says("is no URL");
    drop(ops);
    site.place
        .run(&["exec", &site.file])
        .ended(2)
        .says("E0813")
        .says(&format!("does not answer: {url}: Connection refused"));
    site.place.stop_kept_proxy();
}

/// The server speaks TLS with an authority of the test's own, and wants a token that nobody sends.
#[test]
fn an_endpoint_of_https_is_held_against_the_systems_authorities() {
    let place = Place::new();
    let (port, upstream) = (free_port(), free_port());
    certificates(&place);
    let _gateway = gateway(&place, port, upstream, "x");
    let file = experiment(&place, upstream, free_port(), free_port());
    place.write("chaos.toml", format!("[stop]\nurl = \"https://127.0.0.1:{port}/stop\"\n"));
    let unknown = place.run(&["exec", &file]).ended(2).says("E0813").says("certificate");
    assert!(!unknown.err.contains("403"), "{}", unknown.err);
    let mut known = place.chaos(&["exec", &file]);
    let known = known.env("SSL_CERT_FILE", place.path().join("ca.pem")).output().unwrap();
    Ran::from(known).ended(2).says("E0813").says("it answers with status 403");
}

#[test]
fn an_endpoint_that_falls_silent_is_waited_for_and_then_the_run_is_stopped() {
    let site = site();
    let port = free_port();
    let ops = switch(&site.place, port);
    let url = format!("http://127.0.0.1:{port}/stop");
    site.place.write("chaos.toml", format!("[stop]\nurl = \"{url}\"\n"));
    let runner = site.faulted();
    drop(ops);
    let ran =
        runner.finish().ended(4).says(&format!("{url}, which may stop the run, does not answer: Connection refused"));
    let ran = ran.says("without an answer for 30 s the run is stopped");
    ran.says(&format!("aborted because {url} has not answered for 30 s"));
    assert_eq!(status(site.proxy, "GET", "/"), Some(200));
    site.place.stop_kept_proxy();
}

/// The proxy stands still, so that the revert takes its time.
#[test]
fn a_second_signal_says_what_is_still_in_force() {
    let site = site();
    let out = site.place.path().join("out");
    let mut command = site.place.chaos(&["exec", &site.file]);
    let mut runner = Running::start(command.stdout(std::fs::File::create(&out).unwrap()));
    wait_for("the fault", 30, || status(site.proxy, "GET", "/") == Some(503));
    let found = site.place.run(&["status"]).out;
    let line = found.lines().find(|line| line.contains("proxy of page")).unwrap();
    let pid = line.split("(pid ").nth(1).unwrap().split(')').next().unwrap().to_owned();
    let signal = |name: &str| Command::new("kill").args([name, &pid]).status().unwrap();
    let said = || std::fs::read_to_string(&out).unwrap();
    signal("-STOP");
    runner.signal("INT");
    wait_for("the first signal", 10, || said().contains("SIGINT: everything is taken back now"));
    runner.signal("INT");
    wait_for("the second", 10, || said().contains("SIGINT again"));
    signal("-CONT");
    assert_eq!(runner.wait().code(), Some(4));
    let line = said().lines().find(|line| line.contains("SIGINT again")).unwrap().to_owned();
    for part in ["still in force: http.error on page", "process side", "`chaos recover` can"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(said().contains("because stopped by SIGINT"), "{}", said());
    assert_eq!(status(site.proxy, "GET", "/"), Some(200));
    site.place.stop_kept_proxy();
}
