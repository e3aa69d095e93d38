//! What a fault does and to whom: the words of the admin API, and the ranges they must lie in.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest lease and the longest delay, in milliseconds: 10 minutes.
pub const LONGEST_MS: u64 = 600_000;

/// The body of `PUT /v1/faults/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// The order of commands: a fault is refused when its id has seen a revert with this fence or a higher one.
    pub fence: u64,
    /// How long the fault lasts when nobody renews it, in milliseconds, 1..=600000.
    pub lease_ms: u64,
    /// How many of the requests seen are touched, 0..=1.
    pub share: f64,
    /// How many of the touched are really failed or delayed, 0..=1.
    pub rate: f64,
    /// How many requests a second may be touched, 0..=1000000, those that other faults touch included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<f64>,
    /// Touches only requests that a fault has marked whose id is this, or begins with it and a dot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked_by: Option<String>,
    /// What happens to those that are acted on.
    pub effect: Effect,
}

/// The body of `POST /v1/faults/{id}/lease`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseSpec {
    /// The fence that the fault was injected with.
    pub fence: u64,
    /// How long the fault lasts from now on, in milliseconds, 1..=600000.
    pub lease_ms: u64,
}

/// What a fault does to a request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Effect {
    /// The request is answered by the proxy; the upstream never sees it.
    Error {
        /// The answer's status, 400..=599.
        status: u16,
    },
    /// The request is passed on later.
    Delay {
        /// How much later, in milliseconds, 0..=600000; fractions are allowed.
        delay_ms: f64,
        /// The delay is uniform in `delay_ms ± jitter_ms`; in milliseconds, 0..=`delay_ms`.
        #[serde(default)]
        jitter_ms: f64,
    },
    /// The request is passed on with the fault's mark in its W3C baggage.
    Mark {},
}

/// A field whose value is out of its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfRange {
    field: &'static str,
    range: &'static str,
}

impl FaultSpec {
    /// Checks every field's range.
    ///
    /// # Errors
    /// The first field that's out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        check_lease(self.lease_ms)?;
        check("share", "0..=1", (0.0..=1.0).contains(&self.share))?;
        check("rate", "0..=1", (0.0..=1.0).contains(&self.rate))?;
        let by = self.marked_by.as_deref().is_none_or(is_fault_id);
        check("marked_by", "1..=128 characters of A-Z a-z 0-9 . _ : -", by)?;
        let most = self.requests_per_second.unwrap_or_default();
        check("requests_per_second", "0..=1000000", (0.0..=1e6).contains(&most))?;
        match self.effect {
            Effect::Error { status } => check("effect.status", "400..=599", (400..=599).contains(&status)),
            Effect::Delay { delay_ms, jitter_ms } => {
                let longest = LONGEST_MS as f64;
                check("effect.delay_ms", "0..=600000 (milliseconds)", (0.0..=longest).contains(&delay_ms))?;
                check("effect.jitter_ms", "0..=delay_ms (milliseconds)", (0.0..=delay_ms).contains(&jitter_ms))
            }
            Effect::Mark {} => Ok(()),
        }
    }

    /// Whether the two ask for the same thing; the lease may differ.
    pub(super) fn same_content(&self, other: &Self) -> bool {
        let numbers = |it: &Self| (it.share, it.rate, it.requests_per_second, it.effect);
        numbers(self) == numbers(other) && self.marked_by == other.marked_by
    }
}

impl LeaseSpec {
    /// Checks the lease's range.
    ///
    /// # Errors
    /// When `lease_ms` is out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        check_lease(self.lease_ms)
    }
}

pub(super) fn check_lease(lease_ms: u64) -> Result<(), OutOfRange> {
    check("lease_ms", "1..=600000 (milliseconds)", (1..=LONGEST_MS).contains(&lease_ms))
}

pub(super) fn check(field: &'static str, range: &'static str, holds: bool) -> Result<(), OutOfRange> {
    if holds { Ok(()) } else { Err(OutOfRange { field, range }) }
}

impl Effect {
    /// The delay that `dice` (0..=1) gives; none for an error.
    pub(super) fn delay(self, dice: f64) -> Duration {
        match self {
            Self::Error { .. } | Self::Mark {} => Duration::ZERO,
            Self::Delay { delay_ms, jitter_ms } => {
                let milliseconds = delay_ms + jitter_ms * (2.0 * dice - 1.0);
                Duration::try_from_secs_f64(milliseconds.max(0.0) / 1000.0).unwrap_or_default()
            }
        }
    }
}

/// Whether `id` can name a fault: 1..=128 characters of `A-Z a-z 0-9 . _ : -`.
pub fn is_fault_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be within {}", self.field, self.range)
    }
}

impl std::error::Error for OutOfRange {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SOUND: &str =
        r#"{"fence":12,"lease_ms":10000,"share":1.0,"rate":0.4,"effect":{"type":"error","status":503}}"#;

    fn changed(from: &str, to: &str) -> Result<FaultSpec, serde_json::Error> {
        assert!(SOUND.contains(from), "{from}");
        serde_json::from_str(&SOUND.replace(from, to))
    }

    #[test]
    fn every_effect_is_read() {
        let error: FaultSpec = serde_json::from_str(SOUND).unwrap();
        assert_eq!(error.effect, Effect::Error { status: 503 });
        let delay = changed(r#""error","status":503"#, r#""delay","delay_ms":0.5"#).unwrap();
        assert_eq!(delay.effect, Effect::Delay { delay_ms: 0.5, jitter_ms: 0.0 });
        assert_eq!((error.check(), delay.check()), (Ok(()), Ok(())));
        let mark = changed(r#""error","status":503"#, r#""mark""#).unwrap();
        assert_eq!((mark.effect, mark.check()), (Effect::Mark {}, Ok(())));
        assert!(changed(r#""error","status":503"#, r#""mark","status":503"#).is_err());
    }

    #[test]
    fn every_range_is_named() {
        for (from, to, field) in [
            ("10000", "0", "lease_ms"),
            ("10000", "600001", "lease_ms"),
            ("1.0", "1.1", "share"),
            ("0.4", "-0.1", "rate"),
            (r#""effect""#, r#""requests_per_second":-1,"effect""#, "requests_per_second"),
            (r#""effect""#, r#""marked_by":"a b","effect""#, "marked_by"),
            ("503", "399", "effect.status"),
            ("503", "600", "effect.status"),
            (r#""error","status":503"#, r#""delay","delay_ms":600001"#, "effect.delay_ms"),
            (r#""error","status":503"#, r#""delay","delay_ms":5,"jitter_ms":6"#, "effect.jitter_ms"),
        ] {
            let refusal = changed(from, to).unwrap().check().unwrap_err().to_string();
            assert!(refusal.starts_with(field), "{to}: {refusal}");
        }
        let mut spec: FaultSpec = serde_json::from_str(SOUND).unwrap();
        spec.share = f64::NAN;
        assert!(spec.check().is_err());
    }

    #[test]
    fn unknown_fields_are_refused_at_every_level() {
        for (from, to) in [(r#""fence""#, r#""fences":1,"fence""#), (r#""status""#, r#""body":"x","status""#)] {
            let refusal = changed(from, to).unwrap_err().to_string();
            assert!(refusal.contains("unknown field"), "{refusal}");
        }
    }

    #[test]
    fn jitter_spans_both_sides_and_never_below_zero() {
        let effect = Effect::Delay { delay_ms: 200.0, jitter_ms: 50.0 };
        assert_eq!(effect.delay(0.0), Duration::from_millis(150));
        assert_eq!(effect.delay(1.0), Duration::from_millis(250));
        assert_eq!(Effect::Delay { delay_ms: 1.0, jitter_ms: 1.0 }.delay(0.0), Duration::ZERO);
    }

    #[test]
    fn ids() {
        for id in ["a", "run-1:step.2_x", &"x".repeat(128)] {
            assert!(is_fault_id(id), "{id}");
        }
        for id in ["", "a b", "a/b", "ä", "a\n", &"x".repeat(129)] {
            assert!(!is_fault_id(id), "{id}");
        }
    }
}
