//! A fault's lease, as those see it who carry the fault out: it may move, and end, meanwhile.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep_until;

/// The lease of a fault. A clone is the same lease.
#[derive(Debug, Clone)]
pub(super) struct Lease(watch::Receiver<Instant>);

impl Lease {
    /// The lease whose end this tells; it's over also when nobody can tell any more.
    pub(super) fn new(end: watch::Receiver<Instant>) -> Self {
        Self(end)
    }

    /// Whether the fault has ended.
    pub(super) fn is_over(&self) -> bool {
        *self.0.borrow() <= Instant::now() || self.0.has_changed().is_err()
    }

    /// Waits until the fault has ended.
    pub(super) async fn over(mut self) {
        loop {
            let end = *self.0.borrow_and_update();
            if end <= Instant::now() {
                return;
            }
            tokio::select! {
                () = sleep_until(end.into()) => {}
                // The fault is gone when nobody can move its lease any more.
                moved = self.0.changed() => if moved.is_err() { return },
            }
        }
    }

    /// Waits for `delay`, but not past the fault's end.
    pub(super) async fn wait(self, delay: Duration) {
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = self.over() => {}
        }
    }
}
