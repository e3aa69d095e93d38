//! An expectation over time: a condition, an anchor, a horizon, and what became of it.

use super::signal::{Cause, Signals};
use super::truth::{Atom, Baselines, Judgement, View, judge};
use crate::base::{Instant, unit};
use crate::types::term::{Condition, Demand};
use std::time::Duration;

/// What became of an expectation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Not decided yet.
    Pending,
    /// It held.
    Satisfied {
        /// When that was known.
        at: Instant,
        /// The closest call.
        atom: Option<Atom>,
    },
    /// It did not hold.
    Violated {
        /// The sample that shows it.
        at: Instant,
        /// The comparison that decides.
        atom: Option<Atom>,
    },
    /// It cannot be said.
    Inconclusive {
        /// Why.
        reason: String,
    },
}

/// The time in which a condition is judged: only samples whose windows lie inside count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phase {
    /// From here on.
    pub start: Instant,
    /// Up to here, where the end is known beforehand.
    pub end: Option<Instant>,
}

/// A condition being judged.
#[derive(Clone, Debug)]
pub struct Obligation {
    condition: Condition,
    demand: Demand,
    phase: Phase,
    window: Duration,
    seen: Instant,
    /// The last sample at which the condition was known.
    known: Option<Instant>,
    gap: Option<(Instant, Cause)>,
    unknown: Option<Cause>,
    /// When the condition became true last, and has stayed so.
    since: Option<Instant>,
    closest: Option<Judgement>,
    last: Option<Judgement>,
    /// Whether the condition was known at any time up to its deadline.
    known_in_time: bool,
}

impl Obligation {
    /// `always`/`never` need an end at the latest when they are finished; `window` is that of aggregates without `over`.
    pub fn new(condition: Condition, demand: Demand, phase: Phase, window: Duration) -> Self {
        let condition = if demand == Demand::Never { Condition::Not(Box::new(condition)) } else { condition };
        Self {
            condition,
            demand,
            phase,
            window,
            seen: phase.start - Duration::from_nanos(1),
            known: None,
            gap: None,
            unknown: None,
            since: None,
            closest: None,
            last: None,
            known_in_time: false,
        }
    }

    /// The last moment that matters, where it is known.
    pub fn horizon(&self) -> Option<Instant> {
        match self.demand {
            Demand::Within { deadline, holding } => Some(self.phase.start + unit::to_duration(deadline + holding)),
            Demand::Now => None,
            Demand::Always | Demand::Never | Demand::Share(_) | Demand::Compared => self.phase.end,
        }
    }

    /// Takes in the samples that have come since the last call.
    pub fn advance(&mut self, signals: &Signals, baselines: &Baselines) -> Outcome {
        let readings = self.condition.readings();
        let stale = signals.stale_after(&readings);
        let instants = signals.instants(&readings, self.seen);
        let counts = matches!(self.demand, Demand::Always | Demand::Never);
        let view = View { signals, window: self.window, increase_from: counts.then_some(self.phase.start), baselines };
        for at in instants {
            if self.phase.end.is_some_and(|end| at > end) {
                break;
            }
            self.seen = at;
            let judgement = judge(&self.condition, at, view);
            let reaches_back = judgement.from < self.phase.start && self.demand != Demand::Now;
            if reaches_back && judgement.cause().is_none() {
                continue; // its window reaches back before the phase
            }
            let outcome = self.take(at, judgement, stale);
            if outcome != Outcome::Pending {
                return outcome;
            }
        }
        Outcome::Pending
    }

    fn take(&mut self, at: Instant, judgement: Judgement, stale: Duration) -> Outcome {
        if !judgement.holds() && !judgement.fails() {
            self.unknown = judgement.cause().or(Some(Cause::NoSample));
            self.note_gap(at, stale);
            return Outcome::Pending;
        }
        self.note_gap(at, stale);
        self.known = Some(at);
        self.unknown = None;
        self.last = Some(judgement.clone());
        match self.demand {
            Demand::Now => self.decided(at, judgement),
            Demand::Always | Demand::Never => self.always(at, judgement),
            Demand::Within { deadline, holding } => self.within(at, judgement, deadline, holding),
            // Plans with these are refused; one that came here all the same would stay undecided.
            Demand::Share(_) | Demand::Compared => Outcome::Pending,
        }
    }

    /// A time without known samples that is longer than a value holds.
    fn note_gap(&mut self, at: Instant, stale: Duration) {
        let allowed = match self.known {
            Some(last) => last + stale,
            None => self.phase.start + self.widest() + stale,
        };
        if at > allowed {
            let cause = self.unknown.clone().unwrap_or(Cause::NoSample);
            self.gap.get_or_insert((self.known.unwrap_or(self.phase.start), cause));
            self.since = None;
        }
    }

    fn widest(&self) -> Duration {
        let readings = self.condition.readings();
        let windows = readings.iter().filter(|reading| reading.is_windowed());
        windows.map(|reading| reading.window.map_or(self.window, unit::to_duration)).max().unwrap_or_default()
    }

    fn decided(&self, at: Instant, judgement: Judgement) -> Outcome {
        if judgement.holds() {
            Outcome::Satisfied { at, atom: judgement.atom }
        } else {
            Outcome::Violated { at, atom: judgement.atom }
        }
    }

    fn always(&mut self, at: Instant, judgement: Judgement) -> Outcome {
        if judgement.fails() {
            return Outcome::Violated { at, atom: judgement.atom };
        }
        if self.closest.as_ref().is_none_or(|closest| judgement.lo < closest.lo) {
            self.closest = Some(judgement);
        }
        Outcome::Pending
    }

    fn within(&mut self, at: Instant, judgement: Judgement, deadline: f64, holding: f64) -> Outcome {
        let deadline = self.phase.start + unit::to_duration(deadline);
        self.known_in_time |= at <= deadline;
        if judgement.fails() {
            self.since = None;
            return if at >= deadline { self.missed(at) } else { Outcome::Pending };
        }
        let since = *self.since.get_or_insert(at);
        if since > deadline {
            return self.missed(at);
        }
        if at.since(since) >= unit::to_duration(holding) {
            return Outcome::Satisfied { at, atom: judgement.atom };
        }
        Outcome::Pending
    }

    /// It did not become true in time; unless there was a gap in which it might have.
    fn missed(&self, at: Instant) -> Outcome {
        match &self.gap {
            Some((since, cause)) => Outcome::Inconclusive { reason: format!("unknown from {since} on: {cause}") },
            None if !self.known_in_time => Outcome::Inconclusive { reason: self.never_judged() },
            None => Outcome::Violated { at, atom: self.last.as_ref().and_then(|last| last.atom.clone()) },
        }
    }

    /// Decides at the end of the time: what is still pending becomes inconclusive with its reason.
    pub fn finish(&mut self, end: Instant, signals: &Signals, baselines: &Baselines) -> Outcome {
        if self.phase.end.is_none() && matches!(self.demand, Demand::Always | Demand::Never) {
            self.phase.end = Some(end);
        }
        let outcome = self.advance(signals, baselines);
        if outcome != Outcome::Pending {
            return outcome;
        }
        if let Demand::Within { deadline, .. } = self.demand
            && end < self.phase.start + unit::to_duration(deadline)
        {
            return Outcome::Inconclusive { reason: "its time was over before its deadline".to_owned() };
        }
        let stale = signals.stale_after(&self.condition.readings());
        self.note_gap(end, stale);
        match (&self.gap, self.known, self.demand) {
            (Some((since, cause)), ..) => Outcome::Inconclusive { reason: format!("unknown from {since} on: {cause}") },
            (None, None, _) => Outcome::Inconclusive { reason: self.never_judged() },
            (None, Some(at), Demand::Always | Demand::Never) => {
                Outcome::Satisfied { at, atom: self.closest.as_ref().and_then(|closest| closest.atom.clone()) }
            }
            (None, Some(at), _) => self.missed(at),
        }
    }

    fn never_judged(&self) -> String {
        match &self.unknown {
            Some(cause) => cause.to_string(),
            None => "no sample's window lies inside the time it is judged in".to_owned(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::{Obligation, Outcome, Phase};
    use crate::base::{Instant, SourceId, Span};
    use crate::monitor::signal::{Cause, Point, Sample, Signals};
    use crate::monitor::truth::Baselines;
    use crate::syntax::tree::Comparator;
    use crate::types::Type;
    use crate::types::term::{Aggregate, Comparison, Condition, Demand, MetricId, Reading, Term};
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(second: f64) -> Instant {
        Instant((second * 1e9) as u64)
    }

    fn metric() -> MetricId {
        MetricId { service: "a".to_owned(), metric: "x".to_owned() }
    }

    /// `a.x >= 5` over a gauge.
    fn condition() -> Condition {
        let reading =
            Reading { metric: metric(), ty: Type::Count, aggregate: Aggregate::Plain, window: None, cohort: None };
        Condition::Compare(Comparison {
            left: Term::Reading(Box::new(reading)),
            comparator: Comparator::AtLeast,
            right: Term::Constant(5.0),
            ty: Type::Count,
            text: "a.x >= 5".to_owned(),
            span: Span::new(SourceId(0), 0, 0),
        })
    }

    /// One sample a second from second 1 on; `None` is a failed read.
    fn signals(values: &[Option<f64>]) -> Signals {
        let mut signals = Signals::default();
        signals.add(metric(), SECOND * 5 / 2);
        for (second, value) in (1..).zip(values) {
            let value = value.map(Point::Gauge).ok_or(Cause::Unreadable("down".to_owned()));
            let at = at(f64::from(second));
            signals.push(&metric(), Sample { from: at - SECOND, at, value });
        }
        signals
    }

    fn run(demand: Demand, values: &[Option<f64>], end: f64) -> Outcome {
        let phase = Phase { start: at(0.5), end: None };
        let mut obligation = Obligation::new(condition(), demand, phase, SECOND);
        let signals = signals(values);
        match obligation.advance(&signals, &Baselines::new()) {
            Outcome::Pending => obligation.finish(at(end), &signals, &Baselines::new()),
            decided => decided,
        }
    }

    fn values(list: &[f64]) -> Vec<Option<f64>> {
        list.iter().map(|value| Some(*value)).collect()
    }

    #[test]
    fn always_holds_at_every_sample() {
        assert!(matches!(run(Demand::Always, &values(&[9.0, 5.0, 9.0]), 3.5), Outcome::Satisfied { .. }));
        let Outcome::Violated { at: when, atom } = run(Demand::Always, &values(&[9.0, 4.0, 9.0]), 3.5) else {
            panic!("should be violated")
        };
        assert_eq!(when, at(2.0));
        assert_eq!(atom.and_then(|atom| atom.margin), Some(-1.0));
    }

    #[test]
    fn never_is_the_opposite() {
        assert!(matches!(run(Demand::Never, &values(&[1.0, 4.0]), 2.5), Outcome::Satisfied { .. }));
        assert!(matches!(run(Demand::Never, &values(&[1.0, 5.0]), 2.5), Outcome::Violated { .. }));
    }

    #[test]
    fn a_short_gap_harms_no_always_and_a_long_one_does() {
        let short = [Some(9.0), None, Some(9.0), Some(9.0)];
        assert!(matches!(run(Demand::Always, &short, 4.5), Outcome::Satisfied { .. }));
        let long = [Some(9.0), None, None, None, Some(9.0)];
        assert!(matches!(run(Demand::Always, &long, 5.5), Outcome::Inconclusive { .. }));
    }

    #[test]
    fn data_that_ends_early_proves_nothing() {
        assert!(matches!(run(Demand::Always, &values(&[9.0, 9.0]), 30.0), Outcome::Inconclusive { .. }));
        assert!(matches!(run(Demand::Always, &[], 3.0), Outcome::Inconclusive { .. }));
    }

    #[test]
    fn within_needs_one_true_sample_in_time() {
        let demand = Demand::Within { deadline: 3.0, holding: 0.0 };
        assert!(matches!(run(demand, &values(&[1.0, 1.0, 6.0]), 3.5), Outcome::Satisfied { .. }));
        assert!(matches!(run(demand, &values(&[1.0, 1.0, 1.0, 6.0]), 3.5), Outcome::Violated { .. }));
        assert!(matches!(run(demand, &[None, None, None, None], 3.5), Outcome::Inconclusive { .. }));
    }

    #[test]
    fn what_is_first_known_after_the_deadline_is_no_violation() {
        let demand = Demand::Within { deadline: 2.0, holding: 0.0 };
        assert!(matches!(run(demand, &[None, None, Some(9.0)], 3.5), Outcome::Inconclusive { .. }));
    }

    #[test]
    fn holding_starts_again_after_every_failure() {
        let demand = Demand::Within { deadline: 4.0, holding: 2.0 };
        assert!(matches!(run(demand, &values(&[6.0, 1.0, 6.0, 6.0, 6.0]), 6.5), Outcome::Satisfied { .. }));
        assert!(matches!(run(demand, &values(&[6.0, 1.0, 6.0, 1.0, 6.0, 6.0, 6.0]), 6.5), Outcome::Violated { .. }));
        assert!(matches!(run(demand, &values(&[1.0, 1.0, 1.0, 6.0, 1.0]), 6.5), Outcome::Violated { .. }));
    }

    #[test]
    fn now_is_decided_by_the_first_sample() {
        assert!(matches!(run(Demand::Now, &values(&[9.0]), 3.0), Outcome::Satisfied { .. }));
        assert!(matches!(run(Demand::Now, &values(&[1.0]), 3.0), Outcome::Violated { .. }));
        assert!(matches!(run(Demand::Now, &[None], 3.0), Outcome::Inconclusive { .. }));
    }
}
