//! An expectation over time: a condition, an anchor, a horizon, and what became of it.

use super::baseline::Baselines;
use super::comparison::{self, Scene, Weighed};
use super::robustness::Robustness;
use super::share::Share;
use super::signal::{Cause, Signals};
use super::temporal::{Bounds, Formula, Monitor, Verdict};
use super::truth::{Atom, Judgement, NONE_PROVEN, View, judge};
use crate::base::{Instant, unit};
use crate::types::Type;
use crate::types::term::{Condition, Demand};
use std::sync::Arc;
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
    /// A comparison: what it proves depends on how many others the experiment makes.
    Weighed(Box<Weighed>),
}

/// The time in which a condition is judged: only samples whose windows lie inside count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phase {
    /// From here on.
    pub start: Instant,
    /// Up to here, where the end is known beforehand.
    pub end: Option<Instant>,
}

/// A condition being judged. What it remembers does not grow with time.
#[derive(Clone, Debug)]
pub struct Obligation {
    condition: Condition,
    demand: Demand,
    phase: Phase,
    window: Duration,
    seen: Instant,
    /// The last sample at which the condition was known, and what it was.
    known: Option<(Instant, Robustness)>,
    gap: Option<(Instant, Cause)>,
    unknown: Option<Cause>,
    closest: Option<Judgement>,
    last: Option<Judgement>,
    /// The last sample at which the condition held.
    held: Option<Judgement>,
    within: Within,
    share: Share,
    /// When its phase ends at the latest.
    latest_end: Option<Instant>,
}

/// So many unknown instants are looked at again, at most.
const MOST_OPEN: usize = 1_000;

impl Obligation {
    /// `always`/`never` need an end at the latest when they are finished; `window` is that of aggregates without `over`.
    pub fn new(condition: Condition, demand: Demand, phase: Phase, window: Duration) -> Self {
        let condition = if demand == Demand::Never { Condition::Not(Arc::new(condition)) } else { condition };
        Self {
            condition,
            demand,
            phase,
            window,
            seen: phase.start - Duration::from_nanos(1),
            known: None,
            gap: None,
            unknown: None,
            closest: None,
            last: None,
            held: None,
            within: Within::new(demand, phase.start),
            share: Share::default(),
            latest_end: phase.end,
        }
    }

    /// Says when its phase ends at the latest, so that what can no longer be reached is known before the end.
    #[must_use]
    pub fn ending_by(self, latest_end: Instant) -> Self {
        Self { latest_end: Some(latest_end), ..self }
    }

    /// The last moment that matters, where it is known.
    pub fn horizon(&self) -> Option<Instant> {
        match self.demand {
            Demand::Within { deadline, holding } => Some(self.phase.start + unit::to_duration(deadline + holding)),
            Demand::Now => None,
            Demand::Always | Demand::Never | Demand::Share(_) | Demand::Compared => self.phase.end,
        }
    }

    /// Takes in the samples that have come since the last call. What is unknown is looked at again once more is known: a
    /// source may tell later what was there.
    pub fn advance(&mut self, signals: &Signals, baselines: &Baselines) -> Outcome {
        self.go_on(signals, baselines).0
    }

    /// The same, with what is unknown up to now.
    fn go_on(&mut self, signals: &Signals, baselines: &Baselines) -> (Outcome, Vec<(Instant, Judgement)>) {
        let mut open = Vec::new();
        if self.demand == Demand::Compared {
            return (Outcome::Pending, open); // weighed at its end
        }
        let readings = self.condition.readings();
        let stale = signals.stale_after(&readings);
        let instants = signals.instants(&readings, self.seen);
        let counts = matches!(self.demand, Demand::Always | Demand::Never);
        let increase_from = counts.then_some(self.phase.start);
        let view = View { signals, window: self.window, increase_from, baselines, proven: NONE_PROVEN };
        for at in instants {
            if self.phase.end.is_some_and(|end| at > end) {
                break;
            }
            let judgement = judge(&self.condition, at, view);
            let reaches_back = judgement.from < self.phase.start && self.demand != Demand::Now;
            if reaches_back && judgement.cause().is_none() {
                continue; // its window reaches back before the phase
            }
            if judgement.is_unknown() && open.len() < MOST_OPEN {
                open.push((at, judgement));
                continue;
            }
            self.leave(std::mem::take(&mut open), stale);
            self.seen = at;
            let outcome = self.take(at, judgement, stale);
            if outcome != Outcome::Pending {
                return (outcome, open);
            }
        }
        (Outcome::Pending, open)
    }

    /// What was unknown stays so.
    fn leave(&mut self, open: Vec<(Instant, Judgement)>, stale: Duration) {
        for (at, judgement) in open {
            self.take(at, judgement, stale);
        }
    }

    fn take(&mut self, at: Instant, judgement: Judgement, stale: Duration) -> Outcome {
        if judgement.is_unknown() {
            self.unknown = judgement.cause().or(Some(Cause::NoSample));
            self.note_gap(at, stale);
            return Outcome::Pending;
        }
        self.note_gap(at, stale);
        let robustness = judgement.robustness();
        self.known = Some((at, robustness));
        self.unknown = None;
        self.last = Some(judgement.clone());
        if judgement.holds() {
            self.held = self.last.clone();
        }
        match self.demand {
            Demand::Now => self.decided(at, judgement),
            Demand::Always | Demand::Never => self.always(at, judgement),
            Demand::Within { .. } => self.within(at, robustness),
            Demand::Share(least) => self.share(at, robustness, stale, least),
            Demand::Compared => Outcome::Pending,
        }
    }

    /// A time without known samples that is longer than a value holds.
    fn note_gap(&mut self, at: Instant, stale: Duration) {
        let since = self.known.map_or(self.phase.start, |(last, _)| last);
        let allowed = match self.known {
            Some((last, _)) => last + stale,
            None => self.phase.start + self.widest() + stale,
        };
        if at > allowed {
            let cause = self.unknown.clone().unwrap_or(Cause::NoSample);
            self.gap.get_or_insert((since, cause));
            self.within.take(allowed, Robustness::UNKNOWN);
            if self.known.is_none() {
                self.share = Share::default();
                self.share.unknown(allowed, at);
            }
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

    fn within(&mut self, at: Instant, robustness: Robustness) -> Outcome {
        self.within.take(at, robustness);
        // A sample that fails at or after the deadline is in every window that is still open.
        let lost =
            self.within.is_lost() && (self.within.is_over() || (robustness.fails() && at >= self.within.deadline));
        match (self.within.best.holds(), lost) {
            (true, _) => Outcome::Satisfied { at, atom: self.held_atom() },
            (_, true) => Outcome::Violated { at, atom: self.last_atom() },
            _ => Outcome::Pending,
        }
    }

    /// The sample that ends a window in which it held may be one at which it does not.
    fn held_atom(&self) -> Option<Atom> {
        self.held.as_ref().and_then(|held| held.atom.clone())
    }

    fn last_atom(&self) -> Option<Atom> {
        self.last.as_ref().and_then(|last| last.atom.clone())
    }

    fn share(&mut self, at: Instant, robustness: Robustness, stale: Duration, least: f64) -> Outcome {
        self.share.take(at, robustness, stale);
        let longest = self.latest_end.map(|end| end.since(self.phase.start));
        if longest.is_some_and(|longest| self.share.is_lost(least, longest)) {
            return Outcome::Violated { at, atom: self.share_atom(least) };
        }
        Outcome::Pending
    }

    /// The share of the time as a comparison of its own.
    fn share_atom(&self, least: f64) -> Option<Atom> {
        let (lo, hi) = self.share.bounds()?;
        let share = if hi < least { hi } else { lo };
        let last = self.last_atom();
        let text = last.map_or_else(String::new, |atom| atom.text);
        Some(Atom { text, ty: Type::Ratio, left: Ok(share), right: Ok(least), margin: Some(share - least) })
    }

    /// Decides at the end of the time: what is still pending becomes inconclusive with its reason.
    pub fn finish(&mut self, end: Instant, signals: &Signals, baselines: &Baselines) -> Outcome {
        if self.demand == Demand::Compared {
            let scene = Scene { signals, baselines, window: self.window };
            let phase = (self.phase.start, self.phase.end.unwrap_or(end));
            return match comparison::weigh(&self.condition, phase, scene) {
                Ok(weighed) => Outcome::Weighed(Box::new(weighed)),
                Err(reason) => Outcome::Inconclusive { reason },
            };
        }
        if self.phase.end.is_none() && matches!(self.demand, Demand::Always | Demand::Never | Demand::Share(_)) {
            self.phase.end = Some(end);
        }
        let (outcome, open) = self.go_on(signals, baselines);
        if outcome != Outcome::Pending {
            return outcome;
        }
        let stale = signals.stale_after(&self.condition.readings());
        self.leave(open, stale);
        if let Demand::Within { deadline, .. } = self.demand
            && end < self.phase.start + unit::to_duration(deadline)
        {
            return Outcome::Inconclusive { reason: "its time was over before its deadline".to_owned() };
        }
        self.note_gap(end, stale);
        match self.demand {
            Demand::Within { .. } => self.finish_within(end, stale),
            Demand::Share(least) => self.finish_share(end, stale, least),
            _ => self.finish_rest(),
        }
    }

    fn finish_within(&mut self, end: Instant, stale: Duration) -> Outcome {
        if let Some((last, robustness)) = self.known
            && end <= last + stale
        {
            self.within.take(end, robustness); // the last value is still in force
        }
        self.within.finish();
        match self.within.best {
            best if best.holds() => Outcome::Satisfied { at: end, atom: self.held_atom() },
            best if best.fails() && self.within.began => Outcome::Violated { at: end, atom: self.last_atom() },
            _ => self.why_inconclusive(),
        }
    }

    fn finish_share(&mut self, end: Instant, stale: Duration, least: f64) -> Outcome {
        self.share.pass(end, stale);
        if self.known.is_none() {
            return self.why_inconclusive();
        }
        let atom = self.share_atom(least);
        match self.share.bounds() {
            Some((lo, _)) if lo >= least => Outcome::Satisfied { at: end, atom },
            Some((_, hi)) if hi < least => Outcome::Violated { at: end, atom },
            _ => self.why_inconclusive(),
        }
    }

    fn finish_rest(&self) -> Outcome {
        match (&self.gap, self.known) {
            (None, Some((at, _))) if self.demand != Demand::Now => {
                Outcome::Satisfied { at, atom: self.closest.as_ref().and_then(|closest| closest.atom.clone()) }
            }
            _ => self.why_inconclusive(),
        }
    }

    fn why_inconclusive(&self) -> Outcome {
        let reason = match (&self.gap, &self.unknown, self.known) {
            (Some((since, cause)), ..) => format!("unknown from {since} on: {cause}"),
            (None, Some(cause), _) => cause.to_string(),
            (None, None, Some(_)) => "its time was over before it could be decided".to_owned(),
            (None, None, None) => "no sample's window lies inside the time it is judged in".to_owned(),
        };
        Outcome::Inconclusive { reason }
    }
}

/// `within d holding h`: at some instant up to the deadline it holds, and goes on to.
#[derive(Clone, Debug)]
struct Within {
    monitor: Monitor,
    deadline: Instant,
    holding: Duration,
    /// The best of the instants that are judged.
    best: Robustness,
    /// Whether there was an instant to judge.
    began: bool,
    last: Option<Instant>,
}

impl Within {
    fn new(demand: Demand, start: Instant) -> Self {
        let (deadline, holding) = match demand {
            Demand::Within { deadline, holding } => (unit::to_duration(deadline), unit::to_duration(holding)),
            _ => (Duration::ZERO, Duration::ZERO),
        };
        let formula = Formula::Always(Bounds::up_to(holding), Box::new(Formula::Atom(0)));
        let monitor = Monitor::new(&formula);
        Self { monitor, deadline: start + deadline, holding, best: Robustness::FALSE, began: false, last: None }
    }

    fn take(&mut self, at: Instant, robustness: Robustness) {
        self.began |= at <= self.deadline;
        self.last = self.last.max(Some(at));
        let (deadline, mut best) = (self.deadline, self.best);
        let judged = self.monitor.push(at, &[robustness]);
        judged.filter(|verdict| verdict.at <= deadline).for_each(|verdict| best = best.or(verdict.robustness));
        self.best = best;
    }

    /// Whether no instant that was judged may hold.
    fn is_lost(&self) -> bool {
        self.began && self.best.fails()
    }

    /// Whether every window is over.
    fn is_over(&self) -> bool {
        self.last.is_some_and(|last| last > self.deadline + self.holding)
    }

    fn finish(&mut self) {
        let deadline = self.deadline;
        let rest: Vec<Verdict> = self.monitor.finish().filter(|verdict| verdict.at <= deadline).collect();
        self.best = rest.into_iter().fold(self.best, |best, verdict| best.or(verdict.robustness));
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::{Obligation, Outcome, Phase};
    use crate::base::{Instant, SourceId, Span};
    use crate::monitor::baseline::Baselines;
    use crate::monitor::signal::{Cause, Point, Sample, Signals};
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
        Condition::from(Comparison {
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
    fn what_is_told_of_a_gap_later_is_judged() {
        let whole = |told: f64| {
            let phase = Phase { start: at(0.5), end: None };
            let mut obligation = Obligation::new(condition(), Demand::Always, phase, SECOND);
            let mut signals = signals(&[Some(9.0), None, None, None, None, None, None]);
            assert_eq!(obligation.advance(&signals, &Baselines::new()), Outcome::Pending);
            for second in 2..9 {
                let (at, value) = (at(f64::from(second) + 0.25), if second == 4 { told } else { 9.0 });
                signals.push(&metric(), Sample { from: at, at, value: Ok(Point::Gauge(value)) });
            }
            match obligation.advance(&signals, &Baselines::new()) {
                Outcome::Pending => obligation.finish(at(9.0), &signals, &Baselines::new()),
                decided => decided,
            }
        };
        assert!(matches!(whole(9.0), Outcome::Satisfied { .. }));
        assert!(matches!(whole(2.0), Outcome::Violated { at: when, .. } if when == at(4.25)));
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
    fn what_held_is_told_by_a_sample_at_which_it_did() {
        let demand = Demand::Within { deadline: 4.0, holding: 0.5 };
        let Outcome::Satisfied { atom, .. } = run(demand, &values(&[1.0, 7.0, 1.0]), 6.0) else {
            panic!("should be satisfied")
        };
        assert_eq!(atom.and_then(|atom| atom.margin), Some(2.0));
    }

    #[test]
    fn now_is_decided_by_the_first_sample() {
        assert!(matches!(run(Demand::Now, &values(&[9.0]), 3.0), Outcome::Satisfied { .. }));
        assert!(matches!(run(Demand::Now, &values(&[1.0]), 3.0), Outcome::Violated { .. }));
        assert!(matches!(run(Demand::Now, &[None], 3.0), Outcome::Inconclusive { .. }));
    }
}
