//! The tree: what a text says, name by name, nothing resolved.

mod effects;
mod environment;
mod experiment;
mod expr;
mod model;
mod policy;
mod step;
mod system;
mod test;

pub use effects::{Fault, Probe};
pub use environment::{
    Allowance, Binding, Environment, Grant, Matcher, MetricSource, PlacedService, Restarts, Silence,
};
pub use experiment::{Abort, Experiment, Limits, Run, Scenario};
pub use expr::{Argument, Arguments, Comparator, Expr, ExprKind, Operator};
pub use model::{Arrivals, Model, ModelUse, Modelled, Shown, Trait, TraitKind};
pub use policy::{Policy, Requirement, Rule};
pub use step::{After, Awaited, Comparative, Expect, Hold, Inject, Mode, Relation, Step, StepKind, Timing, Wait};
pub use system::{Metric, Service, Slo, System};
pub use test::{Course, Given, GivenWhat, Schedule, Since, Test, TestExpectation};

use crate::base::Span;

/// A name with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Names joined by dots.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// At least one name.
    pub parts: Vec<Name>,
    /// Where it stands.
    pub span: Span,
}

impl Path {
    /// The path as it is written.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.parts.iter().map(|part| part.text.len() + 1).sum());
        for (at, part) in self.parts.iter().enumerate() {
            text.push_str(if at > 0 { "." } else { "" });
            text.push_str(&part.text);
        }
        text
    }

    /// Its names.
    pub fn names(&self) -> Vec<&str> {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// Imports, in order.
    pub uses: Vec<Use>,
    /// Constants.
    pub constants: Vec<Constant>,
    /// Systems.
    pub systems: Vec<System>,
    /// Environments.
    pub environments: Vec<Environment>,
    /// Experiments.
    pub experiments: Vec<Experiment>,
    /// Scenarios.
    pub scenarios: Vec<Scenario>,
    /// Policies.
    pub policies: Vec<Policy>,
    /// Toy systems.
    pub models: Vec<Model>,
    /// Tests of experiments.
    pub tests: Vec<Test>,
    /// Schedules.
    pub schedules: Vec<Schedule>,
    /// Faults.
    pub faults: Vec<Fault>,
    /// Probes.
    pub probes: Vec<Probe>,
    /// What `@allow(…)` allows, and where.
    pub allows: Vec<Allow>,
    /// The names of declarations that could not be read: what refers to them is not reported again.
    pub lost: Vec<Name>,
}

/// `@allow(no-recovery)` before a declaration or a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Allow {
    /// What is allowed.
    pub name: Name,
    /// The declaration or statement in which it is.
    pub span: Span,
}

/// `let limit = 5%`.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Expr,
    /// Its `##` comment.
    pub doc: String,
}

/// `use std.http`, `use "./shop.chaos" as shop`.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// What is used.
    pub what: Used,
    /// The name given to it.
    pub alias: Option<Name>,
    /// The whole statement.
    pub span: Span,
}

/// What a `use` names.
#[derive(Clone, Debug, PartialEq)]
pub enum Used {
    /// A module, by its path.
    Module(Path),
    /// A file, relative to the one that says `use`.
    File(String, Span),
}

/// A type as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    /// Its form.
    pub kind: TypeKind,
    /// The whole type.
    pub span: Span,
}

/// The forms of a type.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// `duration`, `distribution<duration>`: the name, and what stands in `< >`.
    Named(Name, Option<Box<TypeName>>),
    /// Not written: that of the default.
    Inferred,
    /// `enum(tcp, udp)`.
    Enum(Vec<Name>),
    /// `service { success: ratio }`: the metrics that are needed.
    Service(Vec<(Name, TypeName)>),
}

/// `param rate: ratio in 1%..100% = 40%`, also of a fault, a probe or a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
    /// Its range.
    pub range: Option<(Expr, Expr)>,
    /// Its default.
    pub default: Option<Expr>,
    /// Its `##` comment.
    pub doc: String,
}
