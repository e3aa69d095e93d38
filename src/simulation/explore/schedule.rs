//! What goes wrong in one simulated run, and when: a schedule, which can be written down, shortened and played again.

use crate::base::{Instant, unit};
use crate::simulation::fate::{Deed, End, Turn};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Who does something: the first or the second run, or somebody who takes back what they left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// A run: 1 or 2.
    Run(u32),
    /// A recovery, counted from 1.
    Recovery(u32),
}

/// Which of its deeds: what it is, and the how-many-eth of its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Who.
    pub actor: Actor,
    /// What it does, or `begin`, `stop` or `limits`.
    pub deed: String,
    /// The how-many-eth time, from 1.
    pub time: u32,
}

/// What goes wrong, by where. Everything else goes well, and takes no time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    /// The turns that are taken.
    pub turns: BTreeMap<Place, Turn>,
}

/// A run begins so much later, or is stopped so much after its beginning.
pub const BEGIN: &str = "begin";
/// Somebody stops the run.
pub const STOP: &str = "stop";
/// The limits that hold at each inject.
pub const LIMITS: &str = "limits";

/// A deed in words.
pub fn words(deed: Deed) -> String {
    match deed {
        Deed::Prepare(step) => format!("prepare {step}"),
        Deed::Inject(step) => format!("inject {step}"),
        Deed::Revert(step) => format!("revert {step}"),
        Deed::Renew(step) => format!("renew {step}"),
        Deed::Start(what) => format!("start {what}"),
        Deed::Stop(what) => format!("stop {what}"),
        Deed::Read(source) => format!("read {source}"),
        Deed::Call(step) => format!("call {step}"),
        Deed::Look(step) => format!("look at {step}"),
    }
}

/// The ends of deeds in words.
const ENDS: &[(End, &str)] = &[
    (End::Well, "goes well"),
    (End::Fails, "fails"),
    (End::FailsThoughDone, "fails though it was done"),
    (End::Vanishes, "finds the fault lost"),
    (End::Unseen, "sees nothing of it"),
    (End::Halved, "are half of those proven"),
    (End::Lost, "gives nothing"),
    (End::Overtaken, "comes after the next one"),
    (End::Strays, "shows something else"),
    (End::DiesBefore, "kills the runner before it is done"),
    (End::DiesAfter, "kills the runner when it is done"),
];

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Run(number) => write!(f, "run {number}"),
            Actor::Recovery(number) => write!(f, "recovery {number}"),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, turn) in &self.turns {
            let end = ENDS.iter().find(|(end, _)| *end == turn.end).map_or("", |(_, words)| words);
            let nanoseconds = turn.takes.as_nanos();
            writeln!(f, "{}: {} #{}: takes {nanoseconds}ns, {end}", place.actor, place.deed, place.time)?;
        }
        Ok(())
    }
}

impl Schedule {
    /// Reads what was written down; empty lines and comments are passed over.
    ///
    /// # Errors
    /// The line that cannot be read, with what is wrong.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut schedule = Schedule::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (place, turn) = entry(line).ok_or_else(|| {
                format!(
                    "line {}: `{line}` is none of a schedule; one is `run 1: revert outage #1: takes 0ns, fails`",
                    at + 1
                )
            })?;
            schedule.turns.insert(place, turn);
        }
        Ok(schedule)
    }

    /// What is said of a deed.
    pub fn turn(&self, place: &Place) -> Option<Turn> {
        self.turns.get(place).copied()
    }

    /// What is said of a run's beginning or its stop: how much later.
    pub fn moment(&self, actor: Actor, what: &str) -> Option<Duration> {
        let place = Place { actor, deed: what.to_owned(), time: 1 };
        self.turns.get(&place).map(|turn| turn.takes)
    }

    /// The same for people, a line each.
    pub fn told(&self) -> Vec<String> {
        let one = |(place, turn): (&Place, &Turn)| {
            let end = ENDS.iter().find(|(end, _)| *end == turn.end).map_or("", |(_, words)| words);
            let takes = unit::show_duration(turn.takes.as_secs_f64());
            let time = Instant(0) + turn.takes;
            match (place.deed.as_str(), turn.takes.is_zero()) {
                (BEGIN, _) => format!("{}: begins after {time}", place.actor),
                (STOP, _) => format!("{}: somebody stops it after {time}", place.actor),
                (LIMITS, _) => format!("{}: its limits {end}", place.actor),
                (deed, true) => format!("{}: {deed}, #{}: {end}", place.actor, place.time),
                (deed, false) => format!("{}: {deed}, #{}: takes {takes}, {end}", place.actor, place.time),
            }
        };
        self.turns.iter().map(one).collect()
    }
}

fn entry(line: &str) -> Option<(Place, Turn)> {
    let (actor, rest) = line.split_once(": ")?;
    let (rest, what) = rest.rsplit_once(": takes ")?;
    let (deed, time) = rest.rsplit_once(" #")?;
    let (takes, end) = what.split_once("ns, ")?;
    let (kind, number) = actor.split_once(' ')?;
    let number = number.parse().ok()?;
    let actor = match kind {
        "run" => Actor::Run(number),
        "recovery" => Actor::Recovery(number),
        _ => return None,
    };
    let end = ENDS.iter().find(|(_, words)| *words == end)?.0;
    let place = Place { actor, deed: deed.to_owned(), time: time.parse().ok()? };
    Some((place, Turn { takes: Duration::from_nanos(takes.parse().ok()?), end }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Actor, End, Place, Schedule, Turn};
    use std::time::Duration;

    #[test]
    fn what_was_written_down_is_read_again() {
        let place = |actor, deed: &str, time| Place { actor, deed: deed.to_owned(), time };
        let turn = |takes, end| Turn { takes: Duration::from_nanos(takes), end };
        let turns = [
            (place(Actor::Run(1), "revert first.escalate-1.2.level", 3), turn(1_500_000_001, End::DiesBefore)),
            (place(Actor::Run(2), "begin", 1), turn(9_000_000_000, End::Well)),
            (place(Actor::Recovery(1), "stop proxy of payment on 127.0.0.1:7392", 1), turn(0, End::FailsThoughDone)),
        ];
        let schedule = Schedule { turns: turns.into() };
        assert_eq!(Schedule::read(&format!("# comment\n\n{schedule}")).unwrap(), schedule);
    }

    #[test]
    fn what_is_none_is_told_with_its_line() {
        for line in ["", "run 1: revert outage #1: takes 1ns, fails"] {
            assert!(Schedule::read(line).is_ok());
        }
        for line in ["run one: revert outage #1: takes 1ns, fails", "run 1: revert outage: takes 1ns, fails", "?"] {
            let error = Schedule::read(&format!("\n{line}")).unwrap_err();
            assert!(error.starts_with("line 2"), "{error}");
        }
    }
}
