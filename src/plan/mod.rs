//! Rank 5: the execution plan: a graph of steps, with all that the environment adds.
//!
//! Made from one experiment, one environment and what is known of the parameters: their ranges when a file is checked,
//! their values when it runs.

mod answers;
mod arrange;
mod bare;
mod cohort;
mod errors;
mod form;
pub mod graph;
mod limits;
mod lower;
mod permits;
mod picking;
mod sizes;
mod stage;
mod support;
pub mod words;
mod world;

pub use arrange::{Edge, Leaf, Placed, arrange};
pub use bare::bare;
pub use graph::{Graph, Injection, Level, PlannedArgument, PlannedParameter, Step, StepKind};
pub use limits::{Bound, Effective, Origin, PlaceLimit};
pub use lower::{Choice, lower};
pub use stage::Stage;
pub use support::not_runnable;
pub use world::{Process, Proxy};

use crate::base::Span;
use crate::types::model::{Binding, Expectation, Place, Slo, Source, SourceRef, Trigger};
use crate::types::secret::SecretRef;
use crate::types::term::{Demand, MetricId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything a run needs to know.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The experiment's name.
    pub experiment: String,
    /// Its `id`.
    pub id: Option<String>,
    /// The sentence that is tested.
    pub hypothesis: Option<String>,
    /// The environment's name.
    pub environment: String,
    /// The environment's tier.
    pub tier: String,
    /// What the parameters are.
    pub parameters: BTreeMap<String, PlannedParameter>,
    /// The window of aggregates that do not say `over`, in seconds.
    pub window: f64,
    /// How long the steady state is judged, in seconds.
    pub baseline: f64,
    /// How long data may be missing, in seconds.
    pub no_data: f64,
    /// Every SLO of the system, and the experiment's own steady state.
    pub steady: Vec<Slo>,
    /// Services whose SLOs may bend from the beginning on.
    pub bends: BTreeSet<String>,
    /// For each service, those that call it.
    #[serde(serialize_with = "form::shared")]
    pub callers: Arc<BTreeMap<String, Vec<String>>>,
    /// Where the services are.
    #[serde(serialize_with = "form::shared")]
    pub places: Arc<BTreeMap<String, Place>>,
    /// Triggers.
    pub aborts: Vec<Trigger>,
    /// Expectations on the whole run.
    pub expectations: Vec<Expectation>,
    /// The steps.
    #[serde(rename = "steps")]
    pub graph: Graph,
    /// Where metrics come from.
    pub sources: BTreeMap<SourceRef, Source>,
    /// What metrics are read from.
    pub bindings: BTreeMap<MetricId, Binding>,
    /// Processes to start, in order.
    #[serde(serialize_with = "form::shared")]
    pub processes: Arc<[Process]>,
    /// Proxies that must stand, in order.
    #[serde(serialize_with = "form::shared")]
    pub proxies: Arc<[Proxy]>,
    /// The limits that hold.
    pub limits: Effective,
    /// What the files ask for that this version does not do, with the place.
    #[serde(serialize_with = "form::words")]
    pub unkept: Vec<(String, Span)>,
    /// Where it is meant that only amplification can refute what is expected.
    #[serde(skip)]
    pub amplification: Vec<Span>,
    /// The experiment's name's place.
    #[serde(skip)]
    pub span: Span,
}

impl Plan {
    /// Whether a step faults a service: from then on its SLOs may bend.
    pub fn faults(&self, service: &str) -> bool {
        self.injections().any(|(_, injection)| injection.target == service)
    }

    /// The SLOs outside `bends`, which abort the run when they break; those of a faulted service before its first fault.
    pub fn watched(&self) -> impl Iterator<Item = &Slo> {
        let slos = self.steady.iter().filter(|slo| !slo.service.is_empty());
        slos.filter(|slo| !self.bends.contains(&slo.service))
    }

    /// The services that a service calls.
    pub fn called_by(&self, caller: &str) -> Vec<String> {
        let calls = |(_, callers): &(&String, &Vec<String>)| callers.iter().any(|it| it == caller);
        self.callers.iter().filter(calls).map(|(called, _)| called.clone()).collect()
    }

    /// All injects, in order.
    pub fn injections(&self) -> impl Iterator<Item = (&Step, &Injection)> {
        self.graph.steps().filter_map(|step| match &step.kind {
            StepKind::Inject(injection) => Some((step, injection.as_ref())),
            _ => None,
        })
    }

    /// The secrets that open its sources and proxies.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        let sources = self.sources.values().flat_map(|source| source.access.secrets());
        sources.chain(self.proxies.iter().filter_map(|proxy| proxy.token.as_ref()))
    }

    /// How often a source is read, in seconds.
    pub fn every(&self, source: &SourceRef) -> f64 {
        self.sources.get(source).map_or(1.0, |source| source.every)
    }

    /// Seconds from a change to a read of its source that can show it: how often it is read, and how often the server behind
    /// it looks itself.
    pub fn lag(&self, source: &SourceRef) -> f64 {
        self.sources.get(source).map_or(1.0, Source::lag)
    }
}

/// Seconds an inject may take to apply.
pub const APPLY_TIMEOUT: f64 = 5.0;
/// Seconds a revert may take: its time-out times its attempts.
pub const REVERT_BOUND: f64 = 15.0;
/// Seconds between the end of a fault's time and its revert in which everything is read once more.
pub const LAST_LOOK: f64 = 0.5;
/// Seconds that pass between the signal and the kill when continuous integration cancels a job, where nothing else is said.
pub const CANCEL_GRACE: f64 = 10.0;
/// Seconds a read of a metric may take.
pub const QUERY_TIMEOUT: f64 = 2.0;

/// Seconds after a deadline in which a sample from before it may still come.
pub const LATE: f64 = 5.0;

/// Seconds from the moment at which a fault is injected to that at which it is surely gone. What ends a fault that is held
/// `until` may be seen late.
pub fn active(injection: &Injection) -> f64 {
    let late = if injection.until.is_some() { LATE } else { 0.0 };
    APPLY_TIMEOUT + injection.duration.hi + late + last_look(injection) + REVERT_BOUND
}

/// Seconds for which a fault may be looked at before it is taken back: an injector that asks others has the time of a query.
pub fn last_look(injection: &Injection) -> f64 {
    if injection.resource == "requests" { LAST_LOOK } else { QUERY_TIMEOUT }
}

/// The least that a step takes if it is not skipped, in seconds.
pub fn shortest(step: &Step, plan: &Plan) -> f64 {
    match &step.kind {
        StepKind::Inject(injection) => injection.duration.lo.max(0.0),
        StepKind::Wait(duration) => duration.lo.max(0.0),
        StepKind::Expect(expectation) if expectation.demand == Demand::Compared => plan.baseline,
        _ => 0.0,
    }
}

/// The worst-case length of a step, in seconds.
///
/// A fault is prepared, then injected; a target that cannot be reached is tried once more when its lease must be over.
pub fn longest(step: &Step, plan: &Plan) -> f64 {
    match &step.kind {
        StepKind::Inject(injection) => {
            // It is prepared before it is injected.
            APPLY_TIMEOUT + active(injection) + APPLY_TIMEOUT
        }
        StepKind::Wait(duration) => duration.hi,
        StepKind::Expect(expectation) => match expectation.demand {
            Demand::Within { deadline, holding } => deadline + holding + LATE,
            Demand::Compared => plan.baseline + LATE,
            _ => plan.no_data,
        },
        StepKind::Stable(deadline) => deadline + LATE,
        StepKind::Approve(_, within) => *within,
        StepKind::Call { .. } => QUERY_TIMEOUT,
        StepKind::Choose { .. } => plan.no_data,
        StepKind::Mark => 0.0,
    }
}
