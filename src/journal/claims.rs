//! What a run claims while it is at work: where it acts, and how much it may do there at most. A run begins only where all
//! that is claimed on the same system, added up, stays within the limits of each run that is at work there.

use super::store::RunRecord;
use crate::base::unit;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Rounding that a sum may exceed its limit by.
const ROUNDING: f64 = 1e-9;

/// What a run claims.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Claims {
    /// Addresses that no other run may use meanwhile: where it starts processes.
    pub alone: BTreeSet<String>,
    /// The addresses of the system on which it acts: runs that share one act on the same system.
    pub scope: BTreeSet<String>,
    /// What it may do at most, by names that are the same for all runs on a system.
    pub amounts: BTreeMap<String, Amount>,
}

/// How much of something a run may do, and how much may come together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    /// What it is, for people: `traffic` on payment.
    pub what: String,
    /// Whether it is a share, of which there is no more than the whole.
    pub is_share: bool,
    /// How much this run may do.
    pub claimed: f64,
    /// How much may come together, as this run's limits have it.
    pub most: Option<f64>,
}

/// Why a run cannot begin beside others.
#[derive(Clone, Debug)]
pub enum Conflict {
    /// Another run uses an address alone.
    Address(RunRecord, String),
    /// Together they could do more of something than one of them allows.
    Sum {
        /// The runs that are at work.
        with: Vec<RunRecord>,
        /// What would be too much.
        what: String,
        /// How much it could come to.
        sum: String,
        /// The limit.
        most: String,
        /// The experiment that sets it.
        by: String,
    },
}

impl Claims {
    fn meets(&self, other: &Claims) -> bool {
        !self.scope.is_disjoint(&other.scope)
    }

    /// What stands between these claims of `experiment` and those of runs at work.
    pub(super) fn conflict(&self, experiment: &str, others: &[(RunRecord, Claims)]) -> Option<Conflict> {
        let alone = |(run, claims): &(RunRecord, Claims)| {
            let both = self.alone.intersection(&claims.alone).next();
            both.map(|address| Conflict::Address(run.clone(), address.clone()))
        };
        others.iter().find_map(alone).or_else(|| {
            let beside: Vec<_> = others.iter().filter(|(_, claims)| self.meets(claims)).collect();
            self.amounts.iter().find_map(|(name, own)| too_much(name, (experiment, own), &beside))
        })
    }
}

fn too_much(name: &str, (experiment, own): (&str, &Amount), beside: &[&(RunRecord, Claims)]) -> Option<Conflict> {
    let of =
        |(run, claims): &&(RunRecord, Claims)| claims.amounts.get(name).map(|amount| (run.clone(), amount.clone()));
    let others: Vec<(RunRecord, Amount)> = beside.iter().filter_map(of).filter(|(_, it)| it.claimed > 0.0).collect();
    if others.is_empty() || own.claimed <= 0.0 {
        return None;
    }
    let total = own.claimed + others.iter().map(|(_, it)| it.claimed).sum::<f64>();
    let sum = if own.is_share { total.min(1.0) } else { total };
    let limits = others.iter().filter_map(|(run, it)| it.most.map(|most| (most, run.experiment.as_str())));
    let limits = limits.chain(own.most.map(|most| (most, experiment)));
    let (most, by) = limits.min_by(|(a, _), (b, _)| a.total_cmp(b))?;
    if sum <= most + ROUNDING {
        return None;
    }
    let show = |value: f64| if own.is_share { unit::show_ratio(value) } else { unit::show_number(value) };
    Some(Conflict::Sum {
        with: others.iter().map(|(run, _)| run.clone()).collect(),
        what: own.what.clone(),
        sum: show(sum),
        most: show(most),
        by: by.to_owned(),
    })
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Conflict::Address(run, address) => {
                write!(f, "the run {} ({}) is at work on {address}", run.id, run.experiment)
            }
            Conflict::Sum { with, what, sum, most, by } => {
                let runs: Vec<String> = with.iter().map(|run| format!("{} ({})", run.id, run.experiment)).collect();
                let runs = runs.join(", ");
                write!(f, "together with {runs}, {what} could come to {sum}, and the limit of `{by}` is {most}")
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Amount, Claims};
    use crate::journal::{Place, ProcessIdentity, RunRecord};

    fn run(id: &str) -> RunRecord {
        RunRecord {
            id: id.to_owned(),
            experiment: format!("of_{id}"),
            environment: "local".to_owned(),
            started_at: 0,
            runner: ProcessIdentity::current(),
            verdict: None,
            place: Place::default(),
            beat: 0,
        }
    }

    fn share(claimed: f64, most: f64) -> Claims {
        let what = "`traffic` on payment".to_owned();
        let amount = Amount { what, is_share: true, claimed, most: Some(most) };
        Claims {
            scope: ["a:1".to_owned()].into(),
            amounts: [("traffic a:1".to_owned(), amount)].into(),
            ..Claims::default()
        }
    }

    fn told(own: &Claims, others: &[(RunRecord, Claims)]) -> Option<String> {
        own.conflict("new", others).map(|conflict| conflict.to_string())
    }

    #[test]
    fn what_is_claimed_adds_up() {
        let others = [(run("r1"), share(0.2, 0.5)), (run("r2"), share(0.2, 1.0))];
        assert_eq!(told(&share(0.1, 1.0), &others), None);
        let over = told(&share(0.11, 1.0), &others).unwrap();
        assert_eq!(
            over,
            "together with r1 (of_r1), r2 (of_r2), `traffic` on payment could come to 51%, and the limit of `of_r1` is 50%"
        );
        assert!(told(&share(0.1, 0.45), &others).unwrap().ends_with("the limit of `new` is 45%"));
        // There is no more than all of it.
        assert_eq!(told(&share(0.9, 1.0), &[(run("r1"), share(0.9, 1.0))]), None);
    }

    #[test]
    fn what_acts_elsewhere_or_does_nothing_there_counts_for_nothing() {
        let elsewhere = Claims { scope: ["b:1".to_owned()].into(), ..share(0.9, 0.1) };
        assert_eq!(told(&share(0.9, 0.9), &[(run("r1"), elsewhere)]), None);
        assert_eq!(told(&share(0.9, 0.9), &[(run("r1"), share(0.0, 0.1))]), None);
        assert_eq!(told(&share(0.0, 0.9), &[(run("r1"), share(0.5, 0.1))]), None);
    }

    #[test]
    fn an_address_is_used_by_one_alone() {
        let alone = Claims { alone: ["a:2".to_owned()].into(), ..Claims::default() };
        let refused = told(&alone, &[(run("r1"), alone.clone())]);
        assert_eq!(refused.as_deref(), Some("the run r1 (of_r1) is at work on a:2"));
        assert_eq!(told(&alone, &[(run("r1"), share(1.0, 1.0))]), None);
    }
}
