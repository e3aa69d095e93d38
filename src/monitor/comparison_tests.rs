//! Comparisons over signals: that each kind of sample gets its test, and that bad input proves nothing.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Scene, Weighed, weigh};
use crate::base::{Instant, SourceId, Span};
use crate::monitor::quantile::Buckets;
use crate::monitor::statistics::bootstrap::Dice;
use crate::monitor::{Baselines, Cause, Point, Sample, Signals};
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::term::{Aggregate, Arithmetic, Comparison, Condition, MetricId, Reading, Term};
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn at(second: usize) -> Instant {
    Instant(second as u64 * 1_000_000_000)
}

fn metric() -> MetricId {
    MetricId { service: "a".to_owned(), metric: "x".to_owned() }
}

/// `x no lower than baseline by m`; with a negative margin `no higher`.
fn condition(aggregate: Aggregate, ty: Type, margin: f64) -> Condition {
    let reading = Reading { metric: metric(), ty: ty.clone(), aggregate, window: None, cohort: None };
    let moved = Term::Arithmetic(Arithmetic::Minus, Box::new(Term::Baseline), Box::new(Term::Constant(margin)));
    Condition::from(Comparison {
        left: Term::Reading(Box::new(reading)),
        comparator: if margin > 0.0 { Comparator::AtLeast } else { Comparator::AtMost },
        right: moved,
        ty,
        text: "x against its baseline".to_owned(),
        span: Span::new(SourceId(0), 0, 0),
    })
}

/// One point a second; the first half is the baseline.
fn run(condition: &Condition, points: &[Result<Point, Cause>]) -> Result<Weighed, String> {
    ranged(condition, points, 1)
}

/// The same, where each point was made of a range of so many seconds.
fn ranged(condition: &Condition, points: &[Result<Point, Cause>], range: usize) -> Result<Weighed, String> {
    let mut signals = Signals::default();
    signals.add(metric(), SECOND * 7 / 2);
    for (second, point) in (1_usize..).zip(points) {
        signals
            .push(&metric(), Sample { from: at(second.saturating_sub(range)), at: at(second), value: point.clone() });
    }
    let (middle, end) = (at(points.len() / 2), at(points.len()));
    let baselines = Baselines::over(&[condition], &[], (at(0), middle), SECOND * 5, &signals);
    weigh(condition, (middle, end), Scene { signals: &signals, baselines: &baselines, window: SECOND * 5 })
}

fn halves(before: impl FnMut() -> Point, during: impl FnMut() -> Point) -> Vec<Result<Point, Cause>> {
    let before = std::iter::repeat_with(before).take(60);
    let during = std::iter::repeat_with(during).take(60);
    before.collect::<Vec<_>>().into_iter().chain(during).map(Ok).collect()
}

fn requests(dice: &mut Dice, share: f64) -> Point {
    let good = (0..100).filter(|_| dice.share() < share).count();
    Point::Ratio { good: good as f64, all: 100.0 }
}

fn times(dice: &mut Dice, mean: f64) -> Point {
    let mut buckets = Buckets::default();
    let values: Vec<f64> = (0..50).map(|_| -mean * (1.0 - dice.share()).ln()).collect();
    for bound in [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, f64::INFINITY] {
        buckets.put(bound, values.iter().filter(|value| **value <= bound).count() as f64);
    }
    Point::Histogram { buckets, sum: values.iter().sum() }
}

fn confirmed(weighed: &Weighed) -> bool {
    weighed.p_holds < 0.05 && weighed.flaw.is_none()
}

/// Confirmed where nothing changed, refuted where much did, for one kind of sample.
fn both_ways(condition: &Condition, same: &[Result<Point, Cause>], worse: &[Result<Point, Cause>]) {
    let same = run(condition, same).unwrap();
    assert!(confirmed(&same) && same.p_broken > 0.5, "{same:?}");
    assert!(same.bounds.0 > 0.0 && same.bounds.0 < same.bounds.1, "{same:?}");
    let worse = run(condition, worse).unwrap();
    assert!(worse.p_broken < 0.01 && worse.p_holds > 0.5 && worse.bounds.1 < 0.0, "{worse:?}");
}

#[test]
fn shares_are_compared_by_their_counts() {
    let (mut a, mut b) = (Dice::new(1), Dice::new(2));
    let condition = condition(Aggregate::Plain, Type::Ratio, 0.02);
    let same = halves(|| requests(&mut a, 0.97), || requests(&mut b, 0.97));
    let worse = halves(|| requests(&mut a, 0.97), || requests(&mut b, 0.92));
    both_ways(&condition, &same, &worse);
}

#[test]
fn quantiles_are_compared_by_their_histograms() {
    let (mut a, mut b) = (Dice::new(1), Dice::new(2));
    let condition = condition(Aggregate::Quantile(0.95), Type::Duration, -0.1);
    let same = halves(|| times(&mut a, 0.1), || times(&mut b, 0.1));
    let worse = halves(|| times(&mut a, 0.1), || times(&mut b, 0.3));
    both_ways(&condition, &same, &worse);
    let beyond = halves(|| times(&mut a, 0.1), || times(&mut b, 30.0));
    let beyond = run(&condition, &beyond).unwrap();
    assert!(beyond.p_broken < 0.01 && beyond.p_holds > 0.5, "{beyond:?}");
}

#[test]
fn gauges_are_compared_by_their_ranks_and_rates_by_their_means() {
    let (mut a, mut b) = (Dice::new(1), Dice::new(2));
    let depth = condition(Aggregate::Plain, Type::Count, -2.0);
    let gauge = |dice: &mut Dice, level: f64| Point::Gauge(level + dice.normal());
    let same = halves(|| gauge(&mut a, 10.0), || gauge(&mut b, 10.0));
    let worse = halves(|| gauge(&mut a, 10.0), || gauge(&mut b, 14.0));
    both_ways(&depth, &same, &worse);
    let rate = condition(Aggregate::Rate, Type::Frequency, -2.0);
    let grown = |dice: &mut Dice, level: f64| Point::Increase(level + dice.normal());
    let same = halves(|| grown(&mut a, 10.0), || grown(&mut b, 10.0));
    let worse = halves(|| grown(&mut a, 10.0), || grown(&mut b, 14.0));
    both_ways(&rate, &same, &worse);
}

#[test]
fn bare_samples_of_a_distribution_are_compared_by_their_order() {
    let (mut a, mut b) = (Dice::new(1), Dice::new(2));
    let condition = condition(Aggregate::Quantile(0.9), Type::Duration, -3.0);
    let bare = |dice: &mut Dice, level: f64| Point::Gauge(level + dice.normal());
    let worse = halves(|| bare(&mut a, 10.0), || bare(&mut b, 20.0));
    let worse = run(&condition, &worse).unwrap();
    assert!(worse.p_broken < 0.05 && worse.p_holds > 0.5, "{worse:?}");
    let same = run(&condition, &halves(|| bare(&mut a, 10.0), || bare(&mut b, 10.0))).unwrap();
    assert!(confirmed(&same), "{same:?}");
}

#[test]
fn unchanged_is_both_sides() {
    let (mut a, mut b) = (Dice::new(1), Dice::new(2));
    let Condition::Compare(low) = condition(Aggregate::Plain, Type::Ratio, 0.02) else { unreachable!() };
    let scaled = |comparator, factor: f64| {
        let right = Term::Arithmetic(Arithmetic::Times, Box::new(Term::Constant(factor)), Box::new(Term::Baseline));
        Arc::new(Condition::from(Comparison { comparator, right, ..Comparison::clone(&low) }))
    };
    let condition = Condition::And(scaled(Comparator::AtLeast, 0.95), scaled(Comparator::AtMost, 1.05));
    let same = halves(|| requests(&mut a, 0.8), || requests(&mut b, 0.8));
    assert!(confirmed(&run(&condition, &same).unwrap()));
    let better = run(&condition, &halves(|| requests(&mut a, 0.8), || requests(&mut b, 0.9))).unwrap();
    assert!(better.p_broken < 0.01 && !confirmed(&better));
}

#[test]
fn requests_that_fail_together_say_less() {
    let (mut a, mut b) = (Dice::new(1), Dice::new(2));
    let condition = condition(Aggregate::Plain, Type::Ratio, 0.01);
    let bursty = |dice: &mut Dice| {
        let share = if dice.share() < 0.05 { 0.3 } else { 0.99 };
        requests(dice, share)
    };
    let weighed = run(&condition, &halves(|| bursty(&mut a), || bursty(&mut b))).unwrap();
    let steady = run(&condition, &halves(|| requests(&mut a, 0.955), || requests(&mut b, 0.955))).unwrap();
    let width = |weighed: &Weighed| weighed.bounds.1 - weighed.bounds.0;
    assert!(width(&weighed) > 2.0 * width(&steady), "{weighed:?} {steady:?}");
}

/// Never confirmed, never a panic.
fn never_a_pass(what: &str, condition: &Condition, points: &[Result<Point, Cause>]) {
    if let Ok(weighed) = run(condition, points) {
        assert!(!confirmed(&weighed), "{what}: {weighed:?}");
    }
}

#[test]
fn bad_input_is_never_a_pass() {
    let ratio = condition(Aggregate::Plain, Type::Ratio, 0.5);
    let gauge = condition(Aggregate::Plain, Type::Count, -1e6);
    let quantile = condition(Aggregate::Quantile(0.95), Type::Duration, -1e6);
    let mut dice = Dice::new(4);
    let mut half_missing: Vec<Result<Point, Cause>> = (0..120).map(|_| Ok(Point::Gauge(dice.normal()))).collect();
    half_missing.iter_mut().skip(70).take(20).for_each(|point| *point = Err(Cause::Unreadable("down".to_owned())));
    let constant = |value: f64| vec![Ok(Point::Gauge(value)); 120];
    never_a_pass("no samples", &gauge, &[]);
    never_a_pass("no number", &gauge, &constant(f64::NAN));
    never_a_pass("no end", &gauge, &constant(f64::INFINITY));
    never_a_pass("all the same", &gauge, &constant(7.0));
    never_a_pass("a gap", &gauge, &half_missing);
    never_a_pass("few", &gauge, &half_missing[..30]);
    never_a_pass("no traffic", &ratio, &vec![Ok(Point::Ratio { good: 0.0, all: 0.0 }); 120]);
    never_a_pass("no number of requests", &ratio, &vec![Ok(Point::Ratio { good: f64::NAN, all: 9.0 }); 120]);
    never_a_pass("failed reads", &ratio, &vec![Err(Cause::NoSample); 120]);
    let mut late = vec![Err(Cause::NoSample); 60];
    late.extend(vec![Ok(Point::Ratio { good: 100.0, all: 100.0 }); 60]);
    never_a_pass("an empty baseline", &ratio, &late);
    let nothing = Point::Histogram { buckets: Buckets::default(), sum: 0.0 };
    never_a_pass("empty histograms", &quantile, &vec![Ok(nothing); 120]);
    let mut endless = Buckets::default();
    endless.put(f64::INFINITY, 50.0);
    never_a_pass("no bounds", &quantile, &vec![Ok(Point::Histogram { buckets: endless, sum: f64::NAN }); 120]);
}

#[test]
fn a_metric_that_moved_is_refuted_though_it_does_not_vary() {
    let mut points = vec![Ok(Point::Gauge(5.0)); 60];
    points.extend(vec![Ok(Point::Gauge(50.0)); 60]);
    let weighed = run(&condition(Aggregate::Plain, Type::Count, -2.0), &points).unwrap();
    assert!(weighed.p_broken < 0.01 && !confirmed(&weighed));
}

#[test]
fn ranges_that_overlap_count_once() {
    let condition = condition(Aggregate::Plain, Type::Count, 5.0);
    let mut dice = Dice::new(3);
    let points = halves(|| Point::Gauge(100.0 + 4.0 * dice.share()), || Point::Gauge(100.0));
    assert!(confirmed(&run(&condition, &points).unwrap()));
    let few = ranged(&condition, &points, 10);
    assert!(few.as_ref().is_err() || few.as_ref().is_ok_and(|it| !confirmed(it)), "{few:?}");
}
