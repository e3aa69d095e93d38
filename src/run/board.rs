//! The metrics of a run, shared: samplers write, steps and watchers read and wait for news.

use crate::monitor::{Sample, Signals};
use crate::types::term::MetricId;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::watch;

/// Signals with a bell.
#[derive(Debug)]
pub struct Board {
    signals: RwLock<Signals>,
    bell: watch::Sender<u64>,
}

impl Board {
    /// A board over these signals.
    pub fn new(signals: Signals) -> Self {
        Self { signals: RwLock::new(signals), bell: watch::channel(0).0 }
    }

    /// Adds samples and rings.
    pub fn push(&self, samples: Vec<(MetricId, Sample)>) {
        {
            let mut signals = self.signals.write().unwrap_or_else(PoisonError::into_inner);
            for (metric, sample) in samples {
                signals.push(&metric, sample);
            }
        }
        self.bell.send_modify(|count| *count += 1);
    }

    /// The signals as they are.
    pub fn signals(&self) -> RwLockReadGuard<'_, Signals> {
        self.signals.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A bell that rings with every push from now on.
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }
}
