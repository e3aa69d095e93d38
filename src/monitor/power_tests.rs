//! What is foreseen agrees with what the comparison itself then does, in simulated phases.
#![allow(clippy::unwrap_used)]

use super::{Power, Times, power};
use crate::base::{Instant, SourceId, Span};
use crate::monitor::comparison::{LEVEL, Scene, weigh};
use crate::monitor::statistics::bootstrap::Dice;
use crate::monitor::{Baselines, Point, Sample, Signals};
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::term::{Aggregate, Arithmetic, Comparison, Condition, MetricId, Reading, Term};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const LENGTH: usize = 60;

fn at(second: usize) -> Instant {
    Instant(second as u64 * 1_000_000_000)
}

fn metric() -> MetricId {
    MetricId { service: "a".to_owned(), metric: "x".to_owned() }
}

fn comparison(ty: Type, margin: f64) -> Comparison {
    let aggregate = Aggregate::Plain;
    let reading = Reading { metric: metric(), ty: ty.clone(), aggregate, window: None, cohort: None };
    let right = Term::Arithmetic(Arithmetic::Minus, Box::new(Term::Baseline), Box::new(Term::Constant(margin)));
    let left = Term::Reading(Box::new(reading));
    let span = Span::new(SourceId(0), 0, 0);
    Comparison { left, comparator: Comparator::AtLeast, right, ty, text: "x".to_owned(), span }
}

fn signals(points: impl Iterator<Item = Point>) -> Signals {
    let mut signals = Signals::default();
    signals.add(metric(), SECOND * 7 / 2);
    for (second, point) in (1_usize..).zip(points) {
        signals.push(&metric(), Sample { from: at(second - 1), at: at(second), value: Ok(point) });
    }
    signals
}

fn requests(dice: &mut Dice, share: f64) -> Point {
    let good = (0..50).filter(|_| dice.share() < share).count();
    Point::Ratio { good: good as f64, all: 50.0 }
}

fn foreseen(comparison: &Comparison, points: impl Iterator<Item = Point>, times: Times) -> Result<Power, String> {
    power(comparison, (at(0), at(LENGTH)), &signals(points), SECOND, (times, 1))
}

/// Of many pairs of phases, the part in which the share drops by `drop` and the comparison comes to what `such` says.
fn part(dice: &mut Dice, comparison: &Comparison, drop: f64, such: fn(f64, f64) -> bool) -> f64 {
    const RUNS: usize = 120;
    let condition = Condition::from(comparison.clone());
    let mut came = 0;
    for _ in 0..RUNS {
        let share = |second: usize| if second < LENGTH { 0.95 } else { 0.95 - drop };
        let points: Vec<Point> = (0..2 * LENGTH).map(|second| requests(dice, share(second))).collect();
        let signals = signals(points.into_iter());
        let baselines = Baselines::over(&[&condition], &[], (at(0), at(LENGTH)), SECOND, &signals);
        let scene = Scene { signals: &signals, baselines: &baselines, window: SECOND };
        let weighed = weigh(&condition, (at(LENGTH), at(2 * LENGTH)), scene).unwrap();
        came += usize::from(such(weighed.p_holds, weighed.p_broken));
    }
    came as f64 / RUNS as f64
}

#[test]
fn what_is_foreseen_of_a_share_comes_true() {
    let mut dice = Dice::new(5);
    let times = Times { before: LENGTH as f64, during: LENGTH as f64 };
    let points: Vec<Point> = (0..LENGTH).map(|_| requests(&mut dice, 0.95)).collect();
    let known = foreseen(&comparison(Type::Ratio, 0.02), points.into_iter(), times).unwrap();
    assert!((0.012..0.022).contains(&known.resolution), "{known:?}");
    let mended = comparison(Type::Ratio, known.resolution);
    let confirmed = part(&mut dice, &mended, 0.0, |p_holds, _| p_holds <= LEVEL);
    assert!((0.80..=0.99).contains(&confirmed), "{confirmed} of the runs without an effect are confirmed");
    let refuted = part(&mut dice, &mended, 2.0 * known.resolution, |_, p_broken| p_broken <= LEVEL);
    assert!(refuted >= 0.80, "{refuted} of the runs with the least effect are refuted");
    let tight = comparison(Type::Ratio, known.resolution / 3.0);
    let confirmed = part(&mut dice, &tight, 0.0, |p_holds, _| p_holds <= LEVEL);
    assert!(confirmed < 0.5, "a third of it is confirmed in {confirmed} of the runs");
}

#[test]
fn four_times_as_long_tells_half_as_much() {
    let points = |seed| {
        let mut dice = Dice::new(seed);
        (0..LENGTH).map(|_| requests(&mut dice, 0.9)).collect::<Vec<_>>().into_iter()
    };
    let of = |seconds: f64| {
        let times = Times { before: seconds, during: seconds };
        foreseen(&comparison(Type::Ratio, 0.01), points(3), times).unwrap()
    };
    let (short, long) = (of(60.0), of(240.0));
    assert!((short.resolution / long.resolution - 2.0).abs() < 1e-9);
    assert!(short.stretch > 1.0 && (short.stretch / long.stretch - 4.0).abs() < 1e-9, "{short:?} {long:?}");
    assert!(short.refutes() > short.margin && !short.suffices());
}

#[test]
fn what_cannot_be_known_is_said() {
    let times = Times { before: 30.0, during: 30.0 };
    let idle = std::iter::repeat_n(Point::Ratio { good: 0.0, all: 0.0 }, LENGTH);
    assert!(foreseen(&comparison(Type::Ratio, 0.01), idle, times).is_err());
    let stuck = std::iter::repeat_n(Point::Gauge(5.0), LENGTH);
    assert!(foreseen(&comparison(Type::Count, 1.0), stuck, times).unwrap_err().contains("all its samples"));
    assert!(foreseen(&comparison(Type::Ratio, 0.01), std::iter::empty(), times).is_err());
    let few = std::iter::repeat_n(Point::Ratio { good: 0.1, all: 0.1 }, LENGTH);
    let known = foreseen(&comparison(Type::Ratio, 0.5), few, times).unwrap();
    assert!(known.samples < known.least && !known.suffices(), "{known:?}");
}
