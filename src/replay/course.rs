//! Whether a replay goes the way of the recorded run: where it leaves it, what the system did later is that of another run.

use super::clock::VirtualClock;
use super::key;
use super::stored::Stored;
use super::tape::Tape;
use crate::base::{Clock, Instant};
use crate::run::{Halt, Stop, Verdict, WINDING_UP};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the recorded run did is expected so soon after it did it, at most.
const SLACK: Duration = Duration::from_millis(100);

/// The way that the recorded run went.
pub struct Course {
    clock: VirtualClock,
    halt: Halt,
    /// What it did to the outside, by the time at which it did it.
    done: Vec<(Instant, String)>,
    stopped: Option<(Stop, Instant)>,
    /// Up to when it can be judged, and what is said of a run that goes on.
    end: (Instant, String),
    /// Whether it came to its end.
    is_whole: bool,
    /// Whether the replay takes everything back: from then on nothing is judged any more.
    is_over: AtomicBool,
    /// From when on the recording did not fit, and why.
    left: OnceLock<(Instant, String)>,
}

impl Course {
    /// That of a recorded run; `halt` is that of the replay.
    pub fn of(stored: &Stored, clock: VirtualClock, halt: Halt) -> Self {
        let effects = stored.calls.iter().map(|(_, call)| call).filter(|call| key::is_effect(&call.of));
        let mut done: Vec<(Instant, String)> = effects.map(|call| (call.from, call.of.clone())).collect();
        done.sort();
        let is_whole = stored.outcome.is_some();
        let over = stored.moments.iter().find(|(_, what, _)| what == WINDING_UP).map_or(stored.end, |(.., at)| *at);
        let end = match is_whole {
            true => (over, format!("the recorded run was over at {over}: what would have come then is unknown")),
            false => (stored.end, format!("the recording ends at {}, before the run did", stored.end)),
        };
        let (stopped, is_over, left) = (stored.stopped.clone(), AtomicBool::new(false), OnceLock::new());
        Self { clock, halt, done, stopped, end, is_whole, is_over, left }
    }

    /// Up to when it can be judged.
    pub fn end(&self) -> Instant {
        self.end.0
    }

    /// From when on the recording did not fit, and why, if that came.
    pub fn left(&self) -> Option<&(Instant, String)> {
        self.left.get()
    }

    /// Stops the replay when the recorded run was stopped by somebody, when it leaves out what the recorded run did, and where
    /// the recording ends. Never returns.
    pub async fn follow(&self, tape: &Tape) {
        tokio::join!(self.be_stopped(), self.compare(tape), self.come_to_the_end());
        std::future::pending::<()>().await;
    }

    async fn be_stopped(&self) {
        if let Some((stop, at)) = &self.stopped {
            self.clock.sleep_until(*at).await;
            self.halt.stop(stop.verdict, stop.reason.clone());
        }
    }

    async fn compare(&self, tape: &Tape) {
        for (from, of) in &self.done {
            self.clock.sleep_until(*from + SLACK).await;
            if tape.holds(of, *from) {
                self.leave(*from, &format!("{} then, and is not here", told(of)));
            }
        }
    }

    async fn come_to_the_end(&self) {
        self.clock.sleep_until(self.end.0 + SLACK).await;
        self.stop_at(self.end.0, self.end.1.clone());
    }

    /// The replay goes another way from `at` on.
    pub fn leave(&self, at: Instant, why: &str) {
        self.stop_at(at, format!("from {at} on the recording does not fit: {why}"));
    }

    /// Nothing is judged any more. What a run that was cut off would have taken back nobody knows, whatever it had judged.
    pub fn wind_up(&self) {
        if !self.is_whole {
            self.stop_at(self.end.0, self.end.1.clone());
        }
        self.is_over.store(true, Ordering::Relaxed);
    }

    fn stop_at(&self, at: Instant, why: String) {
        if self.halt.stopped().is_none() && !self.is_over.load(Ordering::Relaxed) {
            let _first_counts = self.left.set((at, why.clone()));
            self.halt.stop(Verdict::Inconclusive, why);
        }
    }
}

/// `outage was taken back`, of the question that is asked to do it.
pub fn told(of: &str) -> String {
    match of.split_once(' ') {
        Some((key::APPLY, what)) => format!("`{what}` was applied"),
        Some((_, what)) => format!("`{what}` was taken back"),
        None => of.to_owned(),
    }
}
