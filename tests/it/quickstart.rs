//! The README's commands, on the quickstart as it is shipped. Its ports are fixed, so both runs share one test.

use crate::harness::{Place, answers, root};
use serde_json::Value;

fn experiment() -> String {
    root().join("examples/quickstart/payment_outage.chaos").display().to_string()
}

#[test]
fn the_shop_holds_and_without_its_fallback_it_does_not() {
    let place = Place::new();
    let rehearsed = place.run(&["exec", &experiment(), "--dry-run"]).ended(0);
    rehearsed
        .says("outage: http.error on payment: its injector would take it")
        .says("nothing was injected, 7 processes were");
    let environments = root().join("examples/quickstart/environments.chaos").display().to_string();
    place.run(&["env", "check", &environments, "--for", "4s"]).ended(0).says("checkout.success: ");
    let held = place.run(&["exec", &experiment()]).ended(0);
    held.says("payment_outage: confirmed")
        .says("✓ outage: expect always checkout.success >= 90% of baseline")
        .says("✓ outage: expect orders.backlog > 0 within 8s")
        .says("outage: http.error on payment, seen to act on");
    place
        .run(&["exec", &experiment(), "--env", "fragile"])
        .ended(1)
        .says("payment_outage: refuted")
        .says("because outage: expect always checkout.success >= 90% of baseline:")
        .says("off by")
        .says("reverted outage");
    for port in [7300, 7301, 7302, 7303, 7304, 7305, 7392, 7400, 7401, 7402, 7492] {
        assert!(!answers(port), "something still listens on {port}");
    }
    place.run(&["status"]).ended(0).says("nothing is in force");
    for (environment, code) in [("local", 0), ("fragile", 1)] {
        let (run, said) = stored(&place, environment);
        let replayed = place.run(&["replay", &run]).ended(code).says("the same as in the recorded run");
        assert!(replayed.out.contains(&said), "{said}\nis not in\n{}", replayed.out);
    }
    let (run, _) = stored(&place, "local");
    place.run(&["replay", &run, "--set", "rate=50%"]).ended(2).says("E0824").says("`outage` does something else");
}

/// The run in an environment, and its closing words up to the first expectation, with the moment of a violation.
fn stored(place: &Place, environment: &str) -> (String, String) {
    let listed: Value = serde_json::from_str(&place.run(&["replay", "--list", "--json"]).ended(0).out).unwrap();
    let mut runs = listed["runs"].as_array().unwrap().iter();
    let of = |run: &&Value| run["environment"] == environment && run["verdict"] != "rehearsed";
    let run = runs.find(of).unwrap()["run"].as_str().unwrap().to_owned();
    let replayed: Value = serde_json::from_str(&place.run(&["replay", &run, "--json"]).out).unwrap();
    let first = &replayed["recorded"]["reasons"][0]["text"];
    let closing = first.as_str().map_or_else(|| "payment_outage: confirmed".to_owned(), |it| format!("because {it}"));
    (run, closing)
}

#[test]
fn a_plan_says_what_will_happen_and_how_bad_it_can_get() {
    let place = Place::new();
    place
        .run(&["plan", &experiment()])
        .ended(0)
        .says("inject http.error(payment, rate: 40%, status: 503, traffic: 100%) for 10s")
        .says("at most 100% of the requests to payment touched, 40% failed")
        .says("checkout, customers, payment, web can feel it")
        .says("class leased");
    place.run(&["plan", &experiment(), "--set", "rate=7%"]).ended(0).says("7% failed");
}
