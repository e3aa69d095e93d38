//! What of a run outlives it where it is started: real namespaces, a real tmpfs.

use crate::harness::{Place, Ran, free_port, unshare};
use crate::simulation::planned;
use crate::site::experiment;
use chaos_lang::diagnostics::Severity;
use chaos_lang::surroundings::Surroundings;
use std::net::TcpListener;
use std::path::Path;

const CONTAINER: &[&str] = &["--pid", "--fork", "--mount-proc", "--kill-child"];

/// A run that begins, says what it has to say of its surroundings, and finds a port taken.
fn begun(place: &Place, before: &str, flags: &[&str], options: &str) -> Option<Ran> {
    let (upstream, proxy, helper) = (free_port(), free_port(), free_port());
    let _taken = TcpListener::bind(("127.0.0.1", helper)).unwrap();
    let file = experiment(place, upstream, proxy, helper);
    let script = format!("{before} \"$1\" exec {file} {options}");
    let mut command = unshare(flags)?;
    command.args(["sh", "-ec", &script, "sh", env!("CARGO_BIN_EXE_chaos")]).current_dir(place.path());
    command.env("CHAOS_STORE", place.path().join("store")).env_remove("CHAOS_PLACE_STAYS");
    Some(Ran::from(command.output().unwrap()))
}

#[test]
fn a_container_that_ends_with_the_step_is_told() {
    let place = Place::new();
    let Some(ran) = begun(&place, "", CONTAINER, "") else { return };
    let ran = ran.ended(6).says("E0812").says("the guard is killed with the run").says("E0707");
    let ran = ran.says("every fault of this plan is leased");
    assert!(ran.out.find("outage in the environment").is_some() && !ran.err.contains("the store is lost"), "{ran:?}");
    let first = begun(&place, "exec", CONTAINER, "").unwrap().ended(6);
    first.says("the runner is the first process of this container");
    for (before, option) in [("", "--place-stays"), ("export CHAOS_PLACE_STAYS=1;", "")] {
        let quiet = begun(&place, before, CONTAINER, option).unwrap().ended(6).says("E0707");
        assert!(!quiet.err.contains("E0812"), "{quiet:?}");
    }
    let rehearsed = begun(&place, "", CONTAINER, "--dry-run --for 1s").unwrap();
    rehearsed.says("warning[E0812]").says("the guard is killed with the run");
}

/// `docker exec` enters a container that was there before, from outside.
#[test]
fn a_container_that_was_there_before_is_none_that_ends() {
    let place = Place::new();
    let script = "sleep 60 & echo ready; wait";
    let Some(mut container) = unshare(CONTAINER) else { return };
    let mut container = crate::harness::Running::start(container.args(["sh", "-c", script]));
    let mut ready = [0; 6];
    std::io::Read::read_exact(container.0.stdout.as_mut().unwrap(), &mut ready).unwrap();
    let children = format!("/proc/{0}/task/{0}/children", container.0.id());
    let first = std::fs::read_to_string(children).unwrap().trim().to_owned();
    let mut enter = std::process::Command::new("nsenter");
    enter.args(["--target", &first, "--pid", "--mount", env!("CARGO_BIN_EXE_chaos"), "status", "--store"]);
    let ran = Ran::from(enter.arg(place.path().join("store")).output().unwrap()).ended(0);
    assert!(!ran.out.contains("when a run is killed here"), "{ran:?}");
    let mut inside = unshare(CONTAINER).unwrap();
    inside.args([env!("CARGO_BIN_EXE_chaos"), "status", "--store"]).arg(place.path().join("store"));
    Ran::from(inside.output().unwrap()).ended(0).says("when a run is killed here, the guard is killed with the run");
}

#[test]
fn a_store_in_memory_is_told() {
    let place = Place::new();
    let mount = "mkdir -p store; mount -t tmpfs tmpfs store;";
    let Some(ran) = begun(&place, mount, &["--mount"], "") else { return };
    ran.ended(6).says("warning[E0812]").says("the store is lost: it lies in memory (tmpfs)");
    let layers = "mkdir -p store a b c; mount -t tmpfs tmpfs b; mkdir b/u b/w; \
                  mount -t overlay overlay -o lowerdir=a,upperdir=b/u,workdir=b/w store;";
    let ran = begun(&place, layers, &["--mount"], "").unwrap();
    ran.ended(6).says("the store is lost: it lies in a container's upper layer (overlay)");
}

/// Plans with faults that this version cannot run yet: what would be said of them.
#[test]
fn outside_development_a_fault_without_a_lease_needs_a_place_that_stays() {
    let tmpfs = Surroundings::look(Path::new("/dev/shm"));
    assert_eq!(tmpfs.losses().len(), 1, "{tmpfs:?}");
    let plan = |tier: &str, fault: &str| {
        planned(&format!(
            "use std.http\nuse std.process\nsystem site {{ service page {{ metric success: ratio }} }}\n\
             environment local for site {{\n  tier {tier}\n  service page {{ url \"http://127.0.0.1:1\"; \
             through \"127.0.0.1:2\"; start \"page\"; restarts by runner }}\n  bind page.success = proxy.success(page)\n  \
             allow http.*, process.* on page\n}}\n\
             experiment x on site {{\n  hypothesis \"x\"\n  window 1s\n  consent irreversible\n  limit {{ services page; instances <= 100% }}\n  run {{\n    inject {fault} as broken for 5s \
             {{ expect always page.success < 50% }}\n  }}\n}}\n"
        ))
        .0
    };
    let judged = |tier, fault| tmpfs.judge(&plan(tier, fault)).unwrap();
    let (leased, killed) = ("http.error(page, status: 503)", "process.kill(page)");
    assert_eq!(judged("production", leased).severity, Severity::Warning);
    assert_eq!(judged("development", killed).severity, Severity::Warning);
    for tier in ["test", "staging", "production"] {
        let finding = judged(tier, killed);
        assert_eq!((finding.severity, finding.code.name), (Severity::Error, "E0812"));
        assert!(format!("{finding:?}").contains("not leased: broken (process.kill on page)"), "{finding:?}");
        assert!(Surroundings::look_unless(true, Path::new("/dev/shm")).judge(&plan(tier, killed)).is_none());
    }
}
