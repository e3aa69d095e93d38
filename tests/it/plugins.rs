//! Faults by components of one's own, and by one's own programs: what they may do, what becomes of those that fail, and what
//! is known of them after a restart.

use crate::harness::{Load, Place, Running, answers, free_port, nginx, nginx_that, root, status, wait_for};
use std::os::unix::fs::PermissionsExt;

/// A page at `port` that the run starts with `start`, and a fault of it; `declared` stands before all.
pub fn site(place: &Place, port: u16, is: &str, declared: &str, granted: &str, step: &str) -> String {
    let text = format!(
        r#"
use std.http
use std.command
{declared}
system site {{ service page {{ metric up: ratio }} }}
environment local for site {{
  service page {{ url "http://127.0.0.1:{port}"; {is} }}
  bind page.up = http.up("http://127.0.0.1:{port}/", every: 1s)
  allow odd, command.* on page
  {granted}
}}
experiment outage on site {{
  hypothesis "The page comes back."
  window 2s
  baseline 4s
  limit {{ services page; instances <= 100%; bends page }}
  run {{
    {step}
  }}
}}
"#
    );
    place.write("outage.chaos", text);
    "outage.chaos".to_owned()
}

pub const STARTED: &str = "start \"python3 -m http.server {port} --bind 127.0.0.1\"";

/// The component of the tests as `own.wasm`, with a fault for one of its actions.
fn rogue(place: &Place, action: &str) -> String {
    std::fs::copy(root().join("tests/components/rogue.wasm"), place.path().join("own.wasm")).unwrap();
    let params = "target: service, when: string = \"inject\", what: string = \"\", args: list<string> = []";
    format!("fault odd({params}) {{ component \"./own.wasm\" action \"{action}\"; class revertible }}")
}

fn grants(files: &std::path::Path) -> String {
    let all = ["http \"http://127.0.0.1:1\"", "tcp \"127.0.0.1:1\"", "exec \"/bin/true\""].map(str::to_owned);
    let all = all.into_iter().chain([format!("files \"{}\"", files.display())]);
    all.map(|it| format!("grant {it} to \"./own.wasm\"\n  ")).collect()
}

/// The start command exchanges the component for another one, after it was checked.
#[test]
fn a_component_that_changes_after_its_check_is_not_run() {
    let (place, port) = (Place::new(), free_port());
    let other = root().join("tests/components/hosts.wasm");
    let serve = "exec python3 -m http.server {port} --bind 127.0.0.1";
    let is = format!("start \"sh -c 'cp {} own.wasm; {serve}'\"", other.display());
    let (declared, granted) = (rogue(&place, "nothing"), grants(place.path()));
    let file = site(&place, port, &is, &declared, &granted, "inject odd(page) for 4s { expect always page.up >= 99% }");
    place.run(&["exec", &file]).ended(6).says("E0840").says("is not the one that was checked");
    assert!(!answers(port));
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn a_component_of_ones_own_does_what_it_was_granted_and_is_kept_for_its_revert() {
    let (place, port) = (Place::new(), free_port());
    let (declared, granted) = (rogue(&place, "write"), grants(place.path()));
    let made = place.path().join("made");
    let call = format!("odd(page, what: \"{}\", args: [\"by\", \"hand\"])", made.display());
    let step = format!("inject {call} for 4s {{ expect always page.up >= 99% }}");
    let file = site(&place, port, STARTED, &declared, &granted, &step);
    let ran = place.run(&["plan", &file]).ended(0);
    let may = format!(
        "connect to 127.0.0.1:1; start /bin/true; signal the processes of page: those that the run starts; read and write files under {}",
        place.path().display()
    );
    ran.says("odd-1: rogue (").says("may send HTTP requests to http://127.0.0.1:1").says(&may);
    place.run(&["exec", &file]).ended(0).says("outage: confirmed");
    assert_eq!(std::fs::read_to_string(made).unwrap(), "by hand");
    assert_eq!(std::fs::read_dir(place.path().join("store/components")).unwrap().count(), 1);
}

/// Whatever a component does, the run ends, says whose fault it is, and takes back what it can.
#[test]
fn a_component_that_fails_breaks_the_run_by_its_name() {
    for (action, when, why) in [
        ("trap", "inject", "the component `rogue` trapped: wasm trap: wasm `unreachable` instruction executed"),
        ("bomb", "inject", "the component `rogue` trapped: forcing trap when growing memory"),
        ("spin", "inject", "the component `rogue` did not answer within 5 s"),
        ("spin", "prepare", "the component `rogue` did not answer within 5 s"),
        ("huge", "prepare", "the component `rogue` trapped: it gave a handle of more than 64 KiB"),
        ("forge", "inject", "the component `rogue` trapped: unknown handle index 77"),
    ] {
        let (place, port) = (Place::new(), free_port());
        let (declared, granted) = (rogue(&place, action), grants(place.path()));
        let step = format!("inject odd(page, when: \"{when}\") for 4s {{ expect always page.up >= 99% }}");
        let file = site(&place, port, STARTED, &declared, &granted, &step);
        place.run(&["exec", &file]).ended(6).says(why);
        assert!(!answers(port), "{action}: nothing is left running");
        place.run(&["status"]).ended(0).says("nothing is in force");
    }
}

/// What it says of itself is no evidence.
#[test]
fn a_component_that_lies_about_its_evidence_confirms_nothing() {
    let (place, port) = (Place::new(), free_port());
    let (declared, granted) = (rogue(&place, "lie"), grants(place.path()));
    let step = "inject odd(page) for 4s { expect always page.up >= 99% }";
    let file = site(&place, port, STARTED, &declared, &granted, step);
    place.run(&["exec", &file]).ended(5).says("odd on page was not seen to act").says("outage: inconclusive");
}

/// A page that answers 503 while a file is there, which the organisation's own script makes and removes.
fn scripted(place: &Place, port: u16) -> (Running, String) {
    let (script, flag) = (place.path().join("own"), place.path().join("down"));
    let text = format!(
        "#!/bin/sh\necho \"$1 $CHAOS_TARGET $CHAOS_STEP\" >> {0}.log\ncase \"$1\" in\n  stop) touch {0};;\n  start) rm -f {0};;\n  \
         status) test -e {0} || exit 3;;\n  *) echo \"no permission\" >&2; exit 1;;\nesac\n",
        flag.display()
    );
    place.write("own", text);
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let does = format!("if (-f {}) {{ return 503; }} return 200 'hello';", flag.display());
    (nginx_that(place, "page", port, &does), script.display().to_string())
}

fn by_script(place: &Place, port: u16, own: &str, apply: &str) -> String {
    let call = format!("apply: \"{own} {apply}\", revert: \"{own} start\", status: \"{own} status\"");
    let step = format!(
        "inject command.script(page, {call}) as maintenance for 8s {{ expect page.up < 50% within 7s }}\n    expect page.up >= 99% within 40s holding 2s"
    );
    site(place, port, "", "", &format!("grant exec \"{own} *\" to \"command\""), &step)
}

#[test]
fn ones_own_programs_make_a_fault_and_take_it_back() {
    let (place, port) = (Place::new(), free_port());
    let (_nginx, own) = scripted(&place, port);
    let file = by_script(&place, port, &own, "stop");
    let ran = place.run(&["exec", &file]).ended(0).says("seen to act, 1 time so far").says("outage: confirmed");
    assert_eq!(status(port, "GET", "/"), Some(200));
    let log = std::fs::read_to_string(place.path().join("down.log")).unwrap();
    assert_eq!(log, "stop page maintenance\nstatus page maintenance\nstart page maintenance\n");
    let run = run_of(&ran.out);
    let calls = place.run(&["plugin", "calls", &run]).ended(0);
    calls.says(&format!("maintenance command prepare exec check {own} start: done"));
    let calls = place.run(&["plugin", "calls", &run]);
    calls.says(&format!("maintenance command inject exec {own} stop: done")).says("command revert exec");
    place.run(&["plugin", "calls", "nobody"]).ended(2).says("knows no run `nobody`");
}

#[test]
fn a_program_that_fails_breaks_the_run_and_is_taken_back() {
    let (place, port) = (Place::new(), free_port());
    let (_nginx, own) = scripted(&place, port);
    let file = by_script(&place, port, &own, "explode");
    place.run(&["exec", &file]).ended(6).says("ended with exit code 1: no permission");
    let log = std::fs::read_to_string(place.path().join("down.log")).unwrap();
    // What failed may be done later all the same: so it is looked at once more.
    assert_eq!(log, "explode page maintenance\nstart page maintenance\nstatus page maintenance\n");
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn ones_own_programs_take_a_fault_back_when_the_runner_dies() {
    let (place, port) = (Place::new(), free_port());
    let (_nginx, own) = scripted(&place, port);
    let file = by_script(&place, port, &own, "stop");
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 60, || status(port, "GET", "/") == Some(503));
    runner.signal("KILL");
    drop(runner);
    place.run(&["recover"]).ended(0);
    wait_for("the page", 30, || status(port, "GET", "/") == Some(200));
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn a_program_that_nobody_granted_is_not_started() {
    let (place, port) = (Place::new(), free_port());
    let (_nginx, own) = scripted(&place, port);
    let file = by_script(&place, port, &own, "stop");
    let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
    place.write(&file, text.replace(&format!("{own} *\" to"), "/bin/true\" to"));
    // Nothing is begun that could not be taken back.
    place.run(&["exec", &file]).ended(6).says("E0710").says(&format!("no grant for {own} start"));
    place.write(&file, text.replace("grant exec", "# grant exec"));
    place.run(&["exec", &file]).ended(2).says("E0336").says("grants nothing of `exec` to the component `command`");
    assert_eq!(status(port, "GET", "/"), Some(200));
}

/// The name of the run that a report is of.
fn run_of(out: &str) -> String {
    let line = out.lines().find_map(|line| line.split_once(" run "));
    line.unwrap().1.trim().to_owned()
}

#[test]
fn a_component_is_looked_at_without_being_run() {
    let place = Place::new();
    rogue(&place, "nothing");
    place.run(&["plugin", "list"]).ended(0).says("http").says("process").says("command");
    let shown = place.run(&["plugin", "inspect", "own.wasm"]).ended(0);
    shown.says("rogue 0.2.0, of the interface 0.2").says("asks for exec (granted): to try what the host lets it do");
    place.run(&["plugin", "inspect", "http"]).ended(0).says("fault latency(delay: duration, jitter: duration = 0");
    let whole = std::fs::read(place.path().join("own.wasm")).unwrap();
    place.write("half.wasm", &whole[..whole.len() / 2]);
    place.write("text.wasm", "no component");
    for (file, why) in [("half.wasm", "it is damaged"), ("text.wasm", "it is damaged"), ("lost.wasm", "no such file")] {
        place.run(&["plugin", "inspect", file]).ended(2).says("E0330").says(why);
    }
}

/// A component that was built for 0.1 of the interface commands a real proxy.
#[test]
fn a_component_of_an_older_interface_still_makes_its_faults() {
    let place = Place::new();
    let (page, proxy) = (free_port(), free_port());
    let _nginx = nginx(&place, page);
    let _load = Load::on(proxy);
    std::fs::copy(root().join("tests/components/http-0.1.wasm"), place.path().join("old.wasm")).unwrap();
    let text = format!(
        r#"
fault old(target: service, status: int in 500..599 = 503, traffic: ratio = 100%) {{
  component "./old.wasm" action "error"
  touches traffic of target.requests
  class leased
}}
system site {{ service page {{ metric success: ratio; slo success >= 99% }} }}
environment local for site {{
  service page {{ url "http://127.0.0.1:{page}"; through "127.0.0.1:{proxy}" }}
  bind page.success = proxy.success(page)
  allow old on page
}}
experiment outage on site {{
  hypothesis "What was built for an older interface still runs."
  window 1s
  baseline 3s
  limit {{ services page; bends page }}
  run {{
    inject old(page, status: 507) as broken for 14s {{ expect always page.success < 50% }}
    expect page.success >= 99% within 10s holding 2s
  }}
}}
"#
    );
    place.write("old.chaos", text);
    place.run(&["plan", "old.chaos"]).ended(0).says("broken: http (").says("may command the proxy of page at");
    let runner = Running::start(&mut place.chaos(&["exec", "old.chaos"]));
    wait_for("the fault", 60, || status(proxy, "GET", "/") == Some(507));
    runner.finish().ended(0).says("broken: old on page, seen to act on").says("outage: confirmed");
    assert_eq!(status(proxy, "GET", "/"), Some(200));
    place.stop_kept_proxy();
}
