//! What a fault does to a request, in the words of the admin API.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::spec::{LONGEST_MS, OutOfRange, check};

/// The least and the most that a rate of requests can be, a second: one an hour, and what can be remembered.
const REQUESTS: (f64, f64) = (1.0 / 3600.0, 100_000.0);
/// The most bytes a second that a body can be slowed to: 1 GiB.
const FASTEST: f64 = 1_073_741_824.0;
/// How often the next piece of a slow body comes unless told, in milliseconds.
const EVERY_MS: f64 = 100.0;

/// What a fault does to a request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// The request is answered by the proxy; the upstream never sees it.
    Error {
        /// The answer's status, 400..=599.
        status: u16,
        /// The answer's `Retry-After`, in seconds, 0..=86400; it may have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u32>,
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
    /// The caller's connection ends without an answer, or with a part of one.
    Abort {
        /// When.
        #[serde(default)]
        at: AbortAt,
        /// How.
        #[serde(default)]
        ending: Ending,
    },
    /// The request is taken and never answered; the connection ends with the fault.
    Blackhole {},
    /// Bytes of the answer's body are changed.
    Corrupt {
        /// How many of them, above 0 and at most 1; at least one in every body.
        bytes: f64,
    },
    /// The answer's body comes piece by piece.
    SlowBody {
        /// How many of its bytes come in a second, 1..=1073741824.
        bytes_per_second: f64,
        /// How often the next piece comes, in milliseconds, 1..=600000.
        #[serde(default = "every_ms")]
        every_ms: f64,
    },
    /// More requests than this are answered with 429.
    RateLimit {
        /// How many pass in a second, 1/3600..=100000; of less than one, one in so many seconds.
        requests_per_second: f64,
    },
}

/// When a connection is ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbortAt {
    /// Before the request is passed on.
    #[default]
    Request,
    /// In the middle of the answer's body.
    Body,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// With a reset: whoever reads gets an error.
    #[default]
    Reset,
    /// In order, as if all had been said.
    Close,
}

fn every_ms() -> f64 {
    EVERY_MS
}

impl Effect {
    /// Whether it answers the request, or ends it, so that it is not passed on.
    pub(super) fn is_last(self) -> bool {
        match self {
            Self::Error { .. } | Self::Blackhole {} | Self::RateLimit { .. } => true,
            Self::Abort { at, .. } => at == AbortAt::Request,
            Self::Delay { .. } | Self::Mark {} | Self::Corrupt { .. } | Self::SlowBody { .. } => false,
        }
    }

    /// Checks every field's range.
    ///
    /// # Errors
    /// The first field that's out of range.
    pub(super) fn check(self) -> Result<(), OutOfRange> {
        let time = |ms: f64, least: f64| (least..=LONGEST_MS as f64).contains(&ms);
        match self {
            Self::Error { status, retry_after_s } => {
                check("effect.status", "400..=599", (400..=599).contains(&status))?;
                check("effect.retry_after_s", "0..=86400 (seconds)", retry_after_s.is_none_or(|it| it <= 86_400))
            }
            Self::Delay { delay_ms, jitter_ms } => {
                check("effect.delay_ms", "0..=600000 (milliseconds)", time(delay_ms, 0.0))?;
                check("effect.jitter_ms", "0..=delay_ms (milliseconds)", (0.0..=delay_ms).contains(&jitter_ms))
            }
            Self::Corrupt { bytes } => check("effect.bytes", "0..=1, without 0", bytes > 0.0 && bytes <= 1.0),
            Self::SlowBody { bytes_per_second, every_ms } => {
                let rate = (1.0..=FASTEST).contains(&bytes_per_second);
                check("effect.bytes_per_second", "1..=1073741824", rate)?;
                check("effect.every_ms", "1..=600000 (milliseconds)", time(every_ms, 1.0))
            }
            Self::RateLimit { requests_per_second } => {
                let within = (REQUESTS.0..=REQUESTS.1).contains(&requests_per_second);
                check("effect.requests_per_second", "1/3600..=100000", within)
            }
            Self::Mark {} | Self::Abort { .. } | Self::Blackhole {} => Ok(()),
        }
    }

    /// The delay that `dice` (0..=1) gives; none for what delays nothing.
    pub(super) fn delay(self, dice: f64) -> Duration {
        let Self::Delay { delay_ms, jitter_ms } = self else { return Duration::ZERO };
        let milliseconds = delay_ms + jitter_ms * (2.0 * dice - 1.0);
        Duration::try_from_secs_f64(milliseconds.max(0.0) / 1000.0).unwrap_or_default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Effect, String> {
        let effect: Effect = serde_json::from_str(json).map_err(|error| error.to_string())?;
        effect.check().map(|()| effect).map_err(|error| error.to_string())
    }

    #[test]
    fn every_effect_is_read_with_its_defaults() {
        for (json, effect) in [
            (r#"{"type":"error","status":503}"#, Effect::Error { status: 503, retry_after_s: None }),
            (
                r#"{"type":"error","status":503,"retry_after_s":7}"#,
                Effect::Error { status: 503, retry_after_s: Some(7) },
            ),
            (r#"{"type":"delay","delay_ms":0.5}"#, Effect::Delay { delay_ms: 0.5, jitter_ms: 0.0 }),
            (r#"{"type":"mark"}"#, Effect::Mark {}),
            (r#"{"type":"abort"}"#, Effect::Abort { at: AbortAt::Request, ending: Ending::Reset }),
            (
                r#"{"type":"abort","at":"body","ending":"close"}"#,
                Effect::Abort { at: AbortAt::Body, ending: Ending::Close },
            ),
            (r#"{"type":"blackhole"}"#, Effect::Blackhole {}),
            (r#"{"type":"corrupt","bytes":0.01}"#, Effect::Corrupt { bytes: 0.01 }),
            (
                r#"{"type":"slow_body","bytes_per_second":1024}"#,
                Effect::SlowBody { bytes_per_second: 1024.0, every_ms: 100.0 },
            ),
            (r#"{"type":"rate_limit","requests_per_second":5}"#, Effect::RateLimit { requests_per_second: 5.0 }),
        ] {
            assert_eq!(read(json), Ok(effect), "{json}");
            let again = serde_json::to_string(&effect).unwrap();
            assert_eq!(read(&again), Ok(effect), "{again}");
        }
    }

    #[test]
    fn what_is_out_of_range_or_unknown_is_named() {
        for (json, says) in [
            (r#"{"type":"error","status":399}"#, "effect.status"),
            (r#"{"type":"error","status":600}"#, "effect.status"),
            (r#"{"type":"error","status":503,"retry_after_s":86401}"#, "effect.retry_after_s"),
            (r#"{"type":"delay","delay_ms":600001}"#, "effect.delay_ms"),
            (r#"{"type":"delay","delay_ms":5,"jitter_ms":6}"#, "effect.jitter_ms"),
            (r#"{"type":"corrupt","bytes":0}"#, "effect.bytes"),
            (r#"{"type":"corrupt","bytes":1.1}"#, "effect.bytes"),
            (r#"{"type":"slow_body","bytes_per_second":0}"#, "effect.bytes_per_second"),
            (r#"{"type":"slow_body","bytes_per_second":9,"every_ms":0}"#, "effect.every_ms"),
            (r#"{"type":"rate_limit","requests_per_second":0}"#, "effect.requests_per_second"),
            (r#"{"type":"abort","at":"end"}"#, "unknown variant `end`"),
            (r#"{"type":"abort","ending":"fin"}"#, "unknown variant `fin`"),
            (r#"{"type":"mark","status":503}"#, "unknown field"),
            (r#"{"type":"blackhole","status":503}"#, "unknown field"),
            (r#"{"type":"corrupt"}"#, "missing field `bytes`"),
            (r#"{"type":"panic"}"#, "unknown variant `panic`"),
        ] {
            let wrong = read(json).unwrap_err();
            assert!(wrong.contains(says), "{json}: {wrong}");
        }
    }

    #[test]
    fn jitter_spans_both_sides_and_never_below_zero() {
        let effect = Effect::Delay { delay_ms: 200.0, jitter_ms: 50.0 };
        assert_eq!(effect.delay(0.0), Duration::from_millis(150));
        assert_eq!(effect.delay(1.0), Duration::from_millis(250));
        assert_eq!(Effect::Delay { delay_ms: 1.0, jitter_ms: 1.0 }.delay(0.0), Duration::ZERO);
    }
}
