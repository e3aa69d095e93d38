//! Whether it is still the same processes, of the same version, that a source tells of.
//!
//! A process says when it started (`process_start_time_seconds`) and what it was built of (`…_build_info`). Both are followed
//! instance by instance: one that is away and comes back as it was has not changed, one that is new has not changed either.
//! Where one goes and another comes that was started meanwhile, as pods do that are replaced, that is a change.

use super::exposition::{Format, Series, read};
use super::fetch::Fetcher;
use crate::base::Instant;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// The series that tells when a process started, in Unix seconds.
pub const START: &str = "process_start_time_seconds";
/// How the names of series end whose labels tell of what a process was built.
pub const BUILD: &str = "_build_info";
/// The labels by which instances are told apart where many come together.
pub const INSTANCE: [&str; 2] = ["job", "instance"];

/// Starts that are no further apart than this, in seconds, are one: some clients compute it from the time since boot, and a
/// clock that is set moves it.
const SAME: f64 = 1.001;
/// Pairs of an instance and a series that are followed, at most.
const MOST: usize = 20_000;
/// Different values that are kept of one of them, at most: behind one address there may be several processes.
const MOST_MARKS: usize = 100;
/// Instances that are gone and looked at in one read, at most.
const MOST_GONE: usize = 100;

/// Another process, or another version, where one of another kind was before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The instance: where it is read, or what the server behind the source calls it.
    pub instance: String,
    /// The series that shows it.
    pub series: String,
    /// The services whose metrics come from this instance.
    pub services: BTreeSet<String>,
    /// When it was last seen as it was before.
    pub since: Instant,
    /// What it was and what it is, for people.
    pub text: String,
}

impl Change {
    /// The same without secrets, should the source quote one.
    #[must_use]
    pub fn redacted(self, fetcher: &Fetcher) -> Self {
        let (instance, text) = (fetcher.redacted(&self.instance), fetcher.redacted(&self.text));
        Self { instance, text, ..self }
    }
}

/// What an instance says of itself in one series.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// When its process started, in Unix seconds.
    Start(f64),
    /// The labels of what it was built of.
    Build(BTreeMap<String, String>),
}

/// One look at an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// The instance.
    pub instance: String,
    /// The series.
    pub series: String,
    /// What it says.
    pub mark: Mark,
    /// When it said so.
    pub at: Instant,
    /// The services whose metrics come from this instance.
    pub services: BTreeSet<String>,
    /// When its process started, on our clock; the clock's own start where it is older. None where the series does not say.
    pub began: Option<Instant>,
}

/// The instances of one source, read after read.
#[derive(Clone, Debug)]
pub struct Instances {
    known: BTreeMap<(String, String), Known>,
    /// One that was not seen for longer is gone.
    patience: Duration,
}

#[derive(Clone, Debug)]
struct Known {
    marks: Vec<Mark>,
    last: Mark,
    at: Instant,
    /// When it was first seen.
    first: Instant,
    began: Option<Instant>,
    services: BTreeSet<String>,
    /// Whether it is known to have taken another's place, or to have lost its own.
    paired: bool,
}

impl Instances {
    /// Nothing is known yet. `lag`: how old the newest look at an instance can be that is there.
    pub fn new(lag: Duration) -> Self {
        Self { known: BTreeMap::new(), patience: lag.mul_f64(1.5) }
    }

    /// Takes in all that one read of the moment `now` shows, and gives what has changed.
    pub fn advance(&mut self, seen: Vec<Sighting>, now: Instant) -> Vec<Change> {
        let mut by_series: BTreeMap<(String, String), Vec<Sighting>> = BTreeMap::new();
        for sighting in seen {
            by_series.entry((sighting.instance.clone(), sighting.series.clone())).or_default().push(sighting);
        }
        let mut changes: Vec<Change> = by_series.into_iter().filter_map(|(of, seen)| self.take(of, seen)).collect();
        changes.extend(self.replaced(now));
        changes
    }

    /// The instances that are gone, each with one of the same service that was started since it was first seen.
    fn replaced(&mut self, now: Instant) -> Vec<Change> {
        let (patience, open) = (self.patience, |known: &Known| known.began.is_some() && !known.paired);
        let is_gone = |known: &Known| now.since(known.at) > patience;
        let gone = self.known.iter().filter(|(_, known)| open(known) && is_gone(known));
        let gone: Vec<(String, String)> = gone.map(|(of, _)| of.clone()).take(MOST_GONE).collect();
        let mut changes = Vec::new();
        for of in gone {
            let Some(old) = self.known.get(&of).cloned() else { continue };
            let comes = |new: &Known| new.first > old.first && new.began.is_some_and(|began| began > old.first);
            let kin = |new: &Known| !new.services.is_disjoint(&old.services);
            let mut others = self.known.iter_mut();
            let Some((by, new)) = others.find(|(_, new)| open(new) && !is_gone(new) && comes(new) && kin(new)) else {
                continue;
            };
            new.paired = true;
            let text = format!("{} is gone, and in its place is {}, which {}", of.0, by.0, new.last);
            let services = old.services.union(&new.services).cloned().collect();
            let (instance, series) = of.clone();
            changes.push(Change { instance, series, services, since: old.at, text });
            if let Some(old) = self.known.get_mut(&of) {
                old.paired = true;
            }
        }
        changes
    }

    fn take(&mut self, of: (String, String), seen: Vec<Sighting>) -> Option<Change> {
        let first = seen.first()?;
        let at = seen.iter().map(|one| one.at).max()?;
        let services: BTreeSet<String> = seen.iter().flat_map(|one| one.services.clone()).collect();
        let Some(known) = self.known.get_mut(&of) else {
            if self.known.len() < MOST {
                let marks = seen.iter().take(MOST_MARKS).map(|one| one.mark.clone()).collect();
                let (last, began) = (first.mark.clone(), first.began);
                self.known.insert(of, Known { marks, last, at, first: at, began, services, paired: false });
            }
            return None;
        };
        let new = seen.iter().map(|one| &one.mark).find(|mark| !known.marks.iter().any(|old| old.is(mark)));
        let change = new.map(|new| {
            let text = format!("{} {}", of.0, told(&known.last, new));
            Change { instance: of.0, series: of.1, services: services.clone(), since: known.at, text }
        });
        known.services.extend(services);
        known.remember(&seen, at);
        change
    }
}

impl Known {
    fn remember(&mut self, seen: &[Sighting], at: Instant) {
        for one in seen {
            if !self.marks.iter().any(|old| old.is(&one.mark)) {
                self.marks.push(one.mark.clone());
                self.last = one.mark.clone();
            }
        }
        if !seen.iter().any(|one| self.last.is(&one.mark)) {
            self.last = seen.first().map_or_else(|| self.last.clone(), |one| one.mark.clone());
        }
        let surplus = self.marks.len().saturating_sub(MOST_MARKS);
        self.marks.drain(..surplus);
        self.at = self.at.max(at);
    }
}

impl Mark {
    fn is(&self, other: &Mark) -> bool {
        match (self, other) {
            (Mark::Start(one), Mark::Start(other)) => (one - other).abs() <= SAME,
            (one, other) => one == other,
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mark::Start(start) => write!(f, "was started at {}", moment(*start)),
            Mark::Build(_) => f.write_str("has a version"),
        }
    }
}

fn told(old: &Mark, new: &Mark) -> String {
    match (old, new) {
        (Mark::Start(_), Mark::Start(_)) => format!("{old}, and is now one that {new}"),
        (Mark::Build(old), Mark::Build(new)) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let differ = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
            let pair = |name: &String| format!("{name} {} is now {}", value(old.get(name)), value(new.get(name)));
            let pairs: Vec<String> = differ.take(4).map(pair).collect();
            format!("has another version: {}", pairs.join(", "))
        }
        _ => "has changed".to_owned(),
    }
}

fn value(text: Option<&String>) -> String {
    const LONGEST: usize = 60;
    text.map_or_else(|| "(none)".to_owned(), |text| format!("{:?}", text.chars().take(LONGEST).collect::<String>()))
}

/// A moment as a date; a figure that is none as it is.
fn moment(seconds: f64) -> String {
    let date = jiff::Timestamp::from_millisecond((seconds * 1000.0).round() as i64);
    date.map_or_else(|_| format!("{seconds}"), |date| date.to_string())
}

/// When a process began by a mark, on our clock, where it is `unix` seconds at the moment `at`.
pub fn began(mark: &Mark, unix: f64, at: Instant) -> Option<Instant> {
    match mark {
        Mark::Start(start) => Some(at - Duration::try_from_secs_f64((unix - start).max(0.0)).unwrap_or(Duration::MAX)),
        Mark::Build(_) => None,
    }
}

/// The marks in series; a start that is no number says nothing.
pub fn marks<'s>(series: impl IntoIterator<Item = &'s Series>) -> impl Iterator<Item = (&'s Series, Mark)> {
    series.into_iter().filter_map(|one| {
        let mark = match one.name.as_str() {
            START => Mark::Start(Some(one.value).filter(|it| it.is_finite())?),
            name if name.ends_with(BUILD) => Mark::Build(
                one.labels.iter().filter(|(label, _)| !INSTANCE.contains(&label.as_str())).map(owned).collect(),
            ),
            _ => return None,
        };
        Some((one, mark))
    })
}

fn owned((label, value): (&String, &String)) -> (String, String) {
    (label.clone(), value.clone())
}

/// The series of a page that tell what runs behind it. Where one cannot be read, those of its kind say nothing.
pub fn told_by(text: &str, format: Format) -> Vec<Series> {
    let starts = read(text, format, |name| name == START).unwrap_or_default();
    let builds = read(text, format, |name| name.ends_with(BUILD)).unwrap_or_default();
    starts.into_iter().chain(builds).collect()
}

/// An instance by its labels, at a place; a page may show many, as that of a server does that passes others' metrics on.
pub fn named(place: &str, labels: &BTreeMap<String, String>) -> String {
    let [job, instance] = INSTANCE.map(|label| labels.get(label).filter(|value| !value.is_empty()));
    let labels = [("job", job), ("instance", instance)];
    let shown = labels.iter().filter_map(|(label, value)| value.map(|value| format!("{label}={value:?}")));
    let shown: Vec<String> = shown.collect();
    match (place, shown.is_empty()) {
        (place, true) => place.to_owned(),
        ("", false) => format!("{{{}}}", shown.join(", ")),
        (place, false) => format!("{place} {{{}}}", shown.join(", ")),
    }
}

#[cfg(test)]
#[path = "instances_tests.rs"]
mod tests;
