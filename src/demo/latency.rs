//! How long a service pretends to work: around a mean, never quite the same twice.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::time::Duration;

/// The longest latency that makes sense for a service whose callers give up after a second or two.
const LONGEST: Duration = Duration::from_secs(10);

/// A mean time to answer, 0 s to 10 s; written `5ms` or `0.5s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency(Duration);

impl Latency {
    /// A latency of so many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// Waits for a time drawn evenly from 0.6 to 1.4 times the mean.
    pub async fn pass(self) {
        // A fresh RandomState is the randomness that the standard library offers; a shop needs no better dice.
        let dice = RandomState::new().hash_one(0_u8);
        let share = f64::from(u32::try_from(dice >> 32).unwrap_or_default()) / f64::from(u32::MAX);
        tokio::time::sleep(self.0.mul_f64(0.8f64.mul_add(share, 0.6))).await;
    }
}

impl FromStr for Latency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected a time such as 5ms or 0.5s, at most {}s", LONGEST.as_secs());
        let (number, unit) = match text.strip_suffix("ms") {
            Some(number) => (number, 0.001),
            None => (text.strip_suffix('s').ok_or_else(expected)?, 1.0),
        };
        let seconds = number.trim().parse::<f64>().map_err(|_| expected())? * unit;
        match Duration::try_from_secs_f64(seconds) {
            Ok(mean) if mean <= LONGEST => Ok(Self(mean)),
            _ => Err(expected()),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_milliseconds_and_seconds() {
        assert_eq!("5ms".parse(), Ok(Latency::from_millis(5)));
        assert_eq!("0.5s".parse(), Ok(Latency::from_millis(500)));
        assert_eq!(Latency::from_millis(5).to_string(), "5ms");
    }

    #[test]
    fn refuses_what_is_no_time_or_too_long() {
        for text in ["", "5", "ms", "-1ms", "NaNs", "11s", "5 minutes"] {
            assert!(text.parse::<Latency>().is_err(), "{text}");
        }
    }
}
