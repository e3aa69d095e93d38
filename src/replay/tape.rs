//! What a recording holds, question by question, to be given back in the order in which it was written.

use super::clock::VirtualClock;
use super::line::{Answer, Call};
use crate::base::{Clock, Instant};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Something with the number of its line.
type Numbered<T> = (usize, T);

/// The answers and moments of a recording that were not given back yet.
pub struct Tape {
    clock: VirtualClock,
    calls: Mutex<BTreeMap<String, VecDeque<Numbered<Call>>>>,
    known: BTreeSet<String>,
    moments: Mutex<BTreeMap<String, VecDeque<Numbered<Instant>>>>,
}

impl Tape {
    pub fn new(clock: VirtualClock, calls: Vec<Numbered<Call>>, moments: Vec<(usize, String, Instant)>) -> Self {
        let mut by_question: BTreeMap<String, VecDeque<Numbered<Call>>> = BTreeMap::new();
        for (line, call) in calls {
            by_question.entry(call.of.clone()).or_default().push_back((line, call));
        }
        let mut by_name: BTreeMap<String, VecDeque<Numbered<Instant>>> = BTreeMap::new();
        for (line, what, at) in moments {
            by_name.entry(what).or_default().push_back((line, at));
        }
        let known = by_question.keys().cloned().collect();
        Self { clock, calls: Mutex::new(by_question), known, moments: Mutex::new(by_name) }
    }

    /// Whether the question was ever asked.
    pub fn knows(&self, of: &str) -> bool {
        self.known.contains(of)
    }

    /// The next answer to a question, at the moment at which it came. Nothing where there are no more.
    pub async fn answer(&self, of: &str) -> Option<Answer> {
        loop {
            let (line, at, answered) = self.next(of)?;
            // A question that was given up is taken by who asks; an answer only by who is still there when it comes.
            if !answered {
                self.take(of, line);
            }
            self.clock.turn(at, line).await;
            if let Some(call) = self.take(of, line).filter(|_| answered) {
                return call.got;
            }
        }
    }

    /// The next answer, if it came before now and nobody took it.
    pub fn left(&self, of: &str) -> Option<Answer> {
        let (line, ..) = self.next(of).filter(|(_, at, _)| *at < self.clock.now())?;
        self.take(of, line)?.got
    }

    /// The next call of a question with its line, whether it was answered or not.
    pub fn call(&self, of: &str) -> Option<Numbered<Call>> {
        let (line, ..) = self.next(of)?;
        self.take(of, line).map(|call| (line, call))
    }

    /// Whether a call was not given back yet.
    pub fn holds(&self, of: &str, from: Instant) -> bool {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(of).is_some_and(|calls| calls.iter().any(|(_, call)| call.from == from))
    }

    fn next(&self, of: &str) -> Option<(usize, Instant, bool)> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(of)?.front().map(|(line, call)| (*line, call.at, call.got.is_some()))
    }

    fn take(&self, of: &str, line: usize) -> Option<Call> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get_mut(of)?.pop_front_if(|(front, _)| *front == line).map(|(_, call)| call)
    }

    /// The next moment of this name that is not over at `now`, with its line. Those that are over are forgotten.
    pub fn moment(&self, what: &str, now: Instant) -> Option<Numbered<Instant>> {
        let mut moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = moments.get_mut(what)?;
        while queue.pop_front_if(|(_, at)| *at < now).is_some() {}
        queue.front().copied()
    }

    /// Forgets a moment that is given back.
    pub fn pass(&self, what: &str, line: usize) {
        let mut moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = moments.get_mut(what) {
            let _given_back = queue.pop_front_if(|(front, _)| *front == line);
        }
    }
}
