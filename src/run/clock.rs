//! The clock of a real run. Under tokio's paused time it is a simulated one.

use crate::base::clock::Sleep;
use crate::base::{Clock, Instant};

/// Counts from the moment it was made.
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: tokio::time::Instant,
}

impl TokioClock {
    /// A clock at zero.
    pub fn start() -> Self {
        Self { start: tokio::time::Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        Instant(u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn sleep_until(&self, moment: Instant) -> Sleep {
        let start = self.start;
        Box::pin(async move { tokio::time::sleep_until(start + std::time::Duration::from_nanos(moment.0)).await })
    }
}
