//! How long it takes to take everything back when a run is cancelled: continuous integration sends a signal, and kills what
//! still runs some seconds later. What its target does not end by itself must be taken back by then.

use super::repair::{Excess, Repair};
use super::{Fault, Proof, errors, per_service};
use crate::plan::{CANCEL_GRACE, LAST_LOOK, REVERT_BOUND};
use crate::types::model::Class;
use crate::types::term::LimitName;
use serde::Serialize;
use std::collections::BTreeMap;

/// What taking everything back can take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cancel {
    /// Seconds from the signal until every fault is taken back.
    pub all: f64,
    /// The same of those that do not end by themselves.
    pub unleased: f64,
}

/// Faults on one service are taken back one after the other, those on several at once.
pub(super) type Contests = (BTreeMap<String, super::contest::Contest>, BTreeMap<String, super::contest::Contest>);

/// The time that each fault adds: of all, and of those that are not leased.
pub(super) fn contests(faults: &[Fault]) -> Contests {
    let revertible = |class: Class| class == Class::Revertible;
    let undone = |class: Class| revertible(class) || class == Class::Leased;
    let all = per_service(faults, |it| undone(it.class).then_some(REVERT_BOUND));
    (all, per_service(faults, |it| revertible(it.class).then_some(REVERT_BOUND)))
}

/// Reports faults that are not leased and could not be taken back in time.
pub fn check(proof: &Proof, findings: &mut Vec<Excess>) -> Cancel {
    let (all, unleased) = &proof.cancel;
    let longest = |of: &BTreeMap<String, super::contest::Contest>| {
        let most = of.values().map(|contest| contest.most).fold(0.0, f64::max);
        if most > 0.0 { most + LAST_LOOK } else { 0.0 }
    };
    let bound = proof.plan.limits.bound(LimitName::CancelGrace);
    let grace = bound.map_or(CANCEL_GRACE, |bound| bound.value);
    for (service, contest) in unleased {
        let takes = contest.most + LAST_LOOK;
        if contest.most > 0.0 && takes > grace + 1e-9 {
            let steps: Vec<_> = contest.who.iter().map(|at| proof.faults[*at].step).collect();
            let finding = errors::cancel(service, takes, (grace, bound), &steps, &proof.plan.tier);
            findings.push(Excess { finding, repairs: Repair::waits(&proof.ids(contest)) });
        }
    }
    Cancel { all: longest(all), unleased: longest(unleased) }
}
