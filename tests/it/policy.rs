//! Policies: where they are found, what they refuse, what they ask before a run, and their own examples.

use crate::formats::fitting;
use crate::harness::{Load, Place, Ran, Running, answers, free_port, nginx, wait_for};
use chaos_lang::journal::{Claims, Journal};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

const SYSTEM: &str = "system site { service page { metric success: ratio; slo success >= 99% } }\n";

/// An environment of the site; whoever listens there, or nobody.
fn environment(name: &str, tier: &str, upstream: u16, proxy: u16) -> String {
    format!(
        "use \"./system.chaos\"\nenvironment {name} for site {{\n  tier {tier}\n  \
         service page {{ url \"http://127.0.0.1:{upstream}\"; through \"127.0.0.1:{proxy}\" }}\n  \
         bind page.success = proxy.success(page)\n  allow http.* on page\n}}\n"
    )
}

/// An experiment in which no rule of the standard library is kept, and one in which all are.
const TRIALS: &str = r#"use std.http
use "./system.chaos"

experiment careless on site {
  hypothesis "Slow answers are slow, not wrong."
  window 2s
  baseline 3s
  limit { services page }
  run { inject http.latency(page, delay: 50ms) as delay for 4s { expect always page.success >= 95% } }
}

experiment careful on site {
  id "SITE-1"
  owner "team-site"
  hypothesis "Slow answers are slow, not wrong."
  window 2s
  baseline 3s
  limit { services page; traffic <= 5%; exposure <= 10m; timeout <= 15m }
  abort when page.success < 50% for 4s
  run {
    inject http.latency(page, delay: 50ms, traffic: limit.traffic) as delay for 10s { expect always page.success >= 95% }
    expect steady within 10s holding 2s
  }
}
"#;

fn site() -> Place {
    let place = Place::new();
    place.write("system.chaos", SYSTEM);
    place.write("trials.chaos", TRIALS);
    for (name, tier) in [("local", "development"), ("staging", "staging"), ("production", "production")] {
        place.write(&format!("{name}.chaos"), environment(name, tier, 9, 10));
    }
    place
}

fn guarded_by(places: &str) -> Place {
    let place = site();
    place.write("chaos.toml", format!("[policy]\nuse = [{places}]\n"));
    place
}

fn errors(ran: &Ran) -> usize {
    ran.err.matches("error[").count()
}

fn exec(place: &Place, arguments: &[&str]) -> Ran {
    place.run(&[&["exec", "trials.chaos", "--experiment", "careful"], arguments].concat())
}

#[test]
fn the_guardrails_of_a_project_hold_for_every_file_of_it() {
    let place = guarded_by("\"rules/fleet.chaos\"");
    place.write("rules/fleet.chaos", "policy fleet { require owner because \"somebody answers for it\" }\n");
    let found = place.run(&["check"]).ended(1).says("E0601").says("because somebody answers for it");
    assert_eq!(errors(&found), 1, "{}", found.err);
    let found = found.says("the policy `fleet` requires `owner`, but there is no owner");
    found.says("trials.chaos:4:12").says("rules/fleet.chaos:1:16").says("required here");
    // From elsewhere, and by an absolute path.
    let mut inside = place.chaos(&["check", "../trials.chaos"]);
    let inside = Ran::from(inside.current_dir(place.path().join("rules")).output().unwrap());
    assert_eq!(errors(&inside.ended(1).says("E0601")), 1);
    let absolute = place.path().join("trials.chaos").display().to_string();
    assert_eq!(errors(&place.run(&["check", &absolute]).ended(1)), 1);
    // In every command, and so in every format.
    place.run(&["plan", "trials.chaos", "--experiment", "careless"]).ended(2).says("E0601");
    place.run(&["exec", "trials.chaos", "--experiment", "careless"]).ended(2).says("E0601");
    place.run(&["lint", "trials.chaos"]).ended(1).says("E0601");
    place.run(&["check", "--format", "sarif"]).ended(1).says("\"ruleId\": \"E0601\"");
    place.run(&["check", "--format", "concise"]).ended(1).says("trials.chaos:4:12: error[E0601]");
}

#[test]
fn a_policy_that_is_found_in_several_ways_counts_once() {
    let place = guarded_by("\"fleet.chaos\", \"./fleet.chaos\"");
    place.write("fleet.chaos", "policy fleet { require owner; require approval from \"sre\" }\n");
    place.write("trials.chaos", format!("use \"./fleet.chaos\"\n{TRIALS}"));
    place.write("local.chaos", format!("use \"./fleet.chaos\"\n{}", environment("local", "development", 9, 10)));
    assert_eq!(errors(&place.run(&["check"]).ended(1)), 1);
    let plan = place.run(&["plan", "trials.chaos", "--experiment", "careful"]).ended(0);
    assert_eq!(plan.out.matches("somebody of sre: approval").count(), 1, "{}", plan.out);
    plan.says("fleet: no rule is broken");
}

#[test]
fn the_environments_own_file_brings_policies_and_files_beside_it_do_not() {
    let place = site();
    place.write("rules.chaos", "policy of_production { require owner }\n");
    let production = environment("production", "production", 9, 10);
    place.write("production.chaos", format!("use \"./rules.chaos\"\n{production}"));
    place.run(&["check"]).ended(0);
    place.run(&["check", "trials.chaos", "--env", "production"]).ended(1).says("the policy `of_production`");
    place.run(&["check", "trials.chaos", "--env", "staging"]).ended(0);
    // A policy that cannot be understood is not passed over.
    place.write("rules.chaos", "policy of_production { require ownr }\n");
    place.run(&["plan", "trials.chaos", "--experiment", "careful", "--env", "production"]).ended(2).says("E0203");
    place.run(&["plan", "trials.chaos", "--experiment", "careful", "--env", "staging"]).ended(0);
}

#[test]
fn what_a_project_names_must_be_there_and_hold_a_policy() {
    for (places, code, says) in [
        ("\"fleet.chaos\"", "E0100", "there is no file `fleet.chaos`"),
        ("\"std.policy.prodction\"", "E0201", "did you mean `std.policy.production`?"),
        ("\"std.http\"", "E0603", "`std.http` has no policy"),
        ("\"system.chaos\"", "E0603", "`system.chaos` has no policy"),
        ("3", "E0108", "expected a file or a module for `use`, found a number"),
    ] {
        let place = guarded_by(places);
        place.run(&["check"]).ended(1).says(code).says(says).says("chaos.toml:2:8");
        place.run(&["plan", "trials.chaos", "--experiment", "careful"]).ended(2).says(code);
        exec(&place, &[]).ended(2).says(code).says(says);
    }
    let place = guarded_by("\"fleet.chaos\"");
    place.write("fleet.chaos", "policy fleet { require owner and }\n");
    exec(&place, &[]).ended(2).says("E0101").says("fleet.chaos:1:");
    place.write("fleet.chaos", "polcy fleet { require owner }\n");
    exec(&place, &[]).ended(2).says("fleet.chaos:1:1");
    place.write("chaos.toml", "[policy\n");
    exec(&place, &[]).ended(2).says("E0108");
}

#[test]
fn the_standard_guardrails_ask_for_what_they_say() {
    let place = guarded_by("\"std.policy.production\"");
    place.run(&["check"]).ended(0);
    place.run(&["check", "--env", "staging"]).ended(1);
    for env in ["staging", "production"] {
        let found = place.run(&["check", "trials.chaos", "--env", env]).ended(1);
        for fact in ["owner", "abort", "recovery", "limit.exposure <= 30m", "limit.timeout <= 2h"] {
            assert!(found.err.contains(&format!("the policy `shared` requires `{fact}`")), "{env} {}", found.err);
        }
        assert_eq!(found.err.contains("the policy `production` requires `id`"), env == "production");
        assert_eq!(found.err.contains("requires `limit.traffic <= 5%`"), env == "production");
    }
    for env in ["local", "staging", "production"] {
        place.run(&["plan", "trials.chaos", "--experiment", "careful", "--env", env]).ended(0);
    }
    let ask = "the run store: confirmed on staging within 30d (production: require confirmed on staging within 30d";
    place.run(&["plan", "trials.chaos", "--experiment", "careful", "--env", "production"]).ended(0).says(ask);
    exec(&place, &["--env", "production"]).ended(2).says("E0605").says("not confirmed on staging");
}

#[test]
fn an_approval_is_asked_for_and_by_name() {
    let place = guarded_by("\"fleet.chaos\"");
    let rules = "policy fleet {\n  require approval from \"sre-oncall\" if plan.exposure > 1s because \"it is felt\"\n  \
                 require approval from \"cab\" if plan.exposure > 10h\n}\n";
    place.write("fleet.chaos", rules);
    place.run(&["check"]).ended(0);
    let plan = place.run(&["plan", "trials.chaos", "--experiment", "careful"]).ended(0);
    assert!(!plan.out.contains("cab"), "{}", plan.out);
    plan.says("asked before it runs").says("somebody of sre-oncall: approval (fleet: ").says("because it is felt");
    let refused = exec(&place, &[]).ended(2).says("error[E0604]: the policy `fleet` forbids this run");
    refused.says("nobody of sre-oncall has approved it").says("fleet.chaos:2:3").says("because it is felt");
    exec(&place, &["--approve", "sre=Jo"]).ended(2).says("E0604").says("approved by: sre (Jo)");
    for wrong in ["sre-oncall", "sre-oncall=", "=Jo"] {
        exec(&place, &["--approve", wrong]).ended(2).says("say who of which group");
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

#[test]
fn hours_are_those_of_the_clock() {
    let place = guarded_by("\"fleet.chaos\"");
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    // 1970 began on a Thursday. Three days from now is another day everywhere.
    let day = days[usize::try_from((now() / 86_400 + 3 + 3) % 7).unwrap()];
    place.write("fleet.chaos", format!("policy fleet {{ deny time outside \"{day} 09:00-16:00 Europe/Berlin\" }}\n"));
    place.run(&["plan", "trials.chaos", "--experiment", "careful"]).ended(0).says("the clock: the whole run within");
    let refused = exec(&place, &[]).ended(2).says("error[E0606]: the policy `fleet` forbids this run: it is");
    refused.says(&format!("run it from {day} 09:00 in Europe/Berlin on"));
}

#[test]
fn a_confirmed_run_elsewhere_is_looked_up_in_the_store() {
    let place = guarded_by("\"fleet.chaos\"");
    place.write(
        "fleet.chaos",
        "policy fleet { require confirmed on staging within 14d; require approval from \"a\" }\n",
    );
    let store = Journal::open(&place.path().join("store")).unwrap();
    let lacks = |asked: bool| {
        let ran = exec(&place, &[]).ended(2).says("E0604");
        assert_eq!(ran.err.contains("E0605"), asked, "{}", ran.err);
    };
    lacks(true);
    for (run, experiment, environment, verdict) in [
        ("r1", "careful", "staging", "refuted"),
        ("r2", "careful", "local", "confirmed"),
        ("r3", "careless", "staging", "confirmed"),
    ] {
        store.begin(run, experiment, environment, &Claims::default()).unwrap();
        store.end(run, verdict, "").unwrap();
    }
    lacks(true);
    store.begin("r4", "careful", "staging", &Claims::default()).unwrap();
    lacks(true);
    store.end("r4", "confirmed", "").unwrap();
    lacks(false);
}

#[test]
fn staging_first_then_production_with_an_approval() {
    let place = guarded_by("\"fleet.chaos\"");
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let behind = format!("http://127.0.0.1:{upstream}");
    let _proxy = Running::start(&mut place.chaos(&["proxy", "--listen", &listen.to_string(), "--upstream", &behind]));
    wait_for("the proxy", 10, || answers(listen) && answers(listen + 10_000));
    let _load = Load::on(listen);
    for (name, tier) in [("staging", "staging"), ("production", "production")] {
        place.write(&format!("{name}.chaos"), environment(name, tier, upstream, listen));
    }
    let rules = "policy fleet when environment.tier == production {\n  require confirmed on staging within 1h\n  \
                 require approval from \"sre\"\n  deny time outside \"Mon-Sun 00:00-24:00\"\n}\n";
    place.write("fleet.chaos", rules);
    let trial = TRIALS.replace("; traffic <= 5%", "");
    place.write("trials.chaos", trial);
    let production = ["--env", "production", "--approve", "sre=Kim Doe"];
    exec(&place, &production).ended(2).says("E0605");
    exec(&place, &["--env", "staging"]).ended(0).says("careful: confirmed");
    exec(&place, &["--env", "production"]).ended(2).says("E0604");
    exec(&place, &production).ended(0).says("approved by Kim Doe, of sre").says("careful: confirmed");
}

const EXAMPLES: &str = r#"use "./trials.chaos"
use "./staging.chaos"
use "./fleet.chaos"

test "somebody answers for it" of careless in staging { expect verdict refused because "somebody answers" }
test "nobody need be asked" of careful in staging { expect verdict confirmed }
"#;

const FLEET: &str = "policy fleet when environment.tier != development {\n  require owner because \"somebody answers for it\"\n  \
                     require abort\n  deny fault.target == \"orders\"\n  require approval from \"sre\"\n}\n";

#[test]
fn a_policy_has_examples() {
    let place = site();
    place.write("fleet.chaos", FLEET);
    place.write("fleet_test.chaos", EXAMPLES);
    place.run(&["check"]).ended(0);
    let ran = place.run(&["policy", "test"]).ended(0).says("ok somebody answers for it").says("2 examples, 0 failed");
    let untried = ran.out.split("no example shows").nth(1).unwrap();
    assert!(
        untried.contains("fleet: deny fault.target == \"orders\"") && !untried.contains("require owner"),
        "{untried}"
    );
    place.write(
        "fleet_test.chaos",
        format!(
            "{EXAMPLES}test \"x1\" of careless in staging {{ expect verdict confirmed }}\n\
             test \"x2\" of careful in staging {{ expect verdict refused }}\n\
             test \"x3\" of careless in staging {{ expect verdict refused because \"staging first\" }}\n\
             test \"x4\" of careful in staging {{ expect verdict refused because \"sre\" }}\n\
             test \"x5\" of careful in local {{ expect verdict refused because \"sre\" }}\n"
        ),
    );
    let ran = place.run(&["policy", "test", "fleet_test.chaos"]).ended(1).says("7 examples, 4 failed");
    let ran = ran.says("FAILED x1").says("FAILED x2").says("FAILED x3").says("ok x4").says("FAILED x5");
    let ran = ran.says("error[E0607]: policies refuse `careless` in `staging`, which should come out as confirmed");
    let ran = ran.says("no policy refuses `careful` in `staging`").says("but not because `staging first`");
    ran.says("the policy `fleet` requires `owner`, but there is no owner");
    let told = fitting("examples.v1", &place.run(&["policy", "test", "fleet_test.chaos", "--format", "json"]).ended(1));
    assert_eq!(told["summary"], json!({ "examples": 7, "failed": 4 }));
    let outcome = |name: &str| {
        let one = told["examples"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap();
        (one["outcome"].clone(), one["findings"][0]["code"].clone())
    };
    assert_eq!(outcome("x1"), (json!("failed"), json!("E0607")));
    assert_eq!(outcome("x4"), (json!("ok"), json!(null)));
    assert_eq!(told["untried"], json!(["fleet: require abort", "fleet: deny fault.target == \"orders\""]));
    let lost = place.run(&["policy", "test", "missing.chaos", "--format", "json"]).ended(2);
    assert_eq!(fitting("examples.v1", &lost)["findings"][0]["code"], "E0100");
}

#[test]
fn where_a_rule_asks_for_confirmation_there_is_such_an_environment() {
    let place = guarded_by("\"fleet.chaos\"");
    let ask = |name: &str| place.write("fleet.chaos", format!("policy fleet {{ require confirmed on {name} }}\n"));
    ask("stagng");
    let found = place.run(&["check", "trials.chaos"]).ended(0).says("warning[E0701]").says("did you mean `staging`?");
    found.says("fleet.chaos:1:16").says("can never be confirmed there");
    exec(&place, &[]).ended(2).says("it was not confirmed on stagng");
    // What lies beside the experiment counts, also where it uses the environment that it is checked in.
    ask("staging");
    place.write("trials.chaos", TRIALS.replace("\"./system.chaos\"", "\"./local.chaos\"\nuse \"./system.chaos\""));
    place.run(&["check", "trials.chaos"]).ended(0);
}

#[test]
fn no_example_is_no_success() {
    let place = site();
    place.run(&["policy", "test"]).ended(2).says("no example");
    place.run(&["policy", "test", "missing.chaos"]).ended(2).says("E0100");
    place.write("fleet.chaos", FLEET);
    place.write("fleet_test.chaos", EXAMPLES.replace("in staging", "in stagin"));
    place.run(&["policy", "test", "fleet_test.chaos"]).ended(1).says("E0701");
    place.write("fleet_test.chaos", EXAMPLES.replace("careful", "carefl"));
    place.run(&["policy", "test", "fleet_test.chaos"]).ended(1).says("E0203");
}

#[test]
fn a_run_is_judged_with_the_values_it_runs_with() {
    let place = guarded_by("\"fleet.chaos\"");
    place.write("fleet.chaos", "policy fleet { deny plan.traffic > 10% because \"a first rollout is small\" }\n");
    let open = "  param share: ratio in 1%..30% = 5%\n  limit { services page; traffic <= 30%; exposure <= 10m; timeout <= 15m }";
    let trials = TRIALS.replace("  limit { services page; traffic <= 5%; exposure <= 10m; timeout <= 15m }", open);
    place.write(
        "trials.chaos",
        trials.replace("limit.traffic", "share").replace("(page, delay: 50ms)", "(page, delay: 50ms, traffic: 5%)"),
    );
    place.run(&["check"]).ended(1).says("`plan.traffic` can be 1% to 30%").says("because a first rollout is small");
    let plan = |set: &[&str]| place.run(&[&["plan", "trials.chaos", "--experiment", "careful"], set].concat());
    plan(&[]).ended(0).says("fleet: no rule is broken");
    plan(&["--set", "share=10%"]).ended(0);
    plan(&["--set", "share=11%"]).ended(2).says("E0602").says("`plan.traffic` is 11%");
}
