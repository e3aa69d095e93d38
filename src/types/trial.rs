//! What a test gives and expects, once it is understood.

use super::model::Argument;
use super::term::MetricId;
use crate::base::Span;

/// Something that a test gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// What.
    pub what: What,
    /// From when on.
    pub since: Since,
    /// For how many seconds; nothing: from then on.
    pub lasting: Option<f64>,
    /// Where it is written.
    pub span: Span,
}

/// What is given.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Every metric that nothing else is said of satisfies its conditions.
    Steady,
    /// Somebody stops the run.
    Stop,
    /// A metric's values, or those of a part of its traffic.
    Metric(MetricId, Course),
    /// A metric of which no sample comes.
    NoData(MetricId),
    /// A source that does not answer.
    SilentSource(String),
    /// Requests a second to a service.
    Traffic(String, Course),
    /// What a step finds that calls a probe.
    Answer(String, Argument),
    /// What becomes of a step.
    Happening(String, Happening),
}

/// What can become of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happening {
    /// The inject fails, or the call finds nothing.
    Fails,
    /// It does not come back.
    Hangs,
    /// The fault acts on nothing, so there is no evidence of it.
    Unseen,
    /// Its target loses the fault before its time.
    Vanishes,
    /// The fault cannot be taken back.
    Sticks,
}

impl Happening {
    /// All of them that are said as `given STEP …`, by their words.
    pub const SAID: &'static [(&'static str, Happening)] = &[
        ("fails", Happening::Fails),
        ("hangs", Happening::Hangs),
        ("vanishes", Happening::Vanishes),
        ("sticks", Happening::Sticks),
    ];

    /// Whether it may be said of a step that calls a probe.
    pub fn is_of_calls(self) -> bool {
        matches!(self, Happening::Fails | Happening::Hangs)
    }
}

/// Values over time, in base units.
#[derive(Clone, Debug, PartialEq)]
pub enum Course {
    /// One value.
    One(f64),
    /// From one value to another, which stays.
    Ramp {
        /// The first.
        from: f64,
        /// The last.
        to: f64,
        /// How many seconds it takes.
        over: f64,
    },
    /// One value after the other, of which the last stays.
    Levels {
        /// The values; at least one.
        values: Vec<f64>,
        /// How many seconds each takes.
        every: f64,
    },
}

impl Course {
    /// The value so many seconds after its beginning.
    pub fn at(&self, seconds: f64) -> f64 {
        match self {
            Course::One(value) => *value,
            Course::Ramp { from, to, over } if seconds < *over => from + (to - from) * seconds / over,
            Course::Ramp { to, .. } => *to,
            Course::Levels { values, every } => {
                let last = values.len().saturating_sub(1);
                values.get(((seconds / every) as usize).min(last)).copied().unwrap_or(f64::NAN)
            }
        }
    }
}

impl Course {
    /// When it turns after so many seconds, in seconds from its beginning, in order.
    pub fn turns(&self, after: f64) -> impl Iterator<Item = f64> {
        let (every, first, last) = match self {
            Course::One(_) => (0.0, 1, 0),
            Course::Ramp { over, .. } => (*over, 1, 1),
            Course::Levels { values, every } => {
                (*every, 1.max((after / every) as usize), values.len().saturating_sub(1))
            }
        };
        (first..=last).map(move |turn| turn as f64 * every)
    }
}

/// A moment: so many seconds after the beginning of the run, or after the beginning or the end of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Since {
    /// Seconds.
    pub offset: f64,
    /// The step, and whether it counts from its end.
    pub step: Option<(String, bool)>,
}

/// Something that a test expects.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// How the run ends.
    Verdict(ExpectedVerdict),
    /// What becomes of a step.
    Step(ExpectedStep),
}

/// A verdict that a test expects.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedVerdict {
    /// The verdict's words.
    pub word: String,
    /// What it must have come from.
    pub because: Option<Cause>,
    /// Where it is expected.
    pub span: Span,
}

/// What a verdict came from.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// A condition that reads this metric.
    Metric(MetricId),
    /// Something in this step.
    Step(String),
    /// A reason that holds this text.
    Text(String),
}

/// What is expected of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedStep {
    /// The step.
    pub step: String,
    /// What must become of it.
    pub outcome: Outcome,
    /// In how many seconds, and after what.
    pub within: Option<(f64, After)>,
    /// Where it is expected.
    pub span: Span,
}

/// What can have become of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The fault was in force.
    Injected,
    /// The fault was taken back.
    Reverted,
    /// All that it expects was satisfied.
    Satisfied,
    /// Something that it expects was violated.
    Violated,
    /// Something that it expects could not be judged.
    Inconclusive,
    /// It was passed over.
    Skipped,
}

impl Outcome {
    /// All of them with their words.
    pub const ALL: &'static [(&'static str, Outcome)] = &[
        ("injected", Outcome::Injected),
        ("reverted", Outcome::Reverted),
        ("satisfied", Outcome::Satisfied),
        ("violated", Outcome::Violated),
        ("inconclusive", Outcome::Inconclusive),
        ("skipped", Outcome::Skipped),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, outcome)| *outcome == self).map_or("", |(word, _)| word)
    }

    /// Whether it can become of a fault only.
    pub fn is_of_faults(self) -> bool {
        matches!(self, Outcome::Injected | Outcome::Reverted)
    }
}

/// What a time is counted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// The step's own beginning.
    Beginning,
    /// The moment at which the run was stopped.
    Abort,
    /// The end of another step.
    Step(String),
}

/// A step's name without the numbers of rounds, and without blocks that have no name of their own: so it stands for the
/// steps of all rounds together.
pub fn without_rounds(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let is_round = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_derived = |part: &str| {
        part.rsplit_once('-').is_some_and(|(stem, number)| ["repeat", "escalate"].contains(&stem) && is_round(number))
    };
    let kept = parts.iter().enumerate().filter(|(at, part)| {
        let begins_round = parts.get(at + 1).is_some_and(|next| is_round(next));
        !(is_round(part) || begins_round && is_derived(part))
    });
    kept.map(|(_, part)| *part).collect::<Vec<_>>().join(".")
}

/// Whether a plan's step is one that `wanted` names: the step itself, one of a block of that name, or one of any round.
pub fn is_named(step: &str, wanted: &str) -> bool {
    let fits = |name: &str| name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    fits(step) || fits(&without_rounds(step))
}

#[cfg(test)]
mod tests {
    use super::{Course, is_named, without_rounds};

    #[test]
    fn courses_keep_their_last_value() {
        let ramp = Course::Ramp { from: 1.0, to: 0.5, over: 10.0 };
        assert_eq!([0.0, 5.0, 10.0, 99.0].map(|at| ramp.at(at)), [1.0, 0.75, 0.5, 0.5]);
        let levels = Course::Levels { values: vec![3.0, 2.0, 1.0], every: 10.0 };
        assert_eq!([0.0, 9.9, 10.0, 25.0, 1e300].map(|at| levels.at(at)), [3.0, 3.0, 2.0, 1.0, 1.0]);
        assert_eq!(Course::One(7.0).at(f64::MAX), 7.0);
    }

    #[test]
    fn a_name_stands_for_the_steps_of_all_rounds() {
        assert_eq!(without_rounds("first.escalate-1.2.level"), "first.level");
        assert_eq!(without_rounds("twice.2.outage"), "twice.outage");
        assert_eq!(without_rounds("repeat-2"), "repeat-2");
        assert!(is_named("twice.2.outage", "twice.outage") && is_named("twice.2.outage", "twice.2"));
        assert!(is_named("first.escalate-1.2.level", "first") && is_named("outage", "outage"));
        assert!(!is_named("outage-2", "outage") && !is_named("twice.2.outage", "twice.1.outage"));
    }
}
