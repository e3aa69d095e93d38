//! The graph of steps: who waits for whom.

use crate::base::{Interval, Span};
use crate::types::Type;
use crate::types::model::{Argument, Class, Expectation};
use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use std::collections::BTreeMap;

/// A step of the plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name, given or derived; each once in a plan.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// Where it stands.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// Injects a fault, holds it, takes it back.
    Inject(Box<Injection>),
    /// Checks a condition.
    Expect(Expectation),
    /// Lets time pass, in seconds.
    Wait(Interval),
}

/// An inject with everything filled in. Quantities are intervals: points in a plan that runs.
#[derive(Clone, Debug)]
pub struct Injection {
    /// The fault, as the experiment calls it.
    pub fault: String,
    /// The component behind it.
    pub component: String,
    /// The component's action.
    pub action: String,
    /// The faulted service.
    pub target: String,
    /// The target's proxy.
    pub proxy: Option<super::world::Proxy>,
    /// The arguments, by parameter.
    pub arguments: BTreeMap<String, PlannedArgument>,
    /// The share of the target's requests that it touches.
    pub touches: Interval,
    /// The share of the target's requests that it fails.
    pub fails: Interval,
    /// What it cannot share with another fault.
    pub resource: String,
    /// How it ends when nobody undoes it.
    pub class: Class,
    /// How long it is held, in seconds.
    pub duration: Interval,
    /// What is expected meanwhile.
    pub expectations: Vec<Expectation>,
    /// Whether it may be active together with another fault on the same resource.
    pub may_interfere: bool,
    /// Where the target is written.
    pub target_span: Span,
}

/// An argument with its type.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedArgument {
    /// The parameter's type.
    pub ty: Type,
    /// The value.
    pub value: Argument,
}

/// Steps and what each waits for. Acyclic by construction.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    inner: StableDiGraph<Step, ()>,
}

/// A step's place in the graph.
pub type StepId = NodeIndex;

impl Graph {
    /// Adds a step that waits for `before`.
    pub fn add(&mut self, step: Step, before: &[StepId]) -> StepId {
        let id = self.inner.add_node(step);
        for earlier in before {
            self.inner.add_edge(*earlier, id, ());
        }
        id
    }

    /// A step.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.inner.node_weight(id)
    }

    /// All steps, in the order in which they were added.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.inner.node_weights()
    }

    /// All places, each after those it waits for: the order in which they were added, since a step names only earlier ones.
    pub fn order(&self) -> Vec<StepId> {
        self.inner.node_indices().collect()
    }

    /// What a step waits for.
    pub fn before(&self, id: StepId) -> Vec<StepId> {
        self.inner.neighbors_directed(id, Direction::Incoming).collect()
    }

    /// The steps that wait for a step.
    pub fn after(&self, id: StepId) -> Vec<StepId> {
        self.inner.neighbors_directed(id, Direction::Outgoing).collect()
    }
}
