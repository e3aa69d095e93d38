//! What runs claim of the traffic: how large a share each may touch, and how large one it lets all of them touch together.
//!
//! A runner claims before it injects, and renews its claim; whoever keeps no store with another finds out here.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::spec::{OutOfRange, check, check_lease};

/// How many claims there can be at once.
const MOST_CLAIMS: usize = 1000;
/// Rounding that a sum may exceed its limit by.
const ROUNDING: f64 = 1e-9;

/// The body of `PUT /v1/claims/{run}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSpec {
    /// What the run tests, for people; at most 200 bytes.
    pub experiment: String,
    /// How many of the requests its faults may touch, 0..=1.
    pub share: f64,
    /// How many all faults may touch together as long as it stands, 0..=1.
    pub most: f64,
    /// How many of its faults may be active at one time, here or elsewhere.
    #[serde(default)]
    pub faults: u32,
    /// How many faults of all runs that claim here may be active at one time, as long as it stands.
    #[serde(default)]
    pub most_faults: Option<u32>,
    /// How long it stands when nobody renews it, in milliseconds, 1..=600000.
    pub lease_ms: u64,
}

/// What the admin API tells about a claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimView {
    /// The run.
    pub run: String,
    /// What it tests.
    pub experiment: String,
    /// How many of the requests its faults may touch.
    pub share: f64,
    /// How many all faults may touch together.
    pub most: f64,
    /// Until the claim ends, in milliseconds, rounded up.
    pub lease_remaining_ms: u64,
}

impl ClaimSpec {
    /// Checks every field's range.
    ///
    /// # Errors
    /// The first field that's out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        check_lease(self.lease_ms)?;
        check("experiment", "at most 200 bytes", self.experiment.len() <= 200)?;
        check("share", "0..=1", (0.0..=1.0).contains(&self.share))?;
        check("most", "0..=1", (0.0..=1.0).contains(&self.most))
    }
}

#[derive(Debug)]
struct Claim {
    spec: ClaimSpec,
    until: Instant,
}

/// The claims on one proxy.
#[derive(Debug, Default)]
pub(super) struct Claims(BTreeMap<String, Claim>);

impl Claims {
    /// Forgets those that nobody has renewed.
    pub(super) fn expire(&mut self, now: Instant) {
        self.0.retain(|_, claim| now < claim.until);
    }

    /// Enters a run's claim, or renews it. True for a new one.
    pub(super) fn admit(&mut self, run: &str, spec: ClaimSpec, now: Instant) -> Result<bool, Refusal> {
        let others = || self.0.iter().filter(|(other, _)| *other != run);
        let sum = others().map(|(_, claim)| claim.spec.share).sum::<f64>() + spec.share;
        let most = others().map(|(_, claim)| claim.spec.most).fold(spec.most, f64::min);
        if spec.share > 0.0 && sum.min(1.0) > most + ROUNDING {
            return Err(Refusal::Claimed { with: told(others()), sum: sum.min(1.0), most });
        }
        let faults = others().map(|(_, claim)| u64::from(claim.spec.faults)).sum::<u64>() + u64::from(spec.faults);
        let least = others().filter_map(|(_, claim)| claim.spec.most_faults).chain(spec.most_faults).min();
        if let Some(most) = least.filter(|most| spec.faults > 0 && others().count() > 0 && faults > u64::from(*most)) {
            return Err(Refusal::Crowded { with: told(others()), faults, most });
        }
        if others().count() >= MOST_CLAIMS {
            return Err(Refusal::TooMany { most: MOST_CLAIMS });
        }
        let until = now + Duration::from_millis(spec.lease_ms);
        Ok(self.0.insert(run.to_owned(), Claim { spec, until }).is_none())
    }

    /// Ends a run's claim, if there is one.
    pub(super) fn release(&mut self, run: &str) {
        self.0.remove(run);
    }

    /// Whether faults that touch `share` of the requests, all together, are within what each run allows.
    ///
    /// # Errors
    /// Who allows less.
    pub(super) fn allow(&self, share: f64) -> Result<(), Refusal> {
        let least = self.0.iter().min_by(|(_, one), (_, other)| one.spec.most.total_cmp(&other.spec.most));
        match least {
            Some((run, claim)) if share.min(1.0) > claim.spec.most + ROUNDING => {
                let with = format!("{run} ({})", claim.spec.experiment);
                Err(Refusal::Claimed { with, sum: share.min(1.0), most: claim.spec.most })
            }
            _ => Ok(()),
        }
    }

    /// All of them, by their runs' names.
    pub(super) fn views(&self, now: Instant) -> Vec<ClaimView> {
        self.0.iter().map(|(run, claim)| view(run, claim, now)).collect()
    }

    /// That of one run.
    pub(super) fn view(&self, run: &str, now: Instant) -> Option<ClaimView> {
        self.0.get(run).map(|claim| view(run, claim, now))
    }
}

/// Runs, for people.
fn told<'c>(claims: impl Iterator<Item = (&'c String, &'c Claim)>) -> String {
    claims.map(|(run, claim)| format!("{run} ({})", claim.spec.experiment)).collect::<Vec<_>>().join(", ")
}

fn view(run: &str, Claim { spec, until }: &Claim, now: Instant) -> ClaimView {
    let left = until.saturating_duration_since(now).as_nanos().div_ceil(1_000_000);
    ClaimView {
        run: run.to_owned(),
        experiment: spec.experiment.clone(),
        share: spec.share,
        most: spec.most,
        lease_remaining_ms: u64::try_from(left).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn spec(share: f64, most: f64) -> ClaimSpec {
        ClaimSpec { experiment: "x".to_owned(), share, most, faults: 0, most_faults: None, lease_ms: 10_000 }
    }

    #[test]
    fn shares_add_up_to_what_everybody_allows() {
        let (mut claims, now) = (Claims::default(), Instant::now());
        assert!(claims.admit("a", spec(0.2, 0.5), now).unwrap());
        assert!(claims.admit("b", spec(0.3, 1.0), now).unwrap());
        assert!(!claims.admit("a", spec(0.2, 0.5), now).unwrap());
        let refusal = claims.admit("c", spec(0.1, 1.0), now).unwrap_err().to_string();
        assert_eq!(
            refusal,
            "together with a (x), b (x), faults could touch 60% of the requests, and 50% is the most that is allowed"
        );
        claims.admit("d", spec(0.0, 1.0), now).unwrap();
        claims.release("b");
        claims.admit("c", spec(0.1, 1.0), now).unwrap();
        assert!(claims.allow(0.5).is_ok() && claims.allow(0.51).is_err());
    }

    #[test]
    fn faults_add_up_too() {
        let (mut claims, now) = (Claims::default(), Instant::now());
        let faults = |faults, most| ClaimSpec { faults, most_faults: Some(most), ..spec(0.1, 1.0) };
        claims.admit("a", faults(1, 1), now).unwrap();
        let refusal = claims.admit("b", faults(1, 2), now).unwrap_err().to_string();
        assert_eq!(refusal, "together with a (x), 2 faults could be active, and 1 is the most that is allowed");
        claims.admit("a", faults(1, 2), now).unwrap();
        claims.admit("b", faults(1, 2), now).unwrap();
    }

    #[test]
    fn a_claim_that_nobody_renews_ends() {
        let (mut claims, now) = (Claims::default(), Instant::now());
        claims.admit("a", spec(0.5, 0.5), now).unwrap();
        claims.expire(now + Duration::from_millis(9_999));
        assert_eq!(claims.view("a", now).unwrap().lease_remaining_ms, 10_000);
        claims.expire(now + Duration::from_secs(10));
        assert!(claims.views(now).is_empty() && claims.allow(1.0).is_ok());
    }

    #[test]
    fn every_range_is_checked() {
        for wrong in [
            spec(1.1, 1.0),
            spec(0.5, -0.1),
            ClaimSpec { lease_ms: 0, ..spec(0.5, 1.0) },
            ClaimSpec { experiment: "x".repeat(201), ..spec(0.5, 1.0) },
            spec(f64::NAN, 1.0),
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
        assert_eq!(spec(0.5, 1.0).check(), Ok(()));
    }
}
