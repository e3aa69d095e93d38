//! What a fault does and to whom: the words of the admin API, and the ranges they must lie in.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use crate::base::requests::{ALL, Misread, Requests};

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
    /// Touches only requests that fit.
    #[serde(rename = "match", default, skip_serializing_if = "Match::is_all")]
    pub matching: Match,
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

/// Which requests a fault looks for: those that fit in all three.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// Their methods; `*` is all.
    pub methods: Vec<String>,
    /// Their path: `/cart`, with `*` for anything but `/`, with `**` for anything; `*` alone is every path.
    pub path: String,
    /// Header fields that they have, all of them: `name`, or `name: value` with `*` for anything.
    pub headers: Vec<String>,
}

/// A field whose value cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutOfRange {
    /// It is out of its range.
    Range {
        /// The field.
        field: &'static str,
        /// The range.
        range: &'static str,
    },
    /// It is a text that is not understood.
    Misread(Misread),
}

impl Default for Match {
    fn default() -> Self {
        Self { methods: vec![ALL.to_owned()], path: ALL.to_owned(), headers: Vec::new() }
    }
}

impl Match {
    /// Whether it is every request.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// The requests that it is about.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(&self) -> Result<Requests, OutOfRange> {
        Requests::read(&self.methods, &self.path, &self.headers).map_err(OutOfRange::Misread)
    }
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
        self.matching.read()?;
        self.effect.check()
    }

    /// Whether the two ask for the same thing; the lease may differ.
    pub(super) fn same_content(&self, other: &Self) -> bool {
        let numbers = |it: &Self| (it.share, it.rate, it.requests_per_second, it.effect);
        numbers(self) == numbers(other) && self.marked_by == other.marked_by && self.matching == other.matching
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
    if holds { Ok(()) } else { Err(OutOfRange::Range { field, range }) }
}

/// Whether `id` can name a fault: 1..=128 characters of `A-Z a-z 0-9 . _ : -`.
pub fn is_fault_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { field, range } => write!(f, "{field} must be within {range}"),
            Self::Misread(Misread { headline, help }) => write!(f, "match: {headline}; {help}"),
        }
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
    fn what_is_left_out_is_every_request() {
        let spec: FaultSpec = serde_json::from_str(SOUND).unwrap();
        assert!(spec.matching.is_all() && !serde_json::to_string(&spec).unwrap().contains("match"));
        let some = changed(r#""effect""#, r#""match":{"path":"/cart/**"},"effect""#).unwrap();
        assert_eq!((some.matching.methods.as_slice(), some.check()), (&["*".to_owned()][..], Ok(())));
        assert!(!some.same_content(&spec) && serde_json::to_string(&some).unwrap().contains("/cart/**"));
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
            (r#""effect""#, r#""match":{"path":"cart"},"effect""#, "match: `cart` does not begin"),
            (r#""effect""#, r#""match":{"methods":[]},"effect""#, "match: no request has none"),
            ("503", "399", "effect.status"),
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
        for (from, to) in [
            (r#""fence""#, r#""fences":1,"fence""#),
            (r#""status""#, r#""body":"x","status""#),
            (r#""effect""#, r#""match":{"paths":[]},"effect""#),
        ] {
            let refusal = changed(from, to).unwrap_err().to_string();
            assert!(refusal.contains("unknown field"), "{refusal}");
        }
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
