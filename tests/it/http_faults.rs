//! Every fault of HTTP traffic, from the file to the evidence, before a real nginx and a client that asks it.

use crate::harness::{Load, Place, Running, ask, free_port, nginx_that, wait_for};
use std::io::Read;
use std::process::{Command, Stdio};

/// The faults in their order, by the names of their steps.
const FAULTS: &[(&str, &str)] = &[
    ("aborted", "abort(page, ending: close"),
    ("reset", "abort(page"),
    ("cut", "abort(page, at: body, ending: close"),
    ("lost", "blackhole(page"),
    ("spoilt", "corrupt(page, bytes: 5%"),
    ("slow", "slow_body(page, bandwidth: 20KiB / 1s, every: 50ms"),
    ("limited", "rate_limit(page, requests: 1/h"),
    ("failed", "error(page, status: 503, retry_after: 7s"),
];

/// A page before which all faults stand in turn, each until the gate says that it was seen; of requests they take only what
/// asks for `/cart/…` with `POST` and a field.
fn course(upstream: u16, front: u16) -> String {
    let inject = |(at, (name, fault)): (usize, &(&str, &str))| {
        let some = r#"methods: ["POST"], path: "/cart/*", headers: ["x-canary: y*"]"#;
        format!("    inject http.{fault}, {some}) as {name} until page.gate > {at} within 4m\n")
    };
    let run: String = FAULTS.iter().enumerate().map(inject).collect();
    format!(
        r#"
use std.http
system site {{ service page {{ metric gate: float }} }}
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{front}" }}
  bind page.gate = http.number("http://127.0.0.1:{upstream}/gate.json", "$.at")
  allow http.* on page
}}
experiment course on site {{
  hypothesis "Every fault does what it says, to what it selects, and to nothing else."
  window 2s
  baseline 2s
  limit {{ services page; traffic <= 100%; exposure <= 2h; timeout <= 3h }}
  run {{
{run}  }}
  expect always page.gate >= 0
}}
"#
    )
}

/// curl, asking for what the faults select.
fn curl(port: u16) -> Running {
    let url = format!("http://127.0.0.1:{port}/cart/7?x=1");
    let mut command = Command::new("curl");
    command.args(["-s", "--max-time", "120", "-i", "-X", "POST", "-H", "X-Canary: yes", &url]);
    Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
}

/// Its exit code, and the answer with its head.
fn came(mut curl: Running) -> (i32, String) {
    let mut said = Vec::new();
    curl.0.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    (curl.wait().code().unwrap(), String::from_utf8_lossy(&said).into_owned())
}

/// A line of the proxy's metrics that begins like this.
fn metric(port: u16, begins: &str, ends: &str) -> Option<String> {
    let (_, metrics) = ask(port + 10_000, "GET", "/metrics", "")?;
    metrics.lines().find(|line| line.starts_with(begins) && line.ends_with(ends)).map(str::to_owned)
}

/// Whether the fault of a step is active now.
fn is_active(port: u16, step: &str) -> bool {
    metric(port, "chaos_proxy_fault_active{", " 1").is_some_and(|line| line.contains(&format!(".{step}\"")))
}

#[test]
fn every_fault_does_what_it_says_to_what_it_selects() {
    let place = Place::new();
    let (upstream, front) = (free_port(), port_with_admin());
    let body: String = (0..2000).map(|at| format!("{at:04}\n")).collect();
    let gate = |at: usize| place.write("web/gate.json", format!("{{\"at\": {at}}}"));
    place.write("web/page.txt", &body);
    gate(0);
    let web = place.path().join("web");
    let files = format!("root {}; error_page 405 =200 /page.txt; try_files $uri /page.txt =404;", web.display());
    let _nginx = nginx_that(&place, "page", upstream, &files);
    let _load = Load::on(front);
    place.write("course.chaos", course(upstream, front));
    let mut command = place.chaos(&["exec", "course.chaos"]);
    let run = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    for (at, (name, _)) in FAULTS.iter().enumerate() {
        wait_for(name, 120, || is_active(front, name));
        for (method, path, head) in
            [("GET", "/cart/7", "yes"), ("POST", "/cart/7/8", "yes"), ("POST", "/cart/7", "no"), ("POST", "/", "yes")]
        {
            let answer = ask(front, method, path, &format!("X-Canary: {head}\r\n")).unwrap();
            assert_eq!(answer, (200, body.clone()), "{name}: {method} {path} {head}");
        }
        let asking = curl(front);
        if *name == "lost" {
            let begins = "chaos_proxy_fault_acted_total{";
            let held = |line: String| line.contains(".lost\"");
            wait_for("a held request", 120, || metric(front, begins, " 1").is_some_and(held));
            gate(at + 1);
        }
        let (code, said) = came(asking);
        let rest = said.split_once("\r\n\r\n").map_or("", |(_, rest)| rest);
        match *name {
            // curl: 52, nothing came; 56, the connection was reset; 18, a part of the body.
            "aborted" | "lost" => assert_eq!((code, said.as_str()), (52, ""), "{name}"),
            "reset" => assert_eq!((code, said.as_str()), (56, ""), "{name}"),
            "cut" => assert!(code == 18 && said.contains(" 200 OK") && rest == &body[..5000], "{code} {said}"),
            "spoilt" => assert!(code == 0 && said.contains("no-store") && rest != body, "{code} {said}"),
            "slow" => assert_eq!((code, rest), (0, body.as_str()), "{name}"),
            "limited" => {
                assert_eq!((code, rest), (0, body.as_str()), "the first one passes");
                let (_, said) = came(curl(front));
                assert!(said.contains(" 429 ") && said.contains("\r\nretry-after: "), "{said}");
            }
            _ => assert!(said.contains(" 503 ") && said.contains("\r\nretry-after: 7\r\n"), "{said}"),
        }
        gate(at + 1);
    }
    let ran = run.finish().ended(0);
    for (name, fault) in FAULTS {
        let fault = fault.split_once('(').unwrap().0;
        assert!(ran.out.contains(&format!("{name}: http.{fault} on page, seen to act on")), "{name}: {}", ran.out);
    }
    place.stop_kept_proxy();
}

/// A free port with another one 10,000 above it, for the admin API.
fn port_with_admin() -> u16 {
    (0..100).map(|_| free_port()).find(|port| *port < 55_000).unwrap()
}

/// A page whose callers are to succeed, the proxy says whether, during one fault.
fn promise(upstream: u16, front: u16, fault: &str) -> String {
    format!(
        r#"
use std.http
system site {{ service page {{ metric ok: ratio }} }}
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{front}" }}
  bind page.ok = proxy.success(page)
  allow http.* on page
}}
experiment promise on site {{
  hypothesis "Callers get what they asked for."
  window 2s
  baseline 3s
  limit {{ services page; traffic <= 100%; exposure <= 2m; timeout <= 5m }}
  run {{ inject http.{fault} as fault for 8s {{ expect always page.ok >= 99% }} }}
}}
"#
    )
}

#[test]
fn whoever_gets_no_whole_answer_has_no_success() {
    let place = Place::new();
    let (upstream, front) = (free_port(), port_with_admin());
    let _nginx = nginx_that(&place, "page", upstream, "return 200 whole;");
    let _load = Load::on(front);
    for (fault, code) in [
        ("rate_limit(page, requests: 1/h)", 1),
        ("corrupt(page)", 1),
        ("abort(page, at: body, ending: close)", 1),
        ("error(page, status: 404)", 1),
        // Late is not lost: the latency tells.
        ("latency(page, delay: 20ms)", 0),
        ("slow_body(page, bandwidth: 1KiB / 1s, every: 1ms)", 0),
    ] {
        place.write("promise.chaos", promise(upstream, front, fault));
        place.run(&["check", "promise.chaos"]).ended(0);
        let ran = place.run(&["exec", "promise.chaos"]).ended(code);
        assert!(ran.out.contains("page.ok >= 99%"), "{fault}: {}", ran.out);
    }
    place.stop_kept_proxy();
}
