//! How many instances of a service faults can hit together.

use super::repair::{Excess, Repair};
use super::{Proof, errors};
use crate::plan::{Bound, Plan};
use crate::types::term::LimitName;
use serde::Serialize;
use std::collections::BTreeMap;

/// Instances that can be hit together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// At most so many.
    pub most: f64,
    /// Of so many, where the environment says it.
    pub of: Option<u32>,
    /// Whether the limits are proven. If not, they are kept at the inject.
    pub proven: bool,
}

/// Reports each service of which more instances can be hit than a limit allows.
pub fn check(proof: &Proof, findings: &mut Vec<Excess>) -> BTreeMap<String, Hit> {
    let mut all = BTreeMap::new();
    for (service, contest) in &proof.instances {
        let allowed = Allowed::of(proof.plan, service);
        let hit = Hit { most: contest.most, of: allowed.of, proven: allowed.share.is_none() || allowed.of.is_some() };
        let steps: Vec<_> = contest.who.iter().map(|at| proof.faults[*at].step).collect();
        if let Some((most, limit)) = allowed.exceeded(contest.most) {
            let finding = errors::instances(service, contest.most, (most, allowed.of), limit, &steps);
            findings.push(Excess { finding, repairs: Repair::waits(&proof.ids(contest)) });
        } else if allowed.all(contest.most) {
            let finding = errors::every_instance(service, contest.most, &steps);
            findings.push(Excess { finding, repairs: Repair::waits(&proof.ids(contest)) });
        }
        all.insert(service.clone(), hit);
    }
    all
}

/// What the limits allow for a service.
struct Allowed {
    of: Option<u32>,
    number: Option<Bound>,
    share: Option<Bound>,
}

impl Allowed {
    fn of(plan: &Plan, service: &str) -> Self {
        let place = plan.places.get(service);
        let of = place.and_then(|place| {
            let named = u32::try_from(place.instances.len()).ok().filter(|count| *count > 0);
            place.count.or(named)
        });
        let bound = |name| plan.limits.bound(name);
        Self { of, number: bound(LimitName::Instances), share: bound(LimitName::InstanceShare) }
    }

    /// The limit that so many instances exceed and whether it is a share, behind the number that it allows. Shares round
    /// down.
    fn exceeded(&self, hit: f64) -> Option<(f64, (Bound, bool))> {
        let number = self.number.map(|bound| (bound.value, (bound, false)));
        let shared = |(bound, of): (Bound, u32)| ((bound.value * f64::from(of) + 1e-9).floor(), (bound, true));
        let share = self.share.zip(self.of).map(shared);
        let bounds = [number, share].into_iter().flatten().filter(|(most, _)| hit > *most + 1e-9);
        bounds.min_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// Whether so many are every instance there is, and nothing says that they all may be hit.
    fn all(&self, hit: f64) -> bool {
        let meant = self.share.is_some_and(|bound| bound.value >= 1.0);
        !meant && self.of.is_some_and(|of| hit >= f64::from(of))
    }
}
