//! How often a run is wrong: many noisy runs through the real monitors, triggers and comparisons.
//!
//! The noise is unkind: shares of good requests wander and depend on what they were a second ago, failures come in bursts,
//! traffic comes in bursts, and there are 5 to 500 requests a second.

use super::comparisons::Comparisons;
use super::verdict::Verdict;
use crate::base::{Instant, SourceId, Span};
use crate::monitor::quantile::Buckets;
use crate::monitor::statistics::bootstrap::Dice;
use crate::monitor::{Baselines, Hold, Obligation, Outcome, Phase, Point, Sample, Signals, Trigger};
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::term::{Aggregate, Arithmetic, Comparison, Condition, Demand, MetricId, Reading, Term};
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
/// Seconds of the baseline.
const BASELINE: usize = 60;
/// Seconds of the fault.
const FAULT: usize = 90;
const WINDOW: Duration = Duration::from_secs(5);

/// A system and its noise.
struct System {
    dice: Dice,
    /// Requests a second.
    rate: f64,
    /// The share of good requests, without noise.
    share: f64,
    /// How much a second depends on the last.
    memory: f64,
    wander: f64,
    burst: u32,
    latency: f64,
}

impl System {
    fn new(seed: u64, rate: Option<f64>) -> Self {
        let mut dice = Dice::new(seed);
        let rate = rate.unwrap_or(5.0 * 100.0_f64.powf(dice.share()));
        let share = 0.97 + 0.029 * dice.share();
        let memory = 0.8 * dice.share();
        Self { dice, rate, share, memory, wander: 0.0, burst: 0, latency: 0.0 }
    }

    /// One second: requests, a histogram of their times, and a gauge.
    fn second(&mut self, drop: f64) -> [Point; 3] {
        let fresh = (1.0 - self.memory * self.memory).sqrt();
        self.wander = self.memory * self.wander + fresh * self.dice.normal();
        self.latency = self.memory * self.latency + fresh * self.dice.normal();
        if self.burst == 0 && self.dice.share() < 0.02 {
            self.burst = 3;
        }
        self.burst = self.burst.saturating_sub(1);
        let burst = if self.burst > 0 { 0.05 } else { 0.0 };
        let failing = (1.0 - self.share) * (0.5 * self.wander).exp();
        let share = (1.0 - failing - burst - drop).clamp(0.0, 1.0);
        let all = (self.rate * (0.3 * self.dice.normal()).exp()).round().max(0.0);
        let good = (0..all as u64).filter(|_| self.dice.share() < share).count() as f64;
        // A few times stand for all: they cost the most to make.
        [Point::Ratio { good, all }, self.times(all.min(20.0)), Point::Gauge(100.0 + 5.0 * self.latency)]
    }

    fn times(&mut self, all: f64) -> Point {
        let mean = 0.1 * (0.1 * self.latency).exp();
        let times: Vec<f64> = (0..all as u64).map(|_| -mean * (1.0 - self.dice.share()).ln()).collect();
        let mut buckets = Buckets::default();
        for bound in [0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, f64::INFINITY] {
            buckets.put(bound, times.iter().filter(|time| **time <= bound).count() as f64);
        }
        Point::Histogram { buckets, sum: times.iter().sum() }
    }
}

fn at(second: usize) -> Instant {
    Instant(second as u64 * 1_000_000_000)
}

fn metric(name: &str) -> MetricId {
    MetricId { service: "checkout".to_owned(), metric: name.to_owned() }
}

fn reading(name: &str, ty: &Type, aggregate: Aggregate) -> Term {
    Term::Reading(Box::new(Reading { metric: metric(name), ty: ty.clone(), aggregate, window: None, cohort: None }))
}

fn compare(left: Term, comparator: Comparator, right: Term, ty: Type, text: &str) -> Condition {
    let span = Span::new(SourceId(0), 0, 0);
    Condition::from(Comparison { left, comparator, right, ty, text: text.to_owned(), span })
}

fn baseline(by: f64) -> Term {
    Term::Arithmetic(Arithmetic::Plus, Box::new(Term::Baseline), Box::new(Term::Constant(by)))
}

/// `success no lower than baseline by 2pp`, `depth no higher than baseline by 5`, `p95(time) no higher than baseline by
/// 100ms`.
fn expectations() -> [Condition; 3] {
    let success = reading("success", &Type::Ratio, Aggregate::Plain);
    let time = reading("time", &Type::Duration, Aggregate::Quantile(0.95));
    let depth = reading("depth", &Type::Float, Aggregate::Plain);
    [
        compare(success, Comparator::AtLeast, baseline(-0.02), Type::Ratio, "success"),
        compare(depth, Comparator::AtMost, baseline(5.0), Type::Float, "depth"),
        compare(time, Comparator::AtMost, baseline(0.1), Type::Duration, "time"),
    ]
}

/// `abort when likely(success < 90%)` and `abort when spike(depth) > 8 for 3 samples`.
fn triggers() -> Vec<Trigger> {
    let success = reading("success", &Type::Ratio, Aggregate::Plain);
    let breach = compare(success, Comparator::Below, Term::Constant(0.9), Type::Ratio, "success < 90%");
    let likely = Condition::Likely(Arc::new(breach));
    let depth = Term::Spike(Box::new(reading("depth", &Type::Float, Aggregate::Plain)));
    let spike = compare(depth, Comparator::Above, Term::Constant(8.0), Type::Float, "spike(depth) > 8");
    let start = at(BASELINE);
    vec![
        Trigger::new(likely, Hold::For(Duration::ZERO), WINDOW, start),
        Trigger::new(spike, Hold::Samples(3), WINDOW, start),
    ]
}

/// What a run says whose fault lowers the share of good requests by `drop`.
fn verdict(seed: u64, rate: Option<f64>, drop: f64) -> Verdict {
    let mut system = System::new(seed, rate);
    let mut signals = Signals::default();
    let names = ["success", "time", "depth"].map(metric);
    names.iter().for_each(|name| signals.add(name.clone(), SECOND * 7 / 2));
    let mut push = |signals: &mut Signals, second: usize, drop: f64| {
        for (name, point) in names.iter().zip(system.second(drop)) {
            signals.push(name, Sample { from: at(second - 1), at: at(second), value: Ok(point) });
        }
    };
    (1..=BASELINE).for_each(|second| push(&mut signals, second, 0.0));
    // Quantiles take the longest to compare, so not every run does.
    let asked = if seed.is_multiple_of(8) { 3 } else { 2 };
    let expectations: Vec<Condition> = expectations().into_iter().take(asked).collect();
    let mut triggers = triggers();
    let spike = compare(
        Term::Spike(Box::new(reading("depth", &Type::Float, Aggregate::Plain))),
        Comparator::Above,
        Term::Constant(8.0),
        Type::Float,
        "spike(depth) > 8",
    );
    let conditions: Vec<&Condition> = expectations.iter().chain([&spike]).collect();
    let baselines = Baselines::over(&conditions, &[], (at(0), at(BASELINE)), WINDOW, &signals);
    for second in BASELINE + 1..=BASELINE + FAULT {
        push(&mut signals, second, drop);
        if triggers.iter_mut().any(|trigger| trigger.advance(&signals, &baselines).is_some()) {
            return Verdict::Aborted;
        }
    }
    weigh(&expectations, &signals, &baselines)
}

fn weigh(expectations: &[Condition], signals: &Signals, baselines: &Baselines) -> Verdict {
    let mut comparisons = Comparisons::planned(expectations.len());
    let mut verdicts = Vec::new();
    for condition in expectations {
        let phase = Phase { start: at(BASELINE), end: None };
        let mut obligation = Obligation::new(condition.clone(), Demand::Compared, phase, WINDOW);
        match obligation.finish(at(BASELINE + FAULT), signals, baselines) {
            Outcome::Weighed(weighed) => verdicts.extend(comparisons.take("", "", &weighed)),
            _ => verdicts.push(Verdict::Inconclusive),
        }
    }
    verdicts.extend(comparisons.settle().into_iter().map(|(_, verdict)| verdict));
    verdicts.into_iter().max().unwrap_or(Verdict::Inconclusive)
}

/// How many of so many runs end with each verdict.
fn count(runs: u64, rate: Option<f64>, drop: f64) -> [usize; 4] {
    let verdicts: Vec<Verdict> = (0..runs).map(|seed| verdict(seed, rate, drop)).collect();
    [Verdict::Confirmed, Verdict::Inconclusive, Verdict::Aborted, Verdict::Refuted]
        .map(|wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count())
}

#[test]
fn a_fault_without_effect_is_hardly_ever_blamed() {
    let [confirmed, inconclusive, aborted, refuted] = count(200, None, 0.0);
    println!(
        "A/A, 200 runs of 5 to 500 requests/s: {refuted} refuted, {aborted} aborted, {inconclusive} inconclusive, \
         {confirmed} confirmed"
    );
    assert!(refuted + aborted <= 10, "{refuted} refuted and {aborted} aborted of 200");
    assert!(confirmed > 0, "a test that never confirms is useless");
}

#[test]
fn a_drop_of_five_points_is_nearly_always_found() {
    let [confirmed, inconclusive, aborted, refuted] = count(200, Some(100.0), 0.05);
    println!(
        "a drop of 5 points at 100 requests/s, 200 runs: {refuted} refuted, {aborted} aborted, {inconclusive} \
         inconclusive, {confirmed} confirmed"
    );
    assert!(refuted >= 190, "{refuted} refuted of 200");
    assert_eq!(confirmed, 0);
}
