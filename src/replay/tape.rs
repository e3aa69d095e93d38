//! What a recording holds, question by question, to be given back in the order in which it was written.

use super::line::{Answer, Call};
use crate::base::{Clock, Instant};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// The answers and moments of a recording that were not given back yet.
pub struct Tape {
    clock: Arc<dyn Clock>,
    calls: Mutex<BTreeMap<String, VecDeque<(usize, Call)>>>,
    known: BTreeSet<String>,
    moments: Mutex<BTreeMap<String, VecDeque<Instant>>>,
}

impl Tape {
    pub fn new(clock: Arc<dyn Clock>, calls: Vec<Call>, moments: Vec<(String, Instant)>) -> Self {
        let mut by_question: BTreeMap<String, VecDeque<(usize, Call)>> = BTreeMap::new();
        for (number, call) in calls.into_iter().enumerate() {
            by_question.entry(call.of.clone()).or_default().push_back((number, call));
        }
        let mut by_name: BTreeMap<String, VecDeque<Instant>> = BTreeMap::new();
        for (what, at) in moments {
            by_name.entry(what).or_default().push_back(at);
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
            let (number, at, answered) = self.next(of)?;
            // A question that was given up is taken by who asks; an answer only by who is still there when it comes.
            if !answered {
                self.take(of, number);
            }
            self.clock.sleep_until(at).await;
            if let Some(call) = self.take(of, number).filter(|_| answered) {
                return call.got;
            }
        }
    }

    /// The next answer, if it has come already.
    pub fn due(&self, of: &str) -> Option<Answer> {
        let (number, at, _) = self.next(of).filter(|(_, at, _)| *at <= self.clock.now())?;
        let _come = at;
        self.take(of, number)?.got
    }

    /// The next call of a question, whether it was answered or not.
    pub fn call(&self, of: &str) -> Option<Call> {
        let (number, ..) = self.next(of)?;
        self.take(of, number)
    }

    /// Whether a call was not given back yet.
    pub fn holds(&self, of: &str, from: Instant) -> bool {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(of).is_some_and(|calls| calls.iter().any(|(_, call)| call.from == from))
    }

    fn next(&self, of: &str) -> Option<(usize, Instant, bool)> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(of)?.front().map(|(number, call)| (*number, call.at, call.got.is_some()))
    }

    fn take(&self, of: &str, number: usize) -> Option<Call> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = calls.get_mut(of)?;
        queue.pop_front_if(|(front, _)| *front == number).map(|(_, call)| call)
    }

    /// The next moment of this name that is not over at `now`. Those that are over are forgotten.
    pub fn moment(&self, what: &str, now: Instant) -> Option<Instant> {
        let mut moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = moments.get_mut(what)?;
        while queue.pop_front_if(|at| *at < now).is_some() {}
        queue.front().copied()
    }

    /// Forgets a moment that was given back.
    pub fn pass(&self, what: &str, moment: Instant) {
        let mut moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = moments.get_mut(what) {
            let _given_back = queue.pop_front_if(|at| *at == moment);
        }
    }
}
