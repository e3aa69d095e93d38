//! When the steps of a run began and ended: for whoever follows it from outside.

use crate::base::Instant;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The moments of one run. Copies show the same run.
#[derive(Clone, Debug)]
pub struct Moments {
    steps: Arc<Mutex<BTreeMap<String, Times>>>,
    bell: Arc<watch::Sender<u64>>,
}

/// When a step began and ended, if it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// When it began.
    pub began: Option<Instant>,
    /// When it ended; for a step that is passed over, when that was known.
    pub ended: Option<Instant>,
    /// Whether it was passed over.
    pub skipped: bool,
}

impl Default for Moments {
    fn default() -> Self {
        Self { steps: Arc::default(), bell: Arc::new(watch::channel(0).0) }
    }
}

impl Moments {
    fn note(&self, step: &str, change: impl FnOnce(&mut Times)) {
        change(self.steps.lock().unwrap_or_else(PoisonError::into_inner).entry(step.to_owned()).or_default());
        self.bell.send_modify(|count| *count += 1);
    }

    /// A step begins.
    pub(super) fn began(&self, step: &str, at: Instant) {
        self.note(step, |times| times.began = Some(at));
    }

    /// A step has ended.
    pub(super) fn ended(&self, step: &str, at: Instant) {
        self.note(step, |times| times.ended = Some(at));
    }

    /// A step is passed over.
    pub(super) fn skipped(&self, step: &str, at: Instant) {
        self.note(step, |times| {
            times.skipped = true;
            times.ended.get_or_insert(at);
        });
    }

    /// What is known so far, by the steps' names.
    pub fn all(&self) -> BTreeMap<String, Times> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Rings at every change.
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }
}
