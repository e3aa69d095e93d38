//! The clock of a run: a real one, or under tokio's paused time a virtual one.

use crate::base::clock::Sleep;
use crate::base::{Clock, Instant};

/// Runs `work` in virtual time: on one thread, and whenever all of it waits, the clock jumps to where the first of it goes on.
/// The same work takes the same course each time.
///
/// # Errors
/// The system gives no timer.
pub fn virtual_time<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(work))
}

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
