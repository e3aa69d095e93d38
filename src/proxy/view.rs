//! What the admin API tells about a fault.

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::spec::{FaultSpec, Match};

/// Where a fault is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// It touches requests.
    Active,
    /// It was ended on command.
    Reverted,
    /// Its lease ran out.
    Expired,
    /// It never was, or is long forgotten; a revert has been noted, so that a late inject is refused.
    Absent,
}

/// A fault as it is, or as it was when it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultView {
    /// The fault's name.
    pub id: String,
    /// The fence it was injected with; for an absent one, the highest that a revert of it came with.
    pub fence: u64,
    /// Where it is in its life.
    pub phase: Phase,
    /// How many of the requests seen are touched, 0..=1. None for an absent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// How many of the touched are acted on, 0..=1. None for an absent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// How many requests a second may be touched. None where that isn't limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<f64>,
    /// Whose marks it looks for. None where any request may be touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked_by: Option<String>,
    /// Which requests it looks for.
    #[serde(rename = "match", default, skip_serializing_if = "Match::is_all")]
    pub matching: Match,
    /// What happens to those that are acted on. None for an absent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Requests that arrived while the fault was active.
    pub seen: u64,
    /// Of these, the ones it touched.
    pub touched: u64,
    /// Of these, the ones it really failed or delayed.
    pub acted: u64,
    /// Until the lease runs out, in milliseconds, rounded up; 0 when the fault isn't active.
    pub lease_remaining_ms: u64,
}

/// What a fault has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) seen: u64,
    pub(super) touched: u64,
    pub(super) acted: u64,
}

impl FaultView {
    /// A fault with what it was asked to do and what it has done.
    pub(super) fn of(id: &str, spec: &FaultSpec, phase: Phase, counts: Counts, lease_remaining_ms: u64) -> Self {
        Self {
            share: Some(spec.share),
            rate: Some(spec.rate),
            requests_per_second: spec.requests_per_second,
            marked_by: spec.marked_by.clone(),
            matching: spec.matching.clone(),
            effect: Some(spec.effect),
            seen: counts.seen,
            touched: counts.touched,
            acted: counts.acted,
            lease_remaining_ms,
            ..Self::absent(id, spec.fence, phase)
        }
    }

    fn absent(id: &str, fence: u64, phase: Phase) -> Self {
        Self {
            id: id.to_owned(),
            fence,
            phase,
            share: None,
            rate: None,
            requests_per_second: None,
            marked_by: None,
            matching: Match::default(),
            effect: None,
            seen: 0,
            touched: 0,
            acted: 0,
            lease_remaining_ms: 0,
        }
    }

    /// A fault that never was, whose revert with `fence` is noted.
    pub(super) fn never_was(id: &str, fence: u64) -> Self {
        Self::absent(id, fence, Phase::Absent)
    }
}
