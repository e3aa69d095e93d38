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
    /// What it showed then.
    first: Instant,
}

impl TokioClock {
    /// A clock at zero.
    pub fn start() -> Self {
        Self::going_on_from(Instant(0))
    }

    /// A clock that goes on where another has stopped.
    pub fn going_on_from(first: Instant) -> Self {
        Self { start: tokio::time::Instant::now(), first }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        self.first + self.start.elapsed()
    }

    fn sleep_until(&self, moment: Instant) -> Sleep {
        let (start, ahead) = (self.start, moment.since(self.first));
        Box::pin(async move { tokio::time::sleep_until(start + ahead).await })
    }
}
