//! The graph of steps: who waits for whom.

use super::arrange::Edge;
use crate::base::{Interval, Span};
use crate::types::Type;
use crate::types::model::{Argument, Class, ComponentPath, Expectation, Permit};
use crate::types::term::Condition;
use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;
use serde::Serialize;
use std::collections::BTreeMap;

/// A step of the plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name, given or derived; each once in a plan.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// The choices on whose way it lies, each with the way: it is skipped when another was taken.
    pub guards: Vec<(StepId, bool)>,
    /// The blocks with names in which it lies, the outermost first.
    pub blocks: Vec<String>,
    /// The levels of escalations in which it lies, the outermost first.
    pub escalations: Vec<Level>,
    /// Where it stands.
    pub span: Span,
}

/// A level of an escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Level {
    /// The escalation's name.
    pub of: String,
    /// Whether what is refuted in it refutes the run: it lies below what is to be reached. Else it only ends the escalation.
    pub counts: bool,
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
    /// Waits until the system is as quiet as in the baseline, at most this many seconds.
    Stable(f64),
    /// Reads a value.
    Call {
        /// The probe, with its standard module's name.
        probe: String,
        /// The component behind it, and its action.
        component: (String, String),
        /// What it returns.
        returns: Type,
        /// The arguments, by parameter.
        arguments: BTreeMap<String, PlannedArgument>,
    },
    /// Lets a person decide, at most this many seconds.
    Approve(String, f64),
    /// Chooses one of two ways.
    Choose {
        /// What decides.
        condition: Condition,
        /// The author's words.
        text: String,
    },
    /// Nothing: a place where ways meet or rounds begin.
    Mark,
}

/// An inject with everything filled in. Quantities are intervals: points in a plan that runs.
#[derive(Clone, Debug, Serialize)]
pub struct Injection {
    /// The fault, with its standard module's name.
    pub fault: String,
    /// The component behind it.
    pub component: String,
    /// The component's action.
    pub action: String,
    /// The component's file, where it is no standard one.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "super::form::digest")]
    pub file: Option<ComponentPath>,
    /// What the component may do besides commanding the target's proxy.
    #[serde(skip_serializing_if = "super::form::grants_nothing", serialize_with = "super::form::granted")]
    pub permits: Vec<Permit>,
    /// The faulted service.
    pub target: String,
    /// The target's proxy: one of the plan's.
    #[serde(skip)]
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
    /// What ends it sooner: a condition with its deadline.
    pub until: Option<Expectation>,
    /// What is expected meanwhile.
    pub expectations: Vec<Expectation>,
    /// Whether it may be active together with another fault on the same resource.
    pub may_interfere: bool,
    /// Where the target is written.
    #[serde(skip)]
    pub target_span: Span,
}

impl Injection {
    /// Everything that is judged while it is held.
    pub fn judged(&self) -> impl Iterator<Item = &Expectation> {
        self.expectations.iter().chain(&self.until)
    }
}

/// An argument with its type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedArgument {
    /// The parameter's type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// The value.
    pub value: Argument,
}

/// A parameter of the experiment with its type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedParameter {
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Its values, in base units: one where the plan runs, else its range.
    pub value: Interval,
}

/// Steps and what each waits for. Acyclic by construction.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    inner: StableDiGraph<Step, Edge>,
}

/// A step's place in the graph.
pub type StepId = NodeIndex;

impl Graph {
    /// Adds a step that waits for earlier ones.
    pub fn add(&mut self, step: Step, before: &[(StepId, Edge)]) -> StepId {
        let id = self.inner.add_node(step);
        for (earlier, edge) in before {
            self.inner.add_edge(*earlier, id, *edge);
        }
        id
    }

    /// A step.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.inner.node_weight(id)
    }

    /// A step, to change it.
    pub fn step_mut(&mut self, id: StepId) -> Option<&mut Step> {
        self.inner.node_weight_mut(id)
    }

    /// Lets a step wait for the end of an earlier one.
    pub fn wait(&mut self, later: StepId, earlier: StepId) {
        debug_assert!(earlier < later, "a step waits only for earlier ones");
        self.inner.update_edge(earlier, later, Edge::End);
    }

    /// All steps, in the order in which they were added.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.inner.node_weights()
    }

    /// The same, to change what they do.
    pub fn steps_mut(&mut self) -> impl Iterator<Item = &mut Step> {
        self.inner.node_weights_mut()
    }

    /// All places, each after those it waits for: the order in which they were added, since a step names only earlier ones.
    pub fn order(&self) -> Vec<StepId> {
        self.inner.node_indices().collect()
    }

    /// What a step waits for.
    pub fn before(&self, id: StepId) -> Vec<(StepId, Edge)> {
        self.inner.edges_directed(id, Direction::Incoming).map(|edge| (edge.source(), *edge.weight())).collect()
    }

    /// The steps that wait for a step.
    pub fn after(&self, id: StepId) -> Vec<(StepId, Edge)> {
        self.inner.edges_directed(id, Direction::Outgoing).map(|edge| (edge.target(), *edge.weight())).collect()
    }
}
