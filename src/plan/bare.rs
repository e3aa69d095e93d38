//! An environment as a plan without steps: all that it binds, where nothing is to be injected.

use super::lower::{Choice, lower};
use super::{Plan, Stage, world};
use crate::diagnostics::{Diagnostic, codes};
use crate::types::model::{Environment, Experiment, Limits, System};
use crate::types::term::Known;
use crate::types::{DEFAULT_BASELINE, DEFAULT_NO_DATA, DEFAULT_WINDOW};

/// The plan of an environment alone: its processes, proxies, limits, every source and every binding, and the system's SLOs.
/// An SLO whose metric is not bound stays in it. Findings say what of the environment cannot be used.
pub fn bare(system: &System, environment: &Environment) -> (Plan, Vec<Diagnostic>) {
    let (experiment, known) = (nothing(environment), Known::default());
    let (mut plan, mut findings) =
        lower(Choice { stage: &Stage::of(system, environment), experiment: &experiment, known: &known });
    findings.retain(|finding| finding.code != codes::E0702);
    plan.bindings = environment.bindings.clone();
    plan.sources = world::sources(plan.bindings.values().map(|binding| &binding.source), environment, &plan.proxies);
    (plan, findings)
}

/// An experiment that does nothing.
fn nothing(environment: &Environment) -> Experiment {
    Experiment {
        name: String::new(),
        id: None,
        hypothesis: None,
        owner: None,
        parameters: Vec::new(),
        window: DEFAULT_WINDOW,
        baseline: DEFAULT_BASELINE,
        no_data: DEFAULT_NO_DATA,
        steady: Vec::new(),
        consents: true,
        limits: Limits::default(),
        aborts: Vec::new(),
        steps: Vec::new(),
        expectations: Vec::new(),
        amplification: Vec::new(),
        damaged: false,
        span: environment.span,
    }
}
