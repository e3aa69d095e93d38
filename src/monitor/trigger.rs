//! `abort when φ for d`: φ has held for the last d. The clock pauses while φ is unknown.

use super::signal::Signals;
use super::truth::{Atom, Baselines, View, judge};
use crate::base::Instant;
use crate::types::term::Condition;
use std::time::Duration;

/// A trigger being watched.
#[derive(Clone, Debug)]
pub struct Trigger {
    condition: Condition,
    hold: Duration,
    window: Duration,
    seen: Instant,
    /// The last sample, if φ held there, and for how long it has.
    held: Option<(Instant, Duration)>,
}

impl Trigger {
    /// Watches `condition` from `start` on.
    pub fn new(condition: Condition, hold: Duration, window: Duration, start: Instant) -> Self {
        Self { condition, hold, window, seen: start, held: None }
    }

    /// Takes in new samples; gives the comparison that fired it, with its time.
    pub fn advance(&mut self, signals: &Signals, baselines: &Baselines) -> Option<(Instant, Option<Atom>)> {
        let view = View { signals, window: self.window, increase_from: None, baselines };
        for at in signals.instants(&self.condition.readings(), self.seen) {
            let before = std::mem::replace(&mut self.seen, at);
            let judgement = judge(&self.condition, at, view);
            if judgement.fails() {
                self.held = None;
            } else if judgement.holds() {
                // Time since the sample before counts only if φ held there too: what was unknown in between does not.
                let held = match self.held {
                    Some((last, held)) if last == before => held + at.since(before),
                    Some((_, held)) => held,
                    None => Duration::ZERO,
                };
                self.held = Some((at, held));
                if held >= self.hold {
                    return Some((at, judgement.atom));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Trigger;
    use crate::base::{Instant, SourceId, Span};
    use crate::monitor::signal::{Cause, Point, Sample, Signals};
    use crate::monitor::truth::Baselines;
    use crate::syntax::tree::Comparator;
    use crate::types::Type;
    use crate::types::term::{Aggregate, Comparison, Condition, MetricId, Reading, Term};
    use std::time::Duration;

    fn fires(values: &[Option<f64>], hold: u64) -> Option<u64> {
        let metric = MetricId { service: "a".to_owned(), metric: "x".to_owned() };
        let reading = Reading {
            metric: metric.clone(),
            ty: Type::Count,
            aggregate: Aggregate::Plain,
            window: None,
            cohort: None,
        };
        let condition = Condition::Compare(Comparison {
            left: Term::Reading(Box::new(reading)),
            comparator: Comparator::Below,
            right: Term::Constant(5.0),
            ty: Type::Count,
            text: String::new(),
            span: Span::new(SourceId(0), 0, 0),
        });
        let mut signals = Signals::default();
        signals.add(metric.clone(), Duration::from_secs(2));
        for (second, value) in (1..).zip(values) {
            let at = Instant(second * 1_000_000_000);
            let value = value.map(Point::Gauge).ok_or(Cause::NoTraffic);
            signals.push(&metric, Sample { from: at, at, value });
        }
        let mut trigger = Trigger::new(condition, Duration::from_secs(hold), Duration::from_secs(1), Instant(0));
        trigger.advance(&signals, &Baselines::new()).map(|(at, _)| at.0 / 1_000_000_000)
    }

    #[test]
    fn it_fires_when_the_condition_has_held_long_enough() {
        let low = [Some(1.0); 5];
        assert_eq!(fires(&low, 3), Some(4));
        assert_eq!(fires(&low, 0), Some(1));
        assert_eq!(fires(&low, 9), None);
    }

    #[test]
    fn one_good_sample_starts_the_clock_again() {
        assert_eq!(fires(&[Some(1.0), Some(1.0), Some(9.0), Some(1.0), Some(1.0)], 2), None);
    }

    #[test]
    fn the_clock_pauses_while_the_value_is_unknown() {
        assert_eq!(fires(&[Some(1.0), Some(1.0), None, Some(1.0), Some(1.0)], 2), Some(5));
    }
}
