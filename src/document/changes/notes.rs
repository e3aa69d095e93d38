//! The lines of a comparison.

use std::collections::BTreeMap;

/// The changes so far, in order.
#[derive(Default)]
pub struct Notes {
    all: Vec<Note>,
    /// Where a change is that may be in several places.
    shared: BTreeMap<String, usize>,
}

struct Note {
    places: Vec<String>,
    what: String,
}

/// Places that are named on one line.
const MOST_PLACES: usize = 3;

impl Notes {
    /// Adds a change of one place.
    pub fn add(&mut self, place: &str, what: String) {
        self.all.push(Note { places: vec![place.to_owned()], what });
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

    /// The lines.
    pub fn lines(self) -> Vec<String> {
        self.all.into_iter().map(|note| format!("{}: {}", named(&note.places), note.what)).collect()
    }
}

fn named(places: &[String]) -> String {
    match places.split_at_checked(MOST_PLACES) {
        Some((first, more)) if !more.is_empty() => format!("{} and {} more", first.join(", "), more.len()),
        _ => places.join(", "),
    }
}
