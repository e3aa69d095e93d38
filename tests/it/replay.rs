//! `chaos replay`: stored runs, computed again from what they saw.

use crate::dice::Dice;
use crate::harness::{Load, Place, Ran, Running, nginx, root, status, wait_for};
use crate::simulation::{Simulated, Trouble, planned, program_of};
use crate::site::Site;
use crate::soundness::program;
use boon::{Compiler, Schemas};
use chaos_lang::base::Clock;
use chaos_lang::document::Origin;
use chaos_lang::journal::{Claims, Journal};
use chaos_lang::plan::Plan;
use chaos_lang::replay::{self, Head, Outcome, Recorder, Recording, Stored, VERSION, play};
use chaos_lang::run::{Claimed, Events, Halt, Runner, TokioClock, World, virtual_time};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

impl Site {
    fn replay(&self, run: &str, more: &[&str]) -> Ran {
        let arguments: Vec<&str> = ["replay", run].iter().chain(more).copied().collect();
        self.place.run(&arguments)
    }

    fn recording(&self, run: &str) -> PathBuf {
        replay::file(&self.place.path().join("store"), run)
    }
}

const STEPS: &str =
    "    inject http.error(page, status: 503, rate: rate) as broken for 6s { expect always page.success >= goal }
    expect page.success >= 99% within 10s";

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap()
}

/// The latest run of a place.
fn latest(place: &Place) -> String {
    let listed = json(&place.run(&["replay", "--list", "--format", "json"]).ended(0));
    fits("runs.v1", &listed);
    listed["runs"][0]["run"].as_str().unwrap().to_owned()
}

fn listed(place: &Place, run: &str) -> Value {
    let listed = json(&place.run(&["replay", "--list", "--json"]).ended(0));
    fits("runs.v1", &listed);
    listed["runs"].as_array().unwrap().iter().find(|it| it["run"] == run).unwrap().clone()
}

#[track_caller]
fn fits(schema: &str, document: &Value) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let path = root().join(format!("docs/schemas/{schema}.schema.json")).display().to_string();
    let whole = compiler.compile(&path, &mut schemas).unwrap();
    let error = schemas.validate(document, whole).map_err(|error| format!("{error:#}"));
    assert_eq!(error, Ok(()), "{document:#}");
}

#[test]
fn a_stored_run_says_the_same_again_and_something_else_when_it_is_judged_otherwise() {
    let site = Site::new();
    let _nginx = nginx(&site.place, site.upstream);
    site.write("outage.chaos", STEPS, "");
    let load = Load::on(site.proxy);
    site.place.run(&["plan", "outage.chaos", "--set", "goal=25%", "--out", "plan.json"]).ended(0);
    site.place.run(&["exec", "plan.json"]).ended(0).says("outage: confirmed");
    drop(load.end());
    let run = latest(&site.place);

    // The files may be gone, and the system too.
    fs::remove_file(site.place.path().join("plan.json")).unwrap();
    fs::rename(site.place.path().join("outage.chaos"), site.place.path().join("kept")).unwrap();
    site.replay(&run, &[]).ended(0).says("outage: confirmed").says("the same as in the recorded run");
    let same = json(&site.replay(&run, &["--json"]).ended(0));
    fits("replay.v1", &same);
    assert_eq!((&same["same"], &same["changed"], &same["fits_until"]), (&true.into(), &false.into(), &Value::Null));
    assert_eq!((&same["recorded"], &same["parameters"]["goal"]), (&same["replayed"], &"25%".into()));
    assert!(same["replayed"]["faults"][0]["acted"].as_u64().unwrap() > 10, "{same:#}");

    judged_otherwise(&site, &run);
    acting_otherwise(&site, &run);
    damaged(&site, &run);
    site.place.stop_kept_proxy();
}

fn judged_otherwise(site: &Site, run: &str) {
    let flipped = site.replay(run, &["--set", "goal=90%"]).ended(1);
    flipped.says("outage: refuted").says("against 90%, off by").says("the recorded run was confirmed");
    let flipped = json(&site.replay(run, &["--set", "goal=90%", "--json"]).ended(1));
    fits("replay.v1", &flipped);
    assert_eq!((&flipped["same"], &flipped["changed"]), (&false.into(), &true.into()));
    assert_eq!(flipped["replayed"]["verdict"], "refuted");
    // The fault would have been taken back at once, so what came later is another system.
    assert!(flipped["fits_until"].as_f64().unwrap() > 3.0, "{flipped:#}");

    site.write("abort.chaos", STEPS, "abort when page.success < 90% for 1s");
    site.replay(run, &["abort.chaos"]).ended(4).says("outage: aborted because abort when page.success < 90% for 1s");
    site.write("longer.chaos", &format!("{STEPS}\n    expect page.success < 10% within 60s"), "");
    site.replay(run, &["longer.chaos"])
        .ended(5)
        .says("outage: inconclusive because the recorded run was over at")
        .says("expect page.success >= 99% within 10s");
    let until = STEPS.replace(" for 6s", " until page.success < 90% within 6s");
    site.write("until.chaos", &until, "");
    site.replay(run, &["until.chaos"]).ended(2).says("E0824").says("`broken` does something else");
}

fn acting_otherwise(site: &Site, run: &str) {
    let refused = |more: &[&str], why: &str| drop(site.replay(run, more).ended(2).says("E0824").says(why));
    refused(&["--set", "rate=60%"], "`broken` does something else");
    site.write("wait.chaos", &format!("    wait 1s\n{STEPS}"), "");
    refused(&["wait.chaos"], "was not in that run");
    site.write("none.chaos", &STEPS.replace("as broken", "as other"), "");
    refused(&["none.chaos"], "`broken` is left out");
    let kept = fs::read_to_string(site.place.path().join("kept")).unwrap();
    site.place.write("baseline.chaos", kept.replace("baseline 2s", "baseline 3s"));
    refused(&["baseline.chaos"], "the steady state is judged for another time");
    site.place.write("other.chaos", kept.replace("start \"chaos demo inventory", "start \"chaos demo orders"));
    refused(&["other.chaos"], "the environment has other processes");
    let bound = kept
        .replace("metric success: ratio", "metric success: ratio; metric seen: counter")
        .replace(
            "  allow http",
            "  source own = scrape(\"http://127.0.0.1:1/metrics\")\n  bind page.seen = own.counter(`seen`)\n  allow http",
        )
        .replace("  run {", "  expect always increase(page.seen) >= 1\n  run {");
    site.place.write("metric.chaos", bound);
    refused(&["metric.chaos"], "`page.seen` was not read in that run");
    site.replay(run, &["--set", "gaol=10%"]).ended(2).says("gaol");
    site.replay(run, &["missing.chaos"]).ended(2).says("E0100");
}

fn damaged(site: &Site, run: &str) {
    let path = site.recording(run);
    let whole = fs::read_to_string(&path).unwrap();
    let broken = |text: String, why: &str, state: &str| {
        fs::write(&path, text).unwrap();
        site.replay(run, &[]).ended(2).says("E0823").says(why);
        assert_eq!(listed(&site.place, run)["replayable"], state);
    };
    let digit = whole.rfind("\"moment\":[\"hold").unwrap();
    let digit = digit + whole[digit..].find(|c: char| c.is_ascii_digit()).unwrap();
    let other = if &whole[digit..=digit] == "1" { "2" } else { "1" };
    broken(
        format!("{}{other}{}", &whole[..digit], &whole[digit + 1..]),
        "it was changed after it was written",
        "whole",
    );
    let lines: Vec<&str> = whole.lines().collect();
    let mut cut = lines.clone();
    cut[9] = &cut[9][..cut[9].len() / 2];
    broken(cut.join("\n") + "\n", "line 10: ", "whole");
    broken(format!("{whole}{}\n", lines[5]), "it was changed after it was written", "in-part");
    broken(whole.replacen("\"version\":1", "\"version\":7", 1), "is of version 7", "damaged");
    broken(whole.replacen("service page", "service  page", 1), "it was changed after it was written", "whole");
    broken(String::new(), "line 1: it is empty", "damaged");

    // The end is missing: what there is can be judged.
    for kept in [lines.len() - 1, lines.len() * 2 / 3, 20, 1] {
        let half_a_line = &lines[kept][..lines[kept].len() / 2];
        fs::write(&path, format!("{}\n{half_a_line}", lines[..kept].join("\n"))).unwrap();
        assert_eq!(listed(&site.place, run)["replayable"], "in-part");
        let ran = site.replay(run, &[]);
        ran.ended(5).says("inconclusive because the recording ends at").says("the recorded run has no verdict");
    }
    let part = json(&site.replay(run, &["--json"]).ended(5));
    fits("replay.v1", &part);
    assert_eq!((&part["recorded"], &part["same"]), (&Value::Null, &Value::Null));

    fs::remove_file(&path).unwrap();
    site.replay(run, &[]).ended(2).says("E0822").says("nothing was recorded of the run");
    assert_eq!(listed(&site.place, run)["replayable"], "not-recorded");
    let misspelt = format!("{}x", &run[..run.len() - 1]);
    site.replay(&misspelt, &[]).ended(2).says("E0821").says("did you mean").says(run);
    site.replay("../../etc", &[]).ended(2).says("E0821");
    site.place.run(&["replay"]).ended(2).says("required");
}

#[test]
fn a_run_that_did_not_end_by_itself_is_replayed_as_far_as_it_came() {
    let site = Site::new();
    let _nginx = nginx(&site.place, site.upstream);
    site.write("outage.chaos", &STEPS.replace("for 6s", "for 60s"), "");
    let _load = Load::on(site.proxy);
    let begin = || {
        let runner = Running::start(&mut site.place.chaos(&["exec", "outage.chaos"]));
        wait_for("the fault", 30, || status(site.proxy, "GET", "/") == Some(503));
        (runner, latest(&site.place))
    };

    // Stopped by a person.
    let (runner, run) = begin();
    site.replay(&run, &[]).ended(2).says("E0822").says("is still at work");
    assert_eq!(listed(&site.place, &run)["replayable"], "at-work");
    runner.signal("INT");
    let ran = runner.finish().ended(4);
    site.replay(&run, &[]).ended(4).says("aborted because stopped by SIGINT").says("the same as in the recorded run");
    drop(ran);

    // A process of the environment is killed.
    let (runner, run) = begin();
    let said = site.place.run(&["status"]).ended(0).out;
    let side = said.lines().find(|line| line.contains("process side")).unwrap();
    let pid = side.split_once("(pid ").unwrap().1.split(')').next().unwrap();
    assert!(Command::new("kill").args(["-KILL", pid]).status().unwrap().success());
    runner.finish().ended(6).says("process side ended by itself");
    site.replay(&run, &[]).ended(6).says("process side ended by itself").says("the same as in the recorded run");

    // The runner is killed.
    let (mut runner, run) = begin();
    wait_for("some of the fault", 20, || fs::read_to_string(site.recording(&run)).unwrap().contains("witnessed"));
    runner.signal("KILL");
    runner.wait();
    assert_eq!(listed(&site.place, &run)["replayable"], "in-part");
    site.place.run(&["replay", "--list"]).ended(0).says("interrupted; replayable: in part");
    let killed = site.replay(&run, &[]).ended(5).says("outage: inconclusive because the recording ends at");
    assert!(!killed.out.contains("still in force") && !killed.out.contains("nothing was recorded"), "{}", killed.out);
    site.place.run(&["recover"]).ended(0);

    let rehearsed = site.place.run(&["exec", "outage.chaos", "--dry-run", "--for", "2s"]);
    assert_ne!(rehearsed.code, Some(2), "{rehearsed:?}");
    site.replay(&latest(&site.place), &[]).ended(2).says("E0822");
    site.place.stop_kept_proxy();
}

/// A store of a version that recorded nothing opens, and says what it lacks.
#[test]
fn a_store_without_recordings_opens() {
    let place = Place::new();
    place.run(&["replay", "--list"]).ended(0).says("no runs");
    let journal = Journal::open(&place.path().join("store")).unwrap();
    journal.begin("r1-old", "outage", "local", &Claims::default()).unwrap();
    journal.end("r1-old", "confirmed", "").unwrap();
    place.run(&["replay", "--list"]).ended(0).says("outage in local: confirmed; replayable: not recorded");
    place.run(&["replay", "r1-old"]).ended(2).says("E0822");
}

/// A recording that cannot be written does not hinder the run.
#[test]
fn a_run_that_cannot_be_recorded_runs() {
    let site = Site::new();
    let _nginx = nginx(&site.place, site.upstream);
    site.write("outage.chaos", STEPS, "");
    let text = fs::read_to_string(site.place.path().join("outage.chaos")).unwrap();
    site.place.write("outage.chaos", text.replace("; start \"chaos demo inventory --port {port}\"", ""));
    let (listen, upstream) = (format!("127.0.0.1:{}", site.proxy), format!("http://127.0.0.1:{}", site.upstream));
    let mut command = site.place.chaos(&["proxy", "--listen", &listen, "--upstream", &upstream]);
    let _proxy = Running::start(command.env("CHAOS_PROXY_TOKEN", "4711"));
    let _load = Load::on(site.proxy);
    wait_for("the proxy", 10, || status(site.proxy, "GET", "/") == Some(200));
    site.place.write("store/runs", "in the way");
    let mut command = site.place.chaos(&["exec", "outage.chaos"]);
    let ran = Ran::from(command.env("CHAOS_PROXY_TOKEN", "4711").output().unwrap());
    ran.ended(0).says("outage: confirmed").says("this run cannot be replayed whole").says("runs");
}

/// Runs a plan in simulated time, recorded.
fn recorded(store: &Path, plan: &Plan, trouble: Trouble, seed: u64) -> Outcome {
    let run = format!("run-{seed}");
    let (file, experiment) = ("e.chaos".to_owned(), plan.experiment.clone());
    let origin = Origin { file, experiment, environment: plan.environment.clone(), parameters: BTreeMap::new() };
    let (version, made_by, files) = (VERSION, String::new(), BTreeMap::new());
    let head = Head {
        version,
        made_by,
        run: run.clone(),
        made_from: origin,
        hash: String::new(),
        files,
        components: BTreeMap::new(),
    };
    let recorder = Arc::new(Recorder::begin(store, head).unwrap());
    virtual_time(async {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::start());
        let simulated: Arc<dyn World> = Arc::new(Simulated::new(plan, Arc::clone(&clock), trouble, seed));
        let kept = Arc::clone(&recorder);
        let world = Arc::new(Recording::new(simulated, Arc::clone(&clock), kept, str::to_owned));
        let (sender, _events) = tokio::sync::mpsc::unbounded_channel();
        let (events, halt) = (Events::new(Arc::clone(&clock), sender), Halt::default());
        let journal = Arc::new(Journal::in_memory().unwrap());
        let ending = Runner {
            plan: plan.clone(),
            run,
            journal,
            world,
            clock: Arc::clone(&clock),
            events,
            halt,
            claims: Claimed::default(),
        };
        let outcome = Outcome::of(&ending.run().await);
        assert_eq!(recorder.end(outcome.clone(), clock.now()), None);
        outcome
    })
    .unwrap()
}

/// Random graphs in worlds where everything goes wrong: each run says the same when it is computed again.
#[test]
fn every_simulated_run_says_the_same_again() {
    let store = TempDir::new().unwrap();
    let mut dice = Dice(11);
    let mut verdicts: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..120 {
        let text = program(&mut dice, seed % 2 == 0);
        let (plan, _) = planned(&text);
        let wild = Trouble { apply: 10, revert: 30, lost: 20, dip: 5, late: 0 };
        let trouble = if seed % 3 == 0 { Trouble { apply: 0, revert: 0, lost: 0, dip: 3, late: 0 } } else { wild };
        let was = recorded(store.path(), &plan, trouble, seed);
        let stored = Stored::read(store.path(), &format!("run-{seed}")).unwrap();
        let played = play(plan, stored, false).unwrap();
        let is = Outcome::of(&played.ending);
        assert!(was.says_the_same(&is), "seed {seed}\n{was:#?}\n{is:#?}\n{:?}\n{text}", played.events);
        *verdicts.entry(was.verdict.to_string()).or_default() += 1;
    }
    println!("{verdicts:?}");
    for verdict in ["confirmed", "refuted", "broken", "aborted", "inconclusive"] {
        assert!(verdicts.contains_key(verdict), "{verdict} is not among {verdicts:?}");
    }
}

/// What judges may also end a fault: then the recording fits up to where both part.
#[test]
fn a_fault_that_would_have_ended_otherwise_is_judged_up_to_there() {
    let store = TempDir::new().unwrap();
    let until = |bound: &str| {
        let inject = format!("inject http.error(a, traffic: 50%) as first until c.success < {bound} within 60s");
        planned(&program_of(&inject)).0
    };
    let (soon, never) = (until("60%"), until("20%"));
    assert_eq!(replay::unfit(&soon, &never), Vec::<String>::new());
    let dipping = Trouble { apply: 0, revert: 0, lost: 0, dip: 10, late: 0 };
    for (seed, was, is, why) in [
        (1, &soon, &never, "`first` was taken back then, and is not here"),
        (2, &never, &soon, "`first` was taken back here, and only at"),
    ] {
        let recorded = recorded(store.path(), was, dipping, seed);
        let stored = Stored::read(store.path(), &format!("run-{seed}")).unwrap();
        let played = play(is.clone(), stored, true).unwrap();
        let told = || format!("{recorded:#?}\n{:#?}", played.ending);
        let first = played.ending.reasons.iter().find(|reason| reason.text.contains(why));
        let first = first.unwrap_or_else(|| panic!("{}", told()));
        let at = format!("from {} on the recording does not fit", played.fits_until.unwrap());
        assert!(first.text.starts_with(&at), "{}", told());
        assert!(played.ending.verdict != chaos_lang::run::Verdict::Confirmed, "{}", told());
    }
}
