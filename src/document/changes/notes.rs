//! The changes of a comparison, a line each.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// The changes so far, in order.
#[derive(Default)]
pub struct Notes {
    all: Vec<Change>,
    /// Where a change is that may be in several places.
    shared: BTreeMap<String, usize>,
}

/// What is not the same in two plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The step or other part of the plan; several where the same changed in all of them.
    pub places: Vec<String>,
    /// What changed there.
    pub what: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", named(&self.places), self.what)
    }
}

/// Places that are named on one line.
const MOST_PLACES: usize = 3;

impl Notes {
    /// Adds a change of one place.
    pub fn add(&mut self, place: &str, what: String) {
        self.all.push(Change { places: vec![place.to_owned()], what });
    }

    /// Adds a change that may be the same in several places, as that of an SLO is in all steps that wait for the steady
    /// state: it is one line.
    pub fn add_shared(&mut self, place: &str, what: String) {
        match self.shared.get(&what).and_then(|at| self.all.get_mut(*at)) {
            // A step's changes follow each other.
            Some(note) if note.places.last().is_none_or(|last| last != place) => note.places.push(place.to_owned()),
            Some(_) => {}
            None => {
                self.shared.insert(what.clone(), self.all.len());
                self.add(place, what);
            }
        }
    }

    /// All changes, in order.
    pub fn all(self) -> Vec<Change> {
        self.all
    }
}

fn named(places: &[String]) -> String {
    match places.split_at_checked(MOST_PLACES) {
        Some((first, more)) if !more.is_empty() => format!("{} and {} more", first.join(", "), more.len()),
        _ => places.join(", "),
    }
}
