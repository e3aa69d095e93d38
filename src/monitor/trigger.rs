//! `abort when φ`, `… for d`, `… for n samples`: φ has held for the last d, or at the last n samples. The clock pauses, and
//! the count stands still, while φ is unknown.

use super::baseline::Baselines;
use super::likely::{self, Likely};
use super::signal::Signals;
use super::truth::{Atom, View, judge};
use crate::base::Instant;
use crate::types::term::Condition;
use std::collections::BTreeSet;
use std::time::Duration;

/// For how long a condition must have held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// For this time; zero: at one sample.
    For(Duration),
    /// At so many samples in a row.
    Samples(u32),
}

/// A trigger being watched.
#[derive(Clone, Debug)]
pub struct Trigger {
    condition: Condition,
    hold: Hold,
    window: Duration,
    seen: Instant,
    /// The last sample, if φ held there, for how long it has, and at how many samples.
    held: Option<(Instant, Duration, u32)>,
    likely: Vec<Likely>,
    started: bool,
}

impl Trigger {
    /// Watches `condition` from `start` on.
    pub fn new(condition: Condition, hold: Hold, window: Duration, start: Instant) -> Self {
        let likely = likely::all(&condition, start);
        Self { condition, hold, window, seen: start, held: None, likely, started: false }
    }

    /// Takes in new samples; gives the comparison that fired it, with its time.
    pub fn advance(&mut self, signals: &Signals, baselines: &Baselines) -> Option<(Instant, Option<Atom>)> {
        for at in signals.instants(&self.condition.readings(), self.seen) {
            let before = std::mem::replace(&mut self.seen, at);
            let proven = self.proven(at, signals, baselines);
            let view = View { signals, window: self.window, increase_from: None, baselines, proven: &proven };
            let judgement = judge(&self.condition, at, view);
            if judgement.fails() {
                self.held = None;
            } else if judgement.holds() && self.hold_on(before, at) {
                return Some((at, judgement.atom));
            }
        }
        None
    }

    /// φ holds at a sample: whether it has for long enough.
    fn hold_on(&mut self, before: Instant, at: Instant) -> bool {
        // Time since the sample before counts only if φ held there too: what was unknown in between does not.
        let (held, count) = match self.held {
            Some((last, held, count)) if last == before => (held + at.since(before), count + 1),
            Some((_, held, count)) => (held, count + 1),
            None => (Duration::ZERO, 1),
        };
        self.held = Some((at, held, count));
        match self.hold {
            Hold::For(hold) => held >= hold,
            Hold::Samples(samples) => count >= samples,
        }
    }

    /// The comparisons in `likely` that are proven by now.
    fn proven(&mut self, at: Instant, signals: &Signals, baselines: &Baselines) -> BTreeSet<String> {
        let none = BTreeSet::new();
        let view = View { signals, window: self.window, increase_from: None, baselines, proven: &none };
        if !std::mem::replace(&mut self.started, true) {
            self.likely.iter_mut().for_each(|likely| likely.learn(at, view));
        }
        let mut proven = BTreeSet::new();
        for likely in &mut self.likely {
            if likely.advance(at, view) {
                proven.insert(likely.key());
            }
            likely.calm_down(self.window);
        }
        proven
    }
}

#[cfg(test)]
mod tests {
    use super::{Hold, Trigger};
    use crate::base::{Instant, SourceId, Span};
    use crate::monitor::baseline::Baselines;
    use crate::monitor::signal::{Cause, Point, Sample, Signals};
    use crate::syntax::tree::Comparator;
    use crate::types::Type;
    use crate::types::term::{Aggregate, Comparison, Condition, MetricId, Reading, Term};
    use std::time::Duration;

    fn fires(values: &[Option<f64>], hold: u64) -> Option<u64> {
        fires_after(values, Hold::For(Duration::from_secs(hold)))
    }

    fn fires_after(values: &[Option<f64>], hold: Hold) -> Option<u64> {
        let metric = MetricId { service: "a".to_owned(), metric: "x".to_owned() };
        let reading = Reading {
            metric: metric.clone(),
            ty: Type::Count,
            aggregate: Aggregate::Plain,
            window: None,
            cohort: None,
        };
        let condition = Condition::from(Comparison {
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
        let mut trigger = Trigger::new(condition, hold, Duration::from_secs(1), Instant(0));
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

    #[test]
    fn samples_are_counted_and_what_is_unknown_counts_neither_way() {
        let three = Hold::Samples(3);
        assert_eq!(fires_after(&[Some(1.0); 5], three), Some(3));
        assert_eq!(fires_after(&[Some(1.0), None, Some(1.0), None, Some(1.0)], three), Some(5));
        assert_eq!(fires_after(&[Some(1.0), Some(1.0), Some(9.0), Some(1.0), Some(1.0)], three), None);
        assert_eq!(fires_after(&[Some(f64::NAN); 9], three), None);
    }
}
