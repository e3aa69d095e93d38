//! Stopping a run: the first reason wins, and everybody hears of it at once.

use super::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::watch;

/// Why a run is stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// The verdict it leads to.
    pub verdict: Verdict,
    /// In one line.
    pub reason: String,
}

/// The stop signal of one run.
#[derive(Clone, Debug)]
pub struct Halt {
    sender: Arc<watch::Sender<Option<Stop>>>,
}

impl Default for Halt {
    fn default() -> Self {
        Self { sender: Arc::new(watch::channel(None).0) }
    }
}

impl Halt {
    /// Stops the run, unless something else has already.
    pub fn stop(&self, verdict: Verdict, reason: impl Into<String>) {
        let reason = reason.into();
        self.sender.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(Stop { verdict, reason });
            }
            first
        });
    }

    /// Why it was stopped, if it was.
    pub fn stopped(&self) -> Option<Stop> {
        self.sender.borrow().clone()
    }

    /// Waits until it is stopped.
    pub async fn wait(&self) -> Stop {
        let mut receiver = self.sender.subscribe();
        loop {
            if let Some(stop) = receiver.borrow_and_update().clone() {
                return stop;
            }
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
