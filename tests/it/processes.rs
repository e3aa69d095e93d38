//! `std.process` against real programs: killed ones come back, paused ones go on, also when the runner dies meanwhile.

use crate::harness::{Place, Running, answers, free_port, nginx_that, status, wait_for};

/// A page with one instance, at `port`; `is` says how its processes come to be.
pub fn site(place: &Place, port: u16, is: &str, step: &str, rest: &str) -> String {
    let text = format!(
        r#"
use std.http
use std.process
system site {{ service page {{ metric up: ratio }} }}
environment local for site {{
  service page {{ url "http://127.0.0.1:{port}"; {is} }}
  bind page.up = http.up("http://127.0.0.1:{port}/", every: 1s)
  allow process.* on page
}}
experiment outage on site {{
  hypothesis "The page comes back."
  window 2s
  baseline 4s
  limit {{ services page; instances <= 100%; bends page }}
  run {{
    inject process.{step} for 20s {{
      expect page.up < 50% within 15s
    }}
    {rest}
  }}
}}
"#
    );
    place.write("outage.chaos", text);
    "outage.chaos".to_owned()
}

pub const BACK: &str = "expect page.up >= 99% within 40s holding 2s";
const STARTED: &str = "start \"python3 -m http.server {port} --bind 127.0.0.1\"";

#[test]
fn a_killed_process_is_seen_to_have_ended_and_comes_back() {
    let (place, port) = (Place::new(), free_port());
    let is = format!("{STARTED}; restarts by runner after 6s");
    let file = site(&place, port, &is, "kill(page) as crash", BACK);
    let may = "crash: process may signal the processes of page: those that the run starts";
    place.run(&["plan", &file]).ended(0).says("granted to components").says(may);
    let ran = place.run(&["exec", &file]).ended(0);
    ran.says("process page ended under its fault").says("seen to act, 1 time so far").says("outage: confirmed");
    assert!(!answers(port));
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn a_process_that_is_killed_for_good_ends_the_run_only_where_nobody_consented() {
    let (place, port) = (Place::new(), free_port());
    let file = site(&place, port, STARTED, "kill(page) as crash", "");
    place.run(&["exec", &file]).ended(2).says("E0510");
    let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
    place.write(&file, text.replace("window 2s", "consent irreversible\n  window 2s"));
    let ran = place.run(&["exec", &file]).ended(0);
    ran.says("ended under its fault; nobody restarts it").says("outage: confirmed");
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn a_paused_nginx_goes_on() {
    let (place, port) = (Place::new(), free_port());
    let _nginx = nginx_that(&place, "page", port, "return 200 'hello';");
    let is = format!("processes pidfile \"{}\"", place.path().join("page/nginx.pid").display());
    let file = site(&place, port, &is, "pause(page) as halt", BACK);
    place.run(&["exec", &file]).ended(0).says("seen to act").says("outage: confirmed");
    assert_eq!(status(port, "GET", "/"), Some(200));
}

/// The runner dies while nginx stands still: whoever takes back what it left lets nginx go on.
#[test]
fn a_paused_nginx_goes_on_when_the_runner_dies() {
    let (place, port) = (Place::new(), free_port());
    let _nginx = nginx_that(&place, "page", port, "return 200 'hello';");
    let is = format!("processes pidfile \"{}\"", place.path().join("page/nginx.pid").display());
    let file = site(&place, port, &is, "pause(page) as halt", BACK);
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 60, || answers(port) && status(port, "GET", "/").is_none());
    runner.signal("KILL");
    drop(runner);
    place.run(&["recover"]).ended(0);
    wait_for("nginx", 30, || status(port, "GET", "/") == Some(200));
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn a_service_without_known_processes_is_not_run() {
    let (place, port) = (Place::new(), free_port());
    let file = site(&place, port, "restarts by orchestrator", "kill(page) as crash", "");
    let what = "`process.kill` on `page`, of which nothing says what its processes are";
    place.run(&["exec", &file]).ended(2).says("E0804").says(what);
}

/// The target of a fault is gone in the middle of it: nothing is left, and nobody takes it for a result.
#[test]
fn a_target_that_vanishes_leaves_nothing_and_proves_nothing() {
    let (place, port) = (Place::new(), free_port());
    let nginx = nginx_that(&place, "page", port, "return 200 'hello';");
    let pid_file = place.path().join("page/nginx.pid");
    let is = format!("processes pidfile \"{}\"", pid_file.display());
    let file = site(&place, port, &is, "pause(page) as halt", "");
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 60, || answers(port) && status(port, "GET", "/").is_none());
    let main = std::fs::read_to_string(&pid_file).unwrap();
    let workers = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", main.trim())).unwrap();
    for pid in workers.split_whitespace().chain([main.trim()]) {
        std::process::Command::new("kill").args(["-KILL", pid]).status().unwrap();
    }
    drop(nginx);
    let ran = runner.finish().ended(5);
    ran.says("halt: the fault ended before its time: its target says: 0 of").says("outage: inconclusive");
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn a_restarted_process_ends_by_itself_and_comes_back() {
    let (place, port) = (Place::new(), free_port());
    let script = "import signal, sys, http.server as h\n\
                  signal.signal(signal.SIGTERM, lambda *_: (open('asked', 'a').write('x'), sys.exit(0)))\n\
                  h.HTTPServer(('127.0.0.1', int(sys.argv[1])), h.SimpleHTTPRequestHandler).serve_forever()\n";
    let script = place.write("page.py", script);
    let is = format!("start \"python3 {} {{port}}\"; restarts by runner after 6s", script.display());
    let file = site(&place, port, &is, "restart(page) as deploy", BACK);
    let ran = place.run(&["exec", &file]).ended(0);
    ran.says("process page ended under its fault").says("seen to act, 1 time so far").says("outage: confirmed");
    // It was asked, not killed; the second time by the end of the run.
    assert_eq!(std::fs::read_to_string(place.path().join("asked")).unwrap(), "xx");
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn a_process_that_does_not_end_when_it_is_asked_confirms_nothing() {
    let (place, port) = (Place::new(), free_port());
    let script = "import signal, sys, http.server as h\n\
                  signal.signal(signal.SIGTERM, signal.SIG_IGN)\n\
                  h.HTTPServer(('127.0.0.1', int(sys.argv[1])), h.SimpleHTTPRequestHandler).serve_forever()\n";
    let script = place.write("page.py", script);
    let is = format!("start \"python3 {} {{port}}\"; restarts by runner after 1s", script.display());
    let file = site(&place, port, &is, "restart(page) as deploy", "");
    let ran = place.run(&["exec", &file]);
    ran.ended(5).says("process.restart on page was not seen to act").says("outage: inconclusive");
    assert!(!answers(port), "what does not end when it is asked is killed at the end of the run");
}

/// Whoever restarts it, as a supervisor does: a new nginx whenever one ends.
fn supervised(place: &Place, port: u16) -> Running {
    drop(nginx_that(place, "page", port, "return 200 'hello';"));
    let run = format!("while :; do nginx -p {0}/page -c {0}/page.conf; done", place.path().display());
    let mut command = std::process::Command::new("sh");
    let running = Running::start(std::os::unix::process::CommandExt::process_group(command.args(["-c", &run]), 0));
    wait_for("nginx", 20, || answers(port));
    running
}

fn end_all(supervisor: &Running) {
    std::process::Command::new("kill").args(["-KILL", "--", &format!("-{}", supervisor.0.id())]).status().unwrap();
}

/// The runner dies between the signal and its end: the restart is over, so nobody signals the nginx that came after it.
#[test]
fn a_restart_whose_runner_dies_hits_nobody_twice() {
    let (place, port) = (Place::new(), free_port());
    let supervisor = supervised(&place, port);
    let pid_file = place.path().join("page/nginx.pid");
    let pid = || std::fs::read_to_string(&pid_file).unwrap_or_default().trim().to_owned();
    let before = pid();
    let is = format!("processes pidfile \"{}\"; restarts by orchestrator", pid_file.display());
    let file = site(&place, port, &is, "restart(page) as deploy", BACK);
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the restart", 60, || !pid().is_empty() && pid() != before && answers(port));
    let after = pid();
    runner.signal("KILL");
    drop(runner);
    place.run(&["recover"]).ended(0);
    place.run(&["status"]).ended(0).says("nothing is in force");
    assert_eq!(pid(), after);
    assert_eq!(status(port, "GET", "/"), Some(200));
    end_all(&supervisor);
}
