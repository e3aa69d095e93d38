//! `chaos test`: tests of experiments, run in virtual time.

use crate::harness::{Place, Ran, root};
use crate::spec::Disk;
use chaos_lang::analysis::{Ready, analyse};
use chaos_lang::simulation::run_test;
use std::fs;
use std::process::Command;

/// The quickstart's files, to be changed.
fn quickstart() -> Place {
    let place = Place::new();
    for file in ["shop.chaos", "environments.chaos", "payment_outage.chaos", "payment_noise.chaos"] {
        place.write(file, fs::read(root().join("examples/quickstart").join(file)).unwrap());
    }
    place
}

/// The quickstart with these tests of it.
fn tested(tests: &str) -> Place {
    let place = quickstart();
    place.write(
        "tests.chaos",
        format!("use \"./payment_outage.chaos\"\nuse \"./payment_noise.chaos\"\nuse \"./environments.chaos\"\n{tests}"),
    );
    place
}

fn outage(items: &str) -> String {
    format!("test \"it\" of payment_outage in local {{\n{items}\n}}\n")
}

/// Runs one test of the quickstart that fails, and what it says.
fn fails(items: &str, says: &str) {
    tested(&outage(items)).run(&["test", "tests.chaos"]).ended(1).says(says);
}

fn passes(items: &str) {
    tested(&outage(items)).run(&["test", "tests.chaos"]).ended(0);
}

#[test]
fn the_tests_of_the_examples_come_out_as_expected() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chaos"));
    let ran = Ran::from(command.args(["test", "examples"]).current_dir(root()).output().unwrap());
    ran.ended(0).says(", 0 failed").says("7 of 7 conditions seen violated by a test");
}

#[test]
fn a_wrong_expectation_in_a_copy_of_an_example_is_found() {
    let place = quickstart();
    let file = |name: &str| fs::read_to_string(root().join("examples/quickstart").join(name)).unwrap();
    place.write("payment_outage_test.chaos", file("payment_outage_test.chaos"));
    place.run(&["test", "."]).ended(0);
    let wrong = file("payment_outage.chaos").replace("orders.backlog == 0 within 15s", "orders.backlog == 0 within 5s");
    place.write("payment_outage.chaos", wrong);
    let ran = place.run(&["test", "."]).ended(1).says("expected the verdict confirmed, it is refuted");
    assert!(ran.out.contains("FAILED  payment_outage: a slow recovery is in time"), "{}", ran.out);
    let weak = file("payment_outage.chaos")
        .replace("    expect orders.backlog > 0 within 8s  # the fallback really is used\n", "");
    place.write("payment_outage.chaos", weak);
    let ran = place.run(&["test", "."]).ended(1);
    assert!(ran.out.contains("FAILED  payment_outage: a fallback that is not used refutes it"), "{}", ran.out);
}

#[test]
fn what_did_not_come_is_told_with_what_came_instead() {
    fails("given steady\nexpect verdict refuted", "error[E0435]: expected the verdict refuted, it is confirmed");
    let stops = "given steady\ngiven inventory.success = 90% from 4s into outage\n";
    let told = "the verdict is aborted, but not because of `checkout.success`";
    fails(&format!("{stops}expect verdict aborted because checkout.success"), told);
    fails(&format!("{stops}expect outage reverted within 1s"), "`outage` was reverted after");
    fails(&format!("{stops}expect expect-1 satisfied"), "expected `expect-1` satisfied: nothing of it was judged");
    fails("given steady\nexpect outage reverted within 1s of abort", "in time: the run was not stopped");
    fails("given steady\nexpect outage skipped", "expected `outage` skipped: it began at");
    fails(
        "given steady\ngiven outage fails\nexpect outage injected",
        "expected `outage` injected: it was never in force",
    );
    let lost = "given steady\ngiven outage vanishes from 4s into outage\n";
    fails(&format!("{lost}expect outage reverted"), "expected `outage` reverted: its target lost it at");
    fails(
        "given steady\nexpect verdict confirmed because \"nobody said this\"",
        "but not because of \"nobody said this\"",
    );
}

#[test]
fn what_is_given_holds_when_it_is_said_to() {
    // A later given holds before an earlier one, and what lasts gives way again.
    passes(
        "given steady\ngiven checkout.success = 0%\ngiven checkout.success = 99.5% from 0.5s\nexpect verdict confirmed",
    );
    passes("given steady\ngiven checkout.success = 10% from 1s into outage for 100ms\nexpect verdict confirmed");
    passes(
        "given steady\ngiven checkout.success = 10% from 1s into outage for 4s\nexpect verdict refuted because outage",
    );
    // Ramps and levels.
    passes(
        "given steady\ngiven checkout.success = 100%..80% over 20s from 0s into outage\nexpect outage satisfied\nexpect verdict refuted",
    );
    passes(
        "given steady\ngiven checkout.success = [99%, 97%, 50%] every 3s from 0s into outage\nexpect outage violated within 9s",
    );
    // Samples that come in time, and a source that is silent for less than a value holds.
    passes("given steady\ngiven no data of checkout.success from 2s into outage for 2s\nexpect verdict confirmed");
    passes("given steady\ngiven no data of checkout.success from 2s into outage\nexpect verdict inconclusive");
    // A parameter that is set.
    passes("given steady\nset rate = 1%\nexpect verdict confirmed");
    // Far away is never.
    passes(
        "given steady\ngiven checkout.success = 0% from 100000000h\ngiven stop at 100000000h\nexpect verdict confirmed",
    );
}

#[test]
fn comparisons_with_the_baseline_are_judged_in_virtual_time() {
    let noise = |items: &str| tested(&format!("test \"it\" of payment_noise in local {{\n{items}\n}}\n"));
    noise("given steady\nexpect verdict confirmed").run(&["test", "tests.chaos"]).ended(0);
    let worse = "given steady\ngiven checkout.success = 93% from 0s into noise\nexpect verdict refuted because checkout.success";
    noise(worse).run(&["test", "tests.chaos"]).ended(0);
    let slower =
        "given steady\ngiven checkout.latency = 2s from 0s into noise\nexpect verdict refuted because checkout.latency";
    noise(slower).run(&["test", "tests.chaos"]).ended(0);
    let breach =
        "given steady\ngiven checkout.success = 20% from 5s into noise\nexpect verdict aborted because \"likely\"";
    noise(breach).run(&["test", "tests.chaos"]).ended(0);
}

#[test]
fn what_cannot_be_is_an_error_and_no_verdict() {
    fails("given steady\ngiven no data of checkout-metric\nexpect verdict inconclusive", "error[E0433]");
    fails(
        "given steady\ngiven stop at 1s into expect-9\nexpect verdict aborted",
        "error[E0433]: the plan has no step `expect-9`",
    );
    let place = tested(&outage("given steady\nexpect verdict confirmed"));
    let both = fs::read_to_string(place.path().join("payment_outage.chaos")).unwrap().replace(
        "    expect orders.backlog > 0 within 8s  # the fallback really is used\n",
        "    expect always checkout.success < inventory.success\n    expect always inventory.success < checkout.success\n",
    );
    place.write("payment_outage.chaos", both);
    place
        .run(&["test", "tests.chaos"])
        .ended(1)
        .says("error[E0433]: `given steady` cannot be: nothing satisfies all of");
}

#[test]
fn what_is_enough_at_some_time_may_take_turns() {
    let place = tested(&outage("given steady\nexpect verdict confirmed"));
    let turns = fs::read_to_string(place.path().join("payment_outage.chaos")).unwrap().replace(
        "    expect orders.backlog > 0 within 8s  # the fallback really is used\n",
        "    expect orders.backlog > 3 within 9s\n    expect orders.backlog < 2 within 9s\n",
    );
    place.write("payment_outage.chaos", turns);
    place.run(&["test", "tests.chaos"]).ended(0);
}

#[test]
fn calls_find_what_is_given_or_what_satisfies() {
    let probing = r#"use std.http
use "./shop.chaos"
use "./environments.chaos"
experiment probing on shop {
  hypothesis "A shop that is up stays up."
  window 2s
  baseline 5s
  limit { services payment; bends checkout }
  abort when checkout.success < 1%
  run {
    call http.get(url: "http://127.0.0.1:7301/health") as before
    when before == 200 {
      inject http.error(payment, rate: 20%) as outage for 5s { expect always checkout.success >= 90% }
    }
    call http.get(url: "http://127.0.0.1:7301/health") as later after before
    expect later < 300
    expect steady within 10s holding 2s
  }
}
test "satisfied" of probing in local { given steady; given before = 200; expect verdict confirmed; expect outage injected }
test "down before" of probing in local { given steady; given before = 503; expect outage skipped }
test "down later" of probing in local { given steady; given before = 200; given later = 503; expect verdict refuted because later }
test "no answer" of probing in local { given steady; given later fails; expect verdict inconclusive because later }
test "hangs" of probing in local { given steady; given before hangs; expect verdict inconclusive because "in time" }
"#;
    let place = quickstart();
    place.write("probing.chaos", probing);
    place.run(&["test", "probing.chaos"]).ended(0).says("5 tests, 0 failed");
}

#[test]
fn a_refusal_is_judged_by_the_policies() {
    let place = tested("");
    let policy =
        "policy p { require owner because \"somebody must care\"; deny fault.class == leased because \"no\" }\n";
    place.write("policy.chaos", policy);
    let file = |verdict: &str| {
        format!(
            "use \"./policy.chaos\"\nuse \"./payment_outage.chaos\"\nuse \"./environments.chaos\"\n{}",
            outage(verdict)
        )
    };
    place.write("tests.chaos", file("expect verdict refused because \"no\""));
    place.run(&["test", "tests.chaos"]).ended(0).says("refused after");
    place.write("tests.chaos", file("given steady\nexpect verdict confirmed"));
    place.run(&["test", "tests.chaos"]).ended(1).says("policies refuse `payment_outage` in `local`");
}

#[test]
fn filters_choose_and_nothing_to_test_is_no_success() {
    let two = "test \"one\" of payment_outage in local { given steady; expect verdict confirmed }\n\
               test \"two\" of payment_outage in local { given steady; expect verdict refuted }\n";
    let place = tested(two);
    place.run(&["test", "tests.chaos", "--filter", "one"]).ended(0).says("1 test, 0 failed, 1 left out");
    place.run(&["test", "tests.chaos", "--filter", "payment_outage: t"]).ended(1).says("1 test, 1 failed, 1 left out");
    place.run(&["test", "tests.chaos", "--filter", "three"]).ended(2).says("no test has this text in its name");
    place.run(&["test", "shop.chaos"]).ended(2).says("no test: write one");
    place.run(&["test", "missing.chaos"]).ended(2).says("E0100");
    place.write("tests.chaos", "test \"x\" of nobody in local { expect verdict confirmed }\n");
    place.run(&["test", "tests.chaos"]).ended(1).says("no test was run");
}

#[test]
fn machines_read_tap_and_junit() {
    let two = "test \"one # of <two>\" of payment_outage in local { given steady; expect verdict confirmed }\n\
               test \"two\" of payment_outage in local { given steady; expect verdict refuted }\n\
               test \"three\" of payment_outage in nowhere { given steady; expect verdict confirmed }\n";
    let place = tested(two);
    let tap = place.run(&["test", "tests.chaos", "--format", "tap"]).ended(1);
    assert!(tap.out.starts_with("TAP version 14\n1..1\nnot ok 1 - files with errors\n"), "{}", tap.out);
    place.write(
        "tests.chaos",
        fs::read_to_string(place.path().join("tests.chaos")).unwrap().replace("nowhere", "fragile"),
    );
    let tap = place.run(&["test", "tests.chaos", "--format", "tap"]).ended(1);
    assert!(
        tap.out.contains("1..3\nok 1 - payment_outage: one \\# of <two>\nnot ok 2 - payment_outage: two\n  ---\n"),
        "{}",
        tap.out
    );
    let junit = place.run(&["test", "tests.chaos", "--format", "junit"]).ended(1);
    assert!(junit.out.contains("<testsuites name=\"chaos\" tests=\"3\" failures=\"1\" errors=\"0\""), "{}", junit.out);
    assert!(junit.out.contains("name=\"one # of &lt;two&gt;\""), "{}", junit.out);
}

/// The events of every test of the quickstart, as they are told.
fn events() -> Vec<String> {
    let path = root().join("examples/quickstart/payment_outage_test.chaos");
    let analysis = analyse(&path, &Disk, None).unwrap();
    let trials = analysis.trials(None);
    let one = |trial: &chaos_lang::analysis::Trial| match &trial.ready {
        Ready::Run(planned) => {
            let record = run_test(trial.test, planned.plan.clone(), trial.system).unwrap();
            format!("{:?} {:?} {:?}", record.events, record.ending, record.faults)
        }
        _ => String::new(),
    };
    trials.iter().map(one).collect()
}

#[test]
fn the_same_test_takes_the_same_course_on_any_number_of_threads() {
    let alone = events();
    assert!(alone.len() > 10 && alone.iter().all(|events| events.len() > 300), "{alone:?}");
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(events)).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), alone);
    }
}

/// What is done to the instances of a service does not end with the proxy in front of it.
#[test]
fn a_kill_that_cannot_be_taken_back_is_not_reverted() {
    let place = Place::new();
    for file in ["shop.chaos", "environments.chaos", "payment_degradation.chaos"] {
        place.write(file, fs::read(root().join("examples/shop").join(file)).unwrap());
    }
    let test = "test \"it\" of payment_degradation in local {\n  given steady\n  given crash sticks\n  \
                expect verdict not reverted because \"process.kill on checkout is still in force\"\n}\n";
    place.write("tests.chaos", format!("use \"./payment_degradation.chaos\"\nuse \"./environments.chaos\"\n{test}"));
    place.run(&["test", "tests.chaos"]).ended(0);
}
