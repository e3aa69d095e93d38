//! Time as the interpreter sees it: integer nanoseconds on a clock that can be simulated.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::future::Future;
use std::ops::{Add, Sub};
use std::pin::Pin;
use std::time::Duration;

/// A moment on a run's clock: nanoseconds since the clock's start. Windows between instants are closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Instant(pub u64);

impl Instant {
    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, by: Duration) -> Instant {
        Instant(self.0.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;
    fn sub(self, by: Duration) -> Instant {
        Instant(self.0.saturating_sub(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}s", Duration::from_nanos(self.0).as_secs_f64())
    }
}

/// A future that a clock gives out.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whatever waits takes its time from here, so that a test or a simulation can run it in virtual time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Instant;
    /// Waits until `moment`; at once if it has passed.
    fn sleep_until(&self, moment: Instant) -> Sleep;
}
