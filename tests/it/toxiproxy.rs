//! `std.toxiproxy` against a server with the API of Toxiproxy, and a real nginx behind its proxy.
//!
//! The server is the one of `tests/toxiproxy`: the proxies and toxics of noxious. As an old one it has no `reset_peer`.

use crate::harness::{Place, Ran, Running, answers, ask, files, free_port, nginx_that, root, status, wait_for};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A page behind a proxy of a Toxiproxy.
struct Site {
    place: Place,
    server: u16,
    upstream: u16,
    proxy: u16,
    _running: (Running, Running),
}

fn server(port: u16, old: bool) -> Running {
    let program = root().join("target/toxiproxy/debug/toxiproxy-server");
    assert!(program.exists(), "scripts/build-toxiproxy builds it");
    let mut command = Command::new(program);
    command.arg(port.to_string()).args(old.then_some("old")).stdout(Stdio::null());
    let running = Running::start(&mut command);
    wait_for("the Toxiproxy", 10, || answers(port));
    running
}

/// One request to the API with a body; the status and what is answered.
fn api(port: u16, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), body)
}

impl Site {
    fn new() -> Self {
        Self::with("200 'hello'", false)
    }

    fn with(answer: &str, old: bool) -> Self {
        let (place, api_port, upstream, proxy) = (Place::new(), free_port(), free_port(), free_port());
        let nginx = nginx_that(&place, "page", upstream, &format!("return {answer};"));
        let site = Self { server: api_port, upstream, proxy, _running: (nginx, server(api_port, old)), place };
        site.create();
        site
    }

    /// Makes the proxy, whose name is one that a URL does not hold as it is.
    fn create(&self) {
        let proxy = format!(
            r#"{{"name":"the page","listen":"127.0.0.1:{}","upstream":"127.0.0.1:{}"}}"#,
            self.proxy, self.upstream
        );
        assert_eq!(api(self.server, "POST", "/proxies", &proxy).0, 201);
        wait_for("the proxy", 10, || status(self.proxy, "GET", "/") == Some(200));
    }

    fn shown(&self) -> String {
        api(self.server, "GET", "/proxies/the%20page", "").1
    }

    /// An experiment with a fault, and what is expected meanwhile of `page.up` and `page.time`.
    fn write(&self, fault: &str, seconds: u32, expect: &str) -> String {
        let text = format!(
            r#"
use std.http
use std.toxiproxy
system site {{ service page {{ metric up: ratio; metric time: duration }} }}
environment local for site {{
  service page {{ url "http://127.0.0.1:{}"; toxiproxy "the page" at "http://127.0.0.1:{}" }}
  bind page.up = http.up("http://127.0.0.1:{2}/", every: 1s, timeout: 1s)
  bind page.time = http.response-time("http://127.0.0.1:{2}/", every: 1s, timeout: 900ms)
  allow toxiproxy.* on page
}}
experiment outage on site {{
  hypothesis "The page is itself again when the fault is over."
  window 2s
  baseline 4s
  limit {{ services page; instances <= 100%; bends page }}
  run {{
    inject toxiproxy.{fault} as toxic for {seconds}s {{ {expect} }}
    expect page.up >= 99% within 30s holding 2s
  }}
}}
"#,
            self.upstream, self.server, self.proxy
        );
        self.place.write("outage.chaos", text);
        "outage.chaos".to_owned()
    }

    fn exec(&self, fault: &str, seconds: u32, expect: &str) -> Ran {
        let file = self.write(fault, seconds, expect);
        self.place.run(&["exec", &file])
    }

    fn faulted(&self, fault: &str, is: impl Fn() -> bool) -> Running {
        let file = self.write(fault, 30, "expect page.up < 50% within 29s");
        let runner = Running::start(&mut self.place.chaos(&["exec", &file]));
        wait_for("the fault", 60, is);
        runner
    }

    fn is_clean(&self) {
        assert!(
            self.shown().contains("\"toxics\":[]") && self.shown().contains("\"enabled\":true"),
            "{}",
            self.shown()
        );
        self.place.run(&["status"]).ended(0).says("nothing is in force");
    }
}

/// How long the page takes, as its callers see it.
fn takes(port: u16) -> Duration {
    let began = Instant::now();
    ask(port, "GET", "/", "");
    began.elapsed()
}

const NOT_UP: &str = "expect page.up < 50% within 7s";

#[test]
fn a_latency_is_felt_and_goes() {
    let site = Site::new();
    let file = site.write("latency(page, delay: 300ms, jitter: 20ms)", 8, "expect page.time >= 250ms within 7s");
    let plan = site.place.run(&["plan", &file]).ended(0);
    let may = format!("may command the proxy `the page` of the Toxiproxy at http://127.0.0.1:{}", site.server);
    plan.says(&may).says("toxic: journaled: the runner undoes it, its guard when the runner dies");
    let ran = site.place.run(&["exec", &file]).ended(0);
    ran.says("toxic: toxiproxy.latency on page, seen to act 1 time").says("outage: confirmed");
    assert!(takes(site.proxy) < Duration::from_millis(250));
    site.is_clean();
}

#[test]
fn a_proxy_that_is_down_is_put_up_again() {
    for old in [false, true] {
        let site = Site::with("200 'hello'", old);
        site.exec("down(page)", 8, NOT_UP).ended(0).says("outage: confirmed");
        assert_eq!(status(site.proxy, "GET", "/"), Some(200));
        site.is_clean();
    }
}

/// Each toxic in the server's own units, and what connections come to under it.
#[test]
fn every_toxic_is_that_of_the_server_in_its_units() {
    let site = Site::with(&format!("200 '{}'", "x".repeat(3_000)), false);
    for (fault, shown) in [
        ("bandwidth(page, rate: 4kB / 2s, toxicity: 50%)", r#""attributes":{"rate":2},"name":"chaos-"#),
        ("timeout(page, delay: 0s, stream: upstream)", r#""attributes":{"timeout":0}"#),
        ("timeout(page, delay: 1500ms)", r#""attributes":{"timeout":1500}"#),
        ("slow-close(page, delay: 2s)", r#""attributes":{"delay":2000}"#),
        ("limit-data(page, bytes: 1KiB)", r#""attributes":{"bytes":1024}"#),
        (
            "slicer(page, average-size: 64B, size-variation: 32B, delay: 250us)",
            r#""attributes":{"average_size":64,"delay":250,"size_variation":32}"#,
        ),
        ("latency(page, delay: 1s, jitter: 250ms, toxicity: 0.5%)", r#""attributes":{"jitter":250,"latency":1000}"#),
    ] {
        let runner = site.faulted(fault, || site.shown().contains("chaos-"));
        assert!(site.shown().contains(shown), "{fault}: {}", site.shown());
        let stream = if fault.contains("upstream") { "upstream" } else { "downstream" };
        assert!(site.shown().contains(&format!("\"stream\":\"{stream}\"")), "{fault}: {}", site.shown());
        runner.signal("INT");
        runner.finish().ended(4);
        site.is_clean();
    }
}

/// What Toxiproxy cannot say exactly is refused, and so is what stands nowhere, before anything is touched.
#[test]
fn what_does_not_fit_is_refused_before_anything_is_touched() {
    let site = Site::new();
    for (fault, why) in [
        ("latency(page, delay: 1500us)", "`delay` is no whole number of milliseconds"),
        ("bandwidth(page, rate: 1500B / 1s)", "`rate` is no whole number of kB per second"),
    ] {
        site.exec(fault, 8, NOT_UP).ended(6).says("E0710").says(why);
    }
    site.is_clean();
    for (fault, why) in [
        ("bandwidth(page, rate: 0B / 1s)", "found 0B/s"),
        ("slicer(page, average-size: 0B)", "found 0B"),
        ("slicer(page, average-size: 10B, size-variation: 10B)", "found 10B"),
        ("limit-data(page, bytes: 0.5B)", "a whole number of bytes, found 0.5B"),
    ] {
        site.exec(fault, 8, NOT_UP).ended(2).says("E0302").says(why);
    }
    let old = Site::with("200 'hello'", true);
    let reset = old.exec("reset-peer(page)", 8, NOT_UP).ended(6);
    reset.says("answered 400: invalid toxic type; `reset_peer` came with Toxiproxy 2.2");
    site.is_clean();
    assert_eq!(api(site.server, "POST", "/proxies/the%20page", r#"{"enabled":false}"#).0, 200);
    site.exec("latency(page, delay: 100ms)", 8, NOT_UP).ended(6).says("the proxy `the page` is down already");
    assert_eq!(api(site.server, "DELETE", "/proxies/the%20page", "").0, 204);
    site.exec("down(page)", 8, NOT_UP).ended(6).says("has no proxy `the page`");
    let file = site.write("down(page)", 8, NOT_UP);
    let text = std::fs::read_to_string(site.place.path().join(&file)).unwrap();
    site.place.write(&file, text.replace(&format!("at \"http://127.0.0.1:{}", site.server), "at \"http://127.0.0.1:1"));
    site.place.run(&["exec", &file]).ended(6).says("E0710").says("http://127.0.0.1:1/proxies");
    let other = text.replace(
        &format!("at \"http://127.0.0.1:{}", site.server),
        &format!("at \"http://127.0.0.1:{}", site.upstream),
    );
    site.place.write(&file, other);
    site.place.run(&["exec", &file]).ended(6).says("does not answer as a Toxiproxy does");
    site.place.run(&["status"]).ended(0).says("nothing is in force");
}

/// The runner dies with toxics in the proxy: whoever recovers takes away its own, and nobody else's.
#[test]
fn what_a_dead_runner_left_is_taken_back_by_its_name() {
    let site = Site::new();
    let others = r#"{"name":"others","type":"latency","stream":"downstream","attributes":{"latency":1,"jitter":0}}"#;
    for fault in ["latency(page, delay: 200ms)", "down(page)"] {
        assert_eq!(api(site.server, "POST", "/proxies/the%20page/toxics", others).0, 200);
        let is = || site.shown().contains("chaos-") || site.shown().contains("\"enabled\":false");
        let file = site.write(fault, 30, "expect page.up < 50% within 29s");
        let runner = Running::start(&mut site.place.chaos(&["exec", &file, "--no-guard"]));
        wait_for("the fault", 60, is);
        runner.signal("KILL");
        drop(runner);
        assert!(is(), "without a guard it stays");
        site.place.run(&["status"]).ended(1).says("on page");
        site.place.run(&["recover"]).ended(0).says("reverted: toxiproxy.");
        assert!(!is() && site.shown().contains("\"others\""), "{}", site.shown());
        // It was taken back; again there is nothing to do.
        site.place.run(&["recover"]).ended(0);
        assert_eq!(api(site.server, "DELETE", "/proxies/the%20page/toxics/others", "").0, 204);
        site.is_clean();
    }
}

/// Somebody changes the proxy under the fault: it is told, and what they did stays.
#[test]
fn what_somebody_else_does_to_the_proxy_leaves_the_run_inconclusive() {
    let fault = "latency(page, delay: 200ms)";
    for (method, path, body, why) in [
        ("DELETE", "TOXIC", "", "has no toxic `chaos-"),
        ("POST", "/proxies/the%20page", r#"{"enabled":false}"#, "is down, so the toxic"),
        ("DELETE", "/proxies/the%20page", "", "there is no proxy `the page` any more"),
    ] {
        let site = Site::new();
        let file = site.write(fault, 8, "expect page.up < 50% within 7s");
        let runner = Running::start(&mut site.place.chaos(&["exec", &file]));
        wait_for("the fault", 60, || site.shown().contains("chaos-"));
        let shown = site.shown();
        let name = shown.split('"').find(|word| word.starts_with("chaos-")).unwrap().to_owned();
        let path = path.replace("TOXIC", &format!("/proxies/the%20page/toxics/{name}"));
        assert!(api(site.server, method, &path, body).0 < 300);
        let ran = runner.finish();
        ran.says("toxic: the fault ended before its time: its target says: ").says(why);
        assert!(!site.shown().contains("chaos-"), "{}", site.shown());
        site.place.run(&["status"]).ended(0).says("nothing is in force");
    }
}

/// The server is gone when the fault should end: that is told, and mended once it is there again.
#[test]
fn a_server_that_is_gone_leaves_the_fault_not_reverted() {
    let mut site = Site::new();
    let file = site.write("latency(page, delay: 200ms)", 8, "expect page.up < 50% within 7s");
    let runner = Running::start(&mut site.place.chaos(&["exec", &file]));
    wait_for("the fault", 60, || site.shown().contains("chaos-"));
    let nginx = nginx_that(&site.place, "spare", free_port(), "return 200;");
    let (_, toxiproxy) = std::mem::replace(&mut site._running, (nginx, server(free_port(), false)));
    drop(toxiproxy);
    runner.finish().ended(7).says("toxiproxy.latency on page is still in force").says("chaos recover");
    let _again = server(site.server, false);
    site.place.run(&["recover"]).ended(0).says("reverted: toxiproxy.latency on page");
    site.place.run(&["status"]).ended(0).says("nothing is in force");
}

/// The example as its page says, at ports of this test's own.
#[test]
fn the_example_runs() {
    let (place, toxiproxy, page, proxy) = (Place::new(), free_port(), free_port(), free_port());
    for file in files(&root().join("examples/toxiproxy"), "chaos") {
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.replace("8474", &toxiproxy.to_string()).replace("7900", &page.to_string());
        // noxious drops what it delays when the service ends the connection first.
        let text = text.replace("http.server {port}", "http.server {port} --protocol HTTP/1.1");
        place.write(file.file_name().unwrap().to_str().unwrap(), text.replace("7910", &proxy.to_string()));
    }
    let _server = server(toxiproxy, false);
    let made = format!(r#"{{"name":"page","listen":"127.0.0.1:{proxy}","upstream":"127.0.0.1:{page}"}}"#);
    assert_eq!(api(toxiproxy, "POST", "/proxies", &made).0, 201);
    place
        .run(&["exec", "slow_page.chaos"])
        .ended(0)
        .says("late: toxiproxy.latency on page")
        .says("slow_page: confirmed");
}
