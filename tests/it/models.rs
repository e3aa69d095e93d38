//! Toy systems of real files: the example's hypothesis fails in one and holds in the other, whatever the seed.

use crate::harness::root;
use crate::spec::Disk;
use chaos_lang::analysis::{Analysis, analyse};
use chaos_lang::base::Instant;
use chaos_lang::monitor::Point;
use chaos_lang::plan::StepKind;
use chaos_lang::toy::{FaultInForce, Toy};
use chaos_lang::types::term::MetricId;
use std::time::Duration;

/// A file of the example, without findings.
fn analysed(file: &str) -> Analysis {
    let analysis = analyse(&root().join("examples/rehearsal").join(file), &Disk, None).unwrap();
    assert!(analysis.findings.is_empty(), "{:#?}", analysis.findings);
    analysis
}

/// The example's fault, as its plan has it.
fn fault() -> FaultInForce {
    let analysis = analysed("slow_payment_test.chaos");
    let step = analysis.plans[0].1.plan.graph.steps().find_map(|step| match &step.kind {
        StepKind::Inject(injection) => Some(FaultInForce::of(&step.name, injection)),
        _ => None,
    });
    step.unwrap()
}

fn at(second: u64) -> Instant {
    Instant::default() + Duration::from_secs(second)
}

/// The least share of successes of a service over ten seconds, in a stretch of time.
fn least(toy: &Toy, service: &str, from: u64, to: u64) -> f64 {
    let metric = MetricId { service: service.to_owned(), metric: "success".to_owned() };
    let share = |end: u64| match toy.sample(&metric, at(end - 10), at(end)) {
        Some(Point::Ratio { good, all }) => good / all,
        other => panic!("{other:?}"),
    };
    (from + 10..=to).map(share).fold(1.0, f64::min)
}

/// The least successes of checkout before, during and after the example's fault, and of stock meanwhile.
fn rehearsed(model: &str, seed: u64) -> [f64; 4] {
    let (analysis, fault) = (analysed("slow_payment_test.chaos"), fault());
    let (model, system) = analysis.checked.models.values().find(|(it, _)| it.name == model).unwrap();
    let mut toy = Toy::new(model, &analysis.checked.systems[system], seed).unwrap();
    (1..=30).for_each(|second| toy.advance(at(second), &[]));
    (31..=90).for_each(|second| toy.advance(at(second), std::slice::from_ref(&fault)));
    (91..=150).for_each(|second| toy.advance(at(second), &[]));
    assert!(toy.acted(&fault.id) > 10 && toy.acted(&fault.id) == toy.seen(&fault.id));
    let checkout = |from, to| least(&toy, "checkout", from, to);
    [checkout(5, 30), checkout(31, 90), checkout(110, 150), least(&toy, "stock", 5, 150)]
}

#[test]
fn the_hypothesis_of_the_rehearsal_fails_in_the_shop_as_it_is() {
    for seed in 1..=10 {
        let [before, during, after, stock] = rehearsed("as_it_is", seed);
        assert!(before > 0.999 && after > 0.999 && stock > 0.999, "seed {seed}: {before} {after} {stock}");
        assert!((0.4..0.5).contains(&during), "20 workers of 45 that it would take; seed {seed}: {during}");
    }
}

#[test]
fn the_hypothesis_of_the_rehearsal_holds_in_the_guarded_shop() {
    for seed in 1..=10 {
        let all = rehearsed("guarded", seed);
        assert!(all.iter().all(|share| *share > 0.999), "seed {seed}: {all:?}");
    }
}

/// Every test of the example runs in the model that it names.
#[test]
fn tests_keep_their_models() {
    let analysis = analysed("slow_payment_test.chaos");
    let models: Vec<_> = analysis.checked.tests.values().filter_map(|(test, _)| test.model.clone()).collect();
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["as_it_is", "guarded"]);
    assert!(models.iter().all(|model| model.shows.len() == 4), "{:?}", models[0].shows);
}
