//! An experiment: its limits, triggers and expectations.

use super::{Hold, Parameter, Slo, Step, StepKind};
use crate::base::Span;
use crate::types::term::{Condition, Demand, LimitName, MetricId, Term};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Upper bounds, with the places where they are written.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Services that may be faulted; none: not said.
    pub services: Option<(BTreeSet<String>, Span)>,
    /// Services whose SLOs may bend.
    pub bends: Option<BTreeSet<String>>,
    /// The bounds.
    pub bounds: BTreeMap<LimitName, (Term, Span)>,
    /// Shares of SLOs' error budgets that may be spent.
    pub budgets: Vec<(MetricId, Term, Span)>,
    /// `namespaces`, `selector`, `hosts`, as they are written.
    pub places: BTreeMap<String, (Vec<String>, Span)>,
}

/// An experiment.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Its name.
    pub name: String,
    /// `id`.
    pub id: Option<String>,
    /// The sentence that is tested.
    pub hypothesis: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// The window of aggregates that do not say `over`, in seconds.
    pub window: f64,
    /// How long the steady state is judged, in seconds.
    pub baseline: f64,
    /// How long data may be missing, in seconds.
    pub no_data: f64,
    /// Its own steady state, beside the system's SLOs.
    pub steady: Vec<Slo>,
    /// Whether it consents to what cannot be undone.
    pub consents: bool,
    /// Its limits.
    pub limits: Limits,
    /// Its triggers.
    pub aborts: Vec<Trigger>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Expectations on the whole run.
    pub expectations: Vec<Expectation>,
    /// Where it is meant that only amplification can refute what is expected.
    pub amplification: Vec<Span>,
    /// Whether part of it could not be read: then a step that is waited for may be there.
    pub damaged: bool,
    /// Its name's place.
    pub span: Span,
}

impl Experiment {
    /// All conditions: of its steady state, triggers and expectations, and what decides between ways.
    pub fn conditions(&self) -> Vec<&Condition> {
        let mut found: Vec<&Condition> = self.steady.iter().map(|it| &it.condition).collect();
        found.extend(self.aborts.iter().map(|it| &it.condition));
        found.extend(self.expectations.iter().map(|it| &it.condition));
        let mut open: Vec<&Step> = self.steps.iter().rev().collect();
        while let Some(step) = open.pop() {
            match &step.kind {
                StepKind::Inject(inject) => {
                    found.extend(inject.expectations.iter().map(|it| &it.condition));
                    if let Hold::Until(until) = &inject.hold {
                        found.push(&until.condition);
                    }
                }
                StepKind::Expect(expectation) => found.push(&expectation.condition),
                StepKind::When { condition, .. } => found.push(condition),
                _ => {}
            }
            open.extend(step.kind.blocks().into_iter().flatten().rev());
        }
        found
    }
}

/// `abort when φ for d`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trigger {
    /// φ.
    pub condition: Condition,
    /// How long φ must have held, in seconds.
    pub hold: f64,
    /// For how many samples φ must have held.
    pub samples: Option<u32>,
    /// The author's words.
    #[serde(rename = "written")]
    pub text: String,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// `expect …`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expectation {
    /// The step's name, where one is given.
    pub name: Option<String>,
    /// The condition.
    pub condition: Condition,
    /// What it demands in time.
    pub demand: Demand,
    /// The author's words.
    #[serde(rename = "written")]
    pub text: String,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}
