//! The guard's own place, and what it is handed: a real systemd, real control groups, a token that must be nowhere.

use crate::harness::{Load, Place, Ran, Running, answers, files, free_port, nginx, status, wait_for};
use crate::own_systemd::{Group, Systemd};
use crate::prometheus::all_files;
use crate::site::experiment;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const TOKEN: &str = "t0ken-of-the-page-proxy-5c1d";

/// nginx behind a proxy that somebody else has started, with this token where there is one.
fn page(place: &Place, upstream: u16, proxy: u16, token: Option<&str>) -> (Running, Running) {
    let nginx = nginx(place, upstream);
    let to = format!("http://127.0.0.1:{upstream}");
    let mut command = place.chaos(&["proxy", "--listen", &proxy.to_string(), "--upstream", &to]);
    if let Some(token) = token {
        command.env("CHAOS_PROXY_TOKEN", token);
    }
    let running = Running::start(&mut command);
    wait_for("the proxy", 10, || answers(proxy) && answers(proxy + 10_000));
    (nginx, running)
}

/// The experiment of the recovery tests, with a token for its proxy.
fn with_token(place: &Place, ports: (u16, u16, u16), token: &str) -> String {
    let file = experiment(place, ports.0, ports.1, ports.2);
    let path = place.path().join(&file);
    let through = format!("through \"127.0.0.1:{}\"", ports.1);
    let admin = format!("{through}; admin \"127.0.0.1:{}\", token: {token}", ports.1 + 10_000);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(&through, &admin)).unwrap();
    file
}

fn faulted(command: &mut Command, proxy: u16) -> Running {
    let runner = Running::start(command);
    wait_for("the fault", 30, || status(proxy, "GET", "/") == Some(503));
    runner
}

/// Every file of the store that holds a text.
fn holders(place: &Place, text: &str) -> Vec<PathBuf> {
    let all = all_files(&place.path().join("store"));
    let holds = |file: &PathBuf| {
        let bytes = fs::read(file).unwrap_or_default();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    };
    all.into_iter().filter(holds).collect()
}

/// What the kernel tells of a guard.
struct Guard {
    line: String,
    environment: String,
    group: String,
}

/// The guards of a test's runs.
fn guards(place: &Place) -> Vec<Guard> {
    let own = place.path().display().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let read = |process: PathBuf, name: &str| {
        String::from_utf8_lossy(&fs::read(process.join(name)).unwrap_or_default()).into_owned()
    };
    let all = processes.map(|process| Guard {
        line: read(process.clone(), "cmdline"),
        environment: read(process.clone(), "environ"),
        group: read(process, "cgroup"),
    });
    all.filter(|guard| guard.line.contains("guard\0--run") && guard.line.contains(&own)).collect()
}

fn guard_logs(place: &Place) -> String {
    files(&place.path().join("store"), "log")
        .iter()
        .filter(|path| path.ends_with("guard.log"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn the_guard_is_handed_a_secret_that_is_nowhere_else() {
    let place = Place::new();
    let ports = (free_port(), free_port(), free_port());
    let _page = page(&place, ports.0, ports.1, Some(TOKEN));
    let _load = Load::on(ports.1);
    let file = with_token(&place, ports, "secret(\"PAGE_PROXY_TOKEN\")");
    let unset = place.run(&["exec", &file]).ended(2).says("E0714").says("`PAGE_PROXY_TOKEN` is not set");
    let wrong = Ran::from(place.chaos(&["exec", &file]).env("PAGE_PROXY_TOKEN", "another").output().unwrap());
    let wrong = wrong.ended(6).says("E0709").says("the secret `PAGE_PROXY_TOKEN` is the token it was started with");

    let mut runner = faulted(place.chaos(&["exec", &file]).env("PAGE_PROXY_TOKEN", TOKEN), ports.1);
    let guard = guards(&place).pop().unwrap();
    assert!(!guard.line.contains(TOKEN) && !guard.environment.contains(TOKEN));
    assert!(guard.environment.contains("CHAOS_STORE"), "the environment can be read");
    runner.signal("KILL");
    runner.wait();
    wait_for("the guard", 30, || guards(&place).is_empty() && place.run(&["status"]).code == Some(0));
    assert!(
        guard_logs(&place).contains("the runner is gone; taken back: http.error on page"),
        "{}",
        guard_logs(&place)
    );
    assert_eq!(status(ports.1, "GET", "/"), Some(200));

    let plan = place.run(&["plan", &file, "--format", "json"]).ended(0);
    let said = [&unset.out, &unset.err, &wrong.out, &wrong.err, &plan.out].map(|said| said.contains(TOKEN));
    assert_eq!(said, [false; 5]);
    assert!(!holders(&place, "PAGE_PROXY_TOKEN").is_empty(), "the name of it is known");
    assert_eq!(holders(&place, TOKEN), Vec::<PathBuf>::new());
}

#[test]
fn recovery_resolves_a_secret_again_and_names_what_it_lacks() {
    let place = Place::new();
    let ports = (free_port(), free_port(), free_port());
    let _page = page(&place, ports.0, ports.1, Some(TOKEN));
    let _load = Load::on(ports.1);
    let secret = place.write("keys/page.token", format!("{TOKEN}\n"));
    let file = with_token(&place, ports, "secret(file: \"keys/page.token\")");
    let mut runner = faulted(&mut place.chaos(&["exec", &file, "--no-guard"]), ports.1);
    runner.signal("KILL");
    runner.wait();
    fs::remove_file(&secret).unwrap();
    fs::create_dir(place.path().join("elsewhere")).unwrap();
    let elsewhere = || {
        let mut command = place.chaos(&["recover"]);
        Ran::from(command.current_dir(place.path().join("elsewhere")).output().unwrap())
    };
    let lacking = elsewhere().ended(7).says("still in force: http.error on page").says("E0714");
    let lacking = lacking.says(&format!("the secret in the file `{}` cannot be read", secret.display()));
    fs::write(&secret, TOKEN).unwrap();
    let done = elsewhere().ended(0).says("reverted: http.error on page");
    assert_eq!(status(ports.1, "GET", "/"), Some(200));
    assert!(![&lacking.out, &lacking.err, &done.out, &done.err].iter().any(|said| said.contains(TOKEN)));
    assert_eq!(holders(&place, TOKEN), Vec::<PathBuf>::new());
}

#[test]
fn where_no_systemd_answers_the_guard_stands_beside_its_runner() {
    let place = Place::new();
    let ports = (free_port(), free_port(), free_port());
    let _page = page(&place, ports.0, ports.1, None);
    let _load = Load::on(ports.1);
    let file = experiment(&place, ports.0, ports.1, ports.2);
    place.write("runtime/systemd/private", "left behind by one that is gone");
    let runtime = place.path().join("runtime");
    let mut runner = faulted(place.chaos(&["exec", &file]).env("XDG_RUNTIME_DIR", runtime), ports.1);
    runner.signal("KILL");
    runner.wait();
    wait_for("the guard", 30, || guards(&place).is_empty() && place.run(&["status"]).code == Some(0));
    let ran = runner.finish();
    assert!(ran.err.contains("systemd gives it no place of its own: "), "{}", ran.err);
    assert!(guard_logs(&place).contains("taken back: http.error on page"), "{}", guard_logs(&place));
}

/// Kills the runner's whole control group, as a service manager does: the guard stands in another, and takes everything back.
#[test]
fn a_kill_of_the_runners_control_group_does_not_reach_the_guard() {
    let Some(group) = Group::new() else {
        println!("skipped: no control group of one's own here");
        return;
    };
    let place = Place::new();
    let ports = (free_port(), free_port(), free_port());
    let _page = page(&place, ports.0, ports.1, None);
    let _load = Load::on(ports.1);
    let file = experiment(&place, ports.0, ports.1, ports.2);
    let Some(systemd) = Systemd::start(&group, &place) else { return };
    let first = systemd.first();

    // Inside, so that processes have the same numbers for all of them.
    let run = |runtime: &str| {
        let script = format!(
            "mkdir -p /sys/fs/cgroup/runner; echo $$ > /sys/fs/cgroup/runner/cgroup.procs; cd \"$2\"; {runtime} exec \"$1\" exec {file}"
        );
        let mut command = Command::new("nsenter");
        command.args(["--target", &first, "--pid", "--mount", "--cgroup", "sh", "-ec", &script, "sh"]);
        command.arg(env!("CARGO_BIN_EXE_chaos")).arg(place.path()).env("CHAOS_STORE", place.path().join("store"));
        command.env_remove("XDG_RUNTIME_DIR").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let inside = |words: &[&str]| {
        let mut command = Command::new("nsenter");
        command.args(["--target", &first, "--pid", "--mount", env!("CARGO_BIN_EXE_chaos")]).args(words);
        Ran::from(command.env("CHAOS_STORE", place.path().join("store")).output().unwrap())
    };
    let kill = || fs::write(group.0.join("runner/cgroup.kill"), "1").unwrap();

    // Without a systemd, the guard dies with its runner: only the lease ends the fault.
    let mut runner = faulted(&mut run(""), ports.1);
    kill();
    runner.wait();
    wait_for("the end of all in the group", 10, || guards(&place).is_empty());
    inside(&["status"]).ended(1).says("dead").says("http.error on page");
    assert_eq!(guard_logs(&place), "");
    inside(&["recover"]).ended(0).says("reverted: http.error on page");

    let guards_group = || guards(&place).into_iter().map(|guard| guard.group).collect::<String>();
    let mut runner = faulted(&mut run("export XDG_RUNTIME_DIR=/run/user;"), ports.1);
    assert!(guards_group().contains("/chaos-guard-r"), "{}", guards_group());
    kill();
    runner.wait();
    wait_for("the guard", 30, || guards(&place).is_empty());
    assert!(
        guard_logs(&place).contains("the runner is gone; taken back: http.error on page"),
        "{}",
        guard_logs(&place)
    );
    assert_eq!(status(ports.1, "GET", "/"), Some(200));
    inside(&["status"]).ended(0).says("nothing is in force");
    drop(systemd);
}
