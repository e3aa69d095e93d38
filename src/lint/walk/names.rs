//! Names: given, and used.

use super::{all_inside, expressions, injected, path, runs, steps};
use crate::syntax::File;
use crate::syntax::tree::{Expr, ModelUse, Name, Parameter, Path, Step, StepKind, Test};
use std::collections::BTreeSet;

/// A name that a file gives.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'t> {
    /// The word for what has it.
    pub kind: &'static str,
    /// The name.
    pub name: &'t Name,
    /// Its `##` comment, where it can have one.
    pub doc: Option<&'t str>,
}

impl Declared<'_> {
    /// Whether it is a part from which experiments are made.
    pub fn is_part(&self) -> bool {
        matches!(self.kind, "constant" | "scenario" | "fault" | "probe")
    }
}

fn declared<'t>(kind: &'static str, name: &'t Name, doc: Option<&'t str>) -> Declared<'t> {
    Declared { kind, name, doc }
}

/// The declarations of a file, kind by kind.
pub fn declarations(file: &File) -> Vec<Declared<'_>> {
    let mut found: Vec<Declared> = Vec::new();
    found.extend(file.constants.iter().map(|it| declared("constant", &it.name, Some(&it.doc))));
    found.extend(file.systems.iter().map(|it| declared("system", &it.name, Some(&it.doc))));
    found.extend(file.environments.iter().map(|it| declared("environment", &it.name, None)));
    found.extend(file.experiments.iter().map(|it| declared("experiment", &it.name, Some(&it.doc))));
    found.extend(file.scenarios.iter().map(|it| declared("scenario", &it.name, Some(&it.doc))));
    found.extend(file.policies.iter().map(|it| declared("policy", &it.name, None)));
    found.extend(file.models.iter().map(|it| declared("model", &it.name, Some(&it.doc))));
    found.extend(file.tests.iter().map(|it| declared("test", &it.name, None)));
    found.extend(file.schedules.iter().map(|it| declared("schedule", &it.name, Some(&it.doc))));
    found.extend(file.faults.iter().map(|it| declared("fault", &it.name, Some(&it.doc))));
    found.extend(file.probes.iter().map(|it| declared("probe", &it.name, Some(&it.doc))));
    found
}

/// The names that declarations give inside themselves: metrics, parameters, steps. Services and sources are not among
/// them: they are called as they are called outside.
pub fn inner_names(file: &File) -> Vec<Declared<'_>> {
    let mut found: Vec<Declared> = Vec::new();
    let services = file.systems.iter().flat_map(|system| &system.services);
    found.extend(services.flat_map(|it| &it.metrics).map(|it| declared("metric", &it.name, Some(&it.doc))));
    found.extend(parameter_lists(file).into_iter().flatten().map(|it| declared("parameter", &it.name, None)));
    for step in runs(file).flat_map(steps) {
        found.extend(step.name.iter().map(|name| declared("step", name, None)));
        found.extend(variable(step).map(|name| declared("parameter", name, None)));
    }
    found
}

/// Every list of parameters in a file.
pub fn parameter_lists(file: &File) -> Vec<&[Parameter]> {
    let mut found: Vec<&[Parameter]> = Vec::new();
    found.extend(file.experiments.iter().map(|it| it.parameters.as_slice()));
    found.extend(file.scenarios.iter().map(|it| it.parameters.as_slice()));
    found.extend(file.faults.iter().map(|it| it.parameters.as_slice()));
    found.extend(file.probes.iter().map(|it| it.parameters.as_slice()));
    found
}

/// The name that an escalation gives to its level.
pub fn variable(step: &Step) -> Option<&Name> {
    if let StepKind::Escalate { variable, .. } = &step.kind { Some(variable) } else { None }
}

/// Every name in a file that can mean a declaration: what experiments, environments, models, tests and schedules are
/// about, what is injected, called and done, what expressions name, what is allowed.
pub fn mentions(file: &File) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut paths: Vec<&Path> = Vec::new();
    paths.extend(file.environments.iter().map(|it| &it.system));
    paths.extend(file.experiments.iter().map(|it| &it.system));
    paths.extend(file.tests.iter().flat_map(|it| std::iter::once(&it.experiment).chain(&it.environment)));
    paths.extend(file.models.iter().filter_map(|it| it.system.as_ref()));
    paths.extend(file.tests.iter().filter_map(used_model));
    paths.extend(file.schedules.iter().flat_map(|it| std::iter::once(&it.experiment).chain(&it.environment)));
    paths.extend(runs(file).flat_map(steps).filter_map(step_mentions));
    paths.extend(all_inside(expressions(file)).filter_map(path));
    found.extend(paths.into_iter().map(Path::text));
    let allowed = file.environments.iter().flat_map(|it| &it.allowances).flat_map(|it| &it.patterns);
    found.extend(allowed.map(|(module, fault)| {
        let parts = [module, fault].into_iter().flatten().map(|name| name.text.as_str());
        parts.collect::<Vec<_>>().join(".")
    }));
    found
}

/// The declared model that a test is run in.
pub fn used_model(test: &Test) -> Option<&Path> {
    if let Some(ModelUse::Named(path)) = &test.model { Some(path) } else { None }
}

/// The fault, probe or scenario of a step.
fn step_mentions(step: &Step) -> Option<&Path> {
    match &step.kind {
        StepKind::Call(path, _) | StepKind::Scenario(path, _) => Some(path),
        _ => injected(step).map(|inject| &inject.fault),
    }
}

/// The names that expressions begin with: of parameters, services, sources, constants.
pub fn first_names(roots: Vec<&Expr>) -> BTreeSet<&str> {
    let paths = all_inside(roots).filter_map(path);
    paths.filter_map(|path| path.parts.first()).map(|name| name.text.as_str()).collect()
}
