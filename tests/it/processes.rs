//! `std.process` against real programs: killed ones come back, paused ones go on, also when the runner dies meanwhile.

use crate::harness::{Place, Running, answers, free_port, nginx_that, status, wait_for};

/// A page with one instance, at `port`; `is` says how its processes come to be.
fn site(place: &Place, port: u16, is: &str, step: &str, rest: &str) -> String {
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

const BACK: &str = "expect page.up >= 99% within 40s holding 2s";
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

/// A control group of the kernel's own, as systemd makes one for each unit; none where this user may not make any.
struct Group(std::path::PathBuf);

impl Group {
    fn make(unit: &str) -> Option<Self> {
        let roots = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map(std::path::Path::new);
        let root = roots.into_iter().find(|root| root.join("cgroup.procs").exists())?;
        let folder = root.join("system.slice").join(unit);
        std::fs::create_dir_all(&folder).ok().map(|()| Self(folder))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        wait_for("an empty control group", 20, || std::fs::remove_dir(&self.0).is_ok());
        // The slice goes too if nobody else is in it.
        let _in_use = self.0.parent().map(std::fs::remove_dir);
    }
}

/// They are found in their control group, whoever started them.
#[test]
fn the_processes_of_a_unit_are_paused_and_go_on() {
    let (place, port) = (Place::new(), free_port());
    let unit = format!("chaos-test-{port}.service");
    let Some(group) = Group::make(&unit) else { return eprintln!("no control group can be made here") };
    let nginx = nginx_that(&place, "page", port, "return 200 'hello';");
    let main = std::fs::read_to_string(place.path().join("page/nginx.pid")).unwrap();
    std::fs::write(group.0.join("cgroup.procs"), main.trim()).unwrap();
    let is = format!("processes unit \"{unit}\"");
    let file = site(&place, port, &is, "pause(page) as halt", BACK);
    place.run(&["exec", &file]).ended(0).says("seen to act, 1 time so far").says("outage: confirmed");
    let is = format!("processes cgroup \"{}\"; restarts by orchestrator", group.0.display());
    let file = site(&place, port, &is, "kill(page) as crash", "");
    place.run(&["exec", &file]).ended(0).says("outage: confirmed");
    assert!(!answers(port));
    drop(nginx);
}
