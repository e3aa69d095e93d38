//! Effective limits: the meet of what the experiment and the environment say.

use crate::base::Span;
use crate::types::model::Limits;
use crate::types::term::{Known, LimitName, MetricId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Who set a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The experiment.
    Experiment,
    /// The environment.
    Environment,
    /// Nobody: what holds unless somebody says more.
    Default,
}

impl Origin {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Origin::Experiment => "experiment",
            Origin::Environment => "environment",
            Origin::Default => "default",
        }
    }
}

/// A bound that holds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bound {
    /// In base units.
    pub value: f64,
    /// Who set it.
    pub origin: Origin,
    /// Where it is written.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// The limits that hold for a plan.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Effective {
    /// Services that may be faulted.
    pub services: BTreeSet<String>,
    /// Where that is written.
    #[serde(skip)]
    pub services_span: Option<Span>,
    /// Where the experiment has a list of its own: what the environment lets it hold, if that says anything.
    #[serde(skip)]
    pub addable: Option<Option<BTreeSet<String>>>,
    /// The bounds.
    #[serde(flatten)]
    pub bounds: BTreeMap<LimitName, Bound>,
    /// Shares of error budgets that may be spent, by the SLO's metric.
    pub budgets: BTreeMap<MetricId, Bound>,
    /// Where it may reach: of each of these, one must fit.
    pub places: Vec<PlaceLimit>,
    /// Whether a bound depends on a parameter whose value is not known: it counts with its least value here.
    #[serde(skip)]
    pub varies: bool,
}

/// `namespaces`, `selector` or `hosts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceLimit {
    /// The limit's word.
    pub word: String,
    /// What is allowed.
    pub allowed: Vec<String>,
    /// Who set it.
    pub origin: Origin,
    /// Where it is written.
    #[serde(skip)]
    pub span: Span,
}

impl Effective {
    /// The meet of both. A bound that depends on a parameter counts with its least value.
    pub fn meet(experiment: &Limits, environment: &Limits, known: &Known) -> Effective {
        let (mut budgets, mut places, mut varies) = (BTreeMap::<MetricId, Bound>::new(), Vec::new(), false);
        let mut bounds = BTreeMap::from([
            (LimitName::Concurrent, Bound { value: 1.0, origin: Origin::Default, span: None }),
            (LimitName::Traffic, Bound { value: 1.0, origin: Origin::Default, span: None }),
        ]);
        for (limits, origin) in [(experiment, Origin::Experiment), (environment, Origin::Environment)] {
            for (metric, share, span) in &limits.budgets {
                let bound = Bound { value: share.bounds(known).lo, origin, span: Some(*span) };
                let held = budgets.entry(metric.clone()).or_insert(bound);
                if bound.value < held.value {
                    *held = bound;
                }
            }
            places.extend(limits.places.iter().map(|(word, (allowed, span))| PlaceLimit {
                word: word.clone(),
                allowed: allowed.clone(),
                origin,
                span: *span,
            }));
            for (name, (term, span)) in &limits.bounds {
                let values = term.bounds(known);
                varies |= !values.is_point();
                let bound = Bound { value: values.lo, origin, span: Some(*span) };
                let held = bounds.entry(*name).or_insert(bound);
                // Only the experiment raises what holds by default.
                let raises = held.origin == Origin::Default && origin == Origin::Experiment;
                let binds = held.origin == Origin::Default && bound.value <= held.value;
                if raises || binds || bound.value < held.value {
                    *held = bound;
                }
            }
        }
        let (services, services_span) = services(experiment, environment);
        let allowed = environment.services.as_ref().map(|(allowed, _)| allowed.clone());
        let addable = experiment.services.as_ref().map(|_| allowed);
        Effective { services, services_span, addable, bounds, budgets, places, varies }
    }

    /// Whether a service may be faulted as soon as the experiment's own list has it.
    pub fn can_add(&self, service: &str) -> bool {
        self.addable.as_ref().is_some_and(|allowed| allowed.as_ref().is_none_or(|allowed| allowed.contains(service)))
    }

    /// A bound.
    pub fn bound(&self, name: LimitName) -> Option<Bound> {
        self.bounds.get(&name).copied()
    }

    /// The bounds as values, for terms that name them.
    pub fn values(&self) -> BTreeMap<LimitName, f64> {
        self.bounds.iter().map(|(name, bound)| (*name, bound.value)).collect()
    }
}

fn services(experiment: &Limits, environment: &Limits) -> (BTreeSet<String>, Option<Span>) {
    match (&experiment.services, &environment.services) {
        (Some((own, span)), Some((allowed, _))) => (own.intersection(allowed).cloned().collect(), Some(*span)),
        (Some((one, span)), None) | (None, Some((one, span))) => (one.clone(), Some(*span)),
        (None, None) => (BTreeSet::new(), None),
    }
}
