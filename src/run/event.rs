//! What happens in a run, as it happens.

use super::moments::Moments;
use crate::base::{Clock, Instant};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: EventKind,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// The run begins.
    Began {
        /// Its name.
        run: String,
    },
    /// A process or proxy is up.
    Started {
        /// Which.
        name: String,
        /// Where.
        place: String,
    },
    /// Something that was up already is used.
    Found {
        /// What.
        name: String,
        /// Where.
        place: String,
    },
    /// The steady state is being judged.
    Baseline {
        /// For how long.
        length: Duration,
    },
    /// It held.
    Steady,
    /// A fault is about to be injected.
    Injecting {
        /// The step.
        step: String,
        /// The fault and its target.
        what: String,
        /// For how long.
        length: Duration,
    },
    /// A fault was seen to have acted.
    Acted {
        /// The step.
        step: String,
        /// How often so far, in words: `5 requests`, `1 time`.
        often: String,
    },
    /// A fault was taken back.
    Reverted {
        /// The step or effect.
        step: String,
        /// How long that took.
        took: Duration,
        /// On how many requests the fault had acted; 0 of one that acts on something else.
        acted: u64,
    },
    /// A step that is no inject begins.
    Waiting {
        /// The step.
        step: String,
        /// What it waits for.
        what: String,
    },
    /// An expectation was satisfied.
    Satisfied {
        /// The author's words.
        what: String,
        /// By how much.
        detail: String,
    },
    /// An expectation was violated.
    Violated {
        /// The author's words.
        what: String,
        /// By how much.
        detail: String,
    },
    /// An expectation could not be judged.
    Unclear {
        /// The author's words.
        what: String,
        /// Why.
        detail: String,
    },
    /// A step was passed over.
    Skipped {
        /// The step.
        step: String,
    },
    /// The run is stopped.
    Stopping {
        /// Why.
        reason: String,
    },
    /// Anything else worth a line.
    Note(String),
}

/// Where events go.
#[derive(Clone)]
pub struct Events {
    clock: Arc<dyn Clock>,
    sender: mpsc::UnboundedSender<Event>,
    moments: Moments,
}

impl Events {
    /// Events stamped by `clock`; nobody listening is fine.
    pub fn new(clock: Arc<dyn Clock>, sender: mpsc::UnboundedSender<Event>) -> Self {
        Self { clock, sender, moments: Moments::default() }
    }

    /// Tells that something happens now.
    pub fn tell(&self, kind: EventKind) {
        let _nobody_listens = self.sender.send(Event { at: self.clock.now(), kind });
    }

    /// When the steps of the run began and ended.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// Tells anything else worth a line.
    pub fn note(&self, text: impl Into<String>) {
        self.tell(EventKind::Note(text.into()));
    }
}
