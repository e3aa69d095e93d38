//! The processes that an environment declares: found by their pid file, their unit of systemd or their control group; and what
//! is said where they are not there, not what they should be, or nobody's to signal.

use crate::harness::{Place, Ran, Running, answers, free_port, nginx_that, status, wait_for};
use crate::own_systemd::{self, Systemd};
use crate::processes::{BACK, site};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const HALT: &str = "pause(page) as halt";

fn by_pid_file(place: &Place) -> String {
    format!("processes pidfile \"{}\"", place.path().join("page/nginx.pid").display())
}

/// Nothing is begun where the declaration does not fit what is there, and the reason is told.
#[test]
fn a_declaration_that_does_not_fit_breaks_the_run_before_anything_is_touched() {
    let (place, port) = (Place::new(), free_port());
    let nginx = nginx_that(&place, "page", port, "return 200 'hello';");
    let pid_file = place.path().join("page/nginx.pid");
    wait_for("the pid file", 10, || std::fs::read_to_string(&pid_file).is_ok_and(|text| text.ends_with('\n')));
    let good = std::fs::read_to_string(&pid_file).unwrap();
    let file = site(&place, port, &by_pid_file(&place), HALT, "");
    let own = std::process::id().to_string();
    for (text, why) in [
        ("", "cannot be read: it holds no number"),
        ("nginx", "cannot be read: it holds no number"),
        ("1", "it names no process of a service"),
        ("4000000", "process 4000000, which the pid file"),
        (own.as_str(), "name what holds the service alone"), // itself, or this test: whichever /proc lists first
    ] {
        std::fs::write(&pid_file, text).unwrap();
        place.run(&["exec", &file]).ended(6).says("E0710").says(why);
    }
    std::fs::write(&pid_file, &good).unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400 * 365 * 30);
    std::fs::File::options().write(true).open(&pid_file).unwrap().set_modified(old).unwrap();
    place.run(&["exec", &file]).ended(6).says("the number is that of a later process");
    std::fs::remove_file(&pid_file).unwrap();
    place.run(&["exec", &file]).ended(6).says("there is no pid file");
    for (is, why) in [
        ("processes cgroup \"/no.slice/such.service\"", "there is no control group /no.slice/such.service"),
        ("processes user-unit \"chaos-nobody\"", "the unit chaos-nobody.service"),
    ] {
        let file = site(&place, port, is, HALT, "");
        let mut command = place.chaos(&["exec", &file]);
        Ran::from(command.env("XDG_RUNTIME_DIR", place.path()).output().unwrap()).ended(6).says(why);
    }
    assert_eq!(status(port, "GET", "/"), Some(200));
    place.run(&["status"]).ended(0).says("nothing is in force");
    drop(nginx);
}

/// The pid file names somebody else in the middle of the fault: what was stopped goes on, and the other is left alone.
#[test]
fn a_pid_file_that_changes_during_the_fault_leaves_nothing_stopped() {
    let (place, port) = (Place::new(), free_port());
    let _nginx = nginx_that(&place, "page", port, "return 200 'hello';");
    let mut other = Command::new("sleep").arg("300").spawn().unwrap();
    let file = site(&place, port, &by_pid_file(&place), HALT, "");
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 60, || answers(port) && status(port, "GET", "/").is_none());
    std::fs::write(place.path().join("page/nginx.pid"), other.id().to_string()).unwrap();
    let ran = runner.finish().ended(5);
    ran.says("its target says: 0 of").says("outage: inconclusive");
    assert_eq!(status(port, "GET", "/"), Some(200));
    assert!(other.try_wait().unwrap().is_none(), "nobody signalled it");
    other.kill().unwrap();
    other.wait().unwrap();
    place.run(&["status"]).ended(0).says("nothing is in force");
}

/// Another user's process cannot be signalled: this is known, and told with what helps, before anything begins.
#[test]
fn the_processes_of_another_user_are_out_of_reach() {
    let (place, port) = (Place::new(), free_port());
    let _nginx = nginx_that(&place, "page", port, "return 200 'hello';");
    let file = site(&place, port, &by_pid_file(&place), HALT, "");
    std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
        env!("CARGO_BIN_EXE_chaos"),
        "exec",
        &file,
    ]);
    command.current_dir(place.path()).env("CHAOS_STORE", place.path().join("nobody")).env("HOME", place.path());
    command.env("XDG_CACHE_HOME", place.path().join("cache"));
    let ran = Ran::from(command.output().unwrap());
    if ran.err.starts_with("setpriv") {
        return println!("skipped: this user cannot become another: {}", ran.err);
    }
    ran.ended(6)
        .says("belongs to another user, user 0: run chaos as that user, as root, or with the capability CAP_KILL");
    assert_eq!(status(port, "GET", "/"), Some(200));
}

/// A unit of a real systemd: paused, killed and brought back by it; one that does not run or does not exist is told.
#[test]
fn the_processes_of_a_unit_are_those_that_systemd_tells() {
    let Some(group) = own_systemd::Group::new() else {
        return println!("skipped: no control group of one's own here");
    };
    let (place, port) = (Place::new(), free_port());
    drop(nginx_that(&place, "page", port, "return 200 'hello';"));
    let unit = format!(
        "[Service]\nExecStart=/usr/sbin/nginx -p {0}/page -c {0}/page.conf\nRestart=always\nRestartSec=6\n",
        place.path().display()
    );
    place.write("config/systemd/user/page.service", unit);
    let Some(systemd) = Systemd::start(&group, &place) else { return };
    let inside = |words: &[&str]| Ran::from(systemd.inside(&place, words).output().unwrap());
    let control = |word: &str| inside(&["systemctl", "--user", word, "page.service"]).ended(0);
    let exec = |is: &str, step: &str, rest: &str| {
        let file = site(&place, port, &format!("{is}; restarts by orchestrator"), step, rest);
        inside(&[env!("CARGO_BIN_EXE_chaos"), "exec", &file])
    };
    let is = "processes user-unit \"page\"";
    exec("processes user-unit \"nobody.service\"", HALT, "").ended(6).says("systemd knows no unit nobody.service");
    exec(is, HALT, "").ended(6).says("the unit page.service is inactive (dead), and has no processes");
    control("start");
    wait_for("the unit", 20, || status(port, "GET", "/") == Some(200));
    exec(is, HALT, BACK).ended(0).says("seen to act, 1 time so far").says("outage: confirmed");
    exec(is, "kill(page) as crash", BACK).ended(0).says("seen to act").says("outage: confirmed");
    exec(is, "restart(page) as deploy", BACK).ended(0).says("seen to act").says("outage: confirmed");
    control("stop");
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
