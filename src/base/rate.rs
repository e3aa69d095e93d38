//! How many events a time may have at a rate.

use std::time::Duration;

/// The shortest time over which a rate is kept. A rate below one in this time is kept over the time of one event.
const SHORTEST: Duration = Duration::from_secs(1);

/// The time over which a rate of events per second is kept, and how many any such time may have.
pub fn allowance(per_second: f64) -> (Duration, usize) {
    let one = Duration::try_from_secs_f64(1.0 / per_second).unwrap_or(Duration::MAX);
    match per_second {
        ..=0.0 => (SHORTEST, 0),
        _ if one > SHORTEST => (one, 1),
        // Whole numbers may come as the last number below them.
        _ => (SHORTEST, (per_second + 1e-9) as usize),
    }
}
