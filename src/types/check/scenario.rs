//! `scenario`: checked where it is declared, expanded where it is used.

use super::Checker;
use super::argument::{ranges_of, values_of};
use super::experiment::About;
use crate::base::Span;
use crate::diagnostics::{Diagnostic, Label, codes};
use crate::names::{DeclarationId, Kind};
use crate::syntax::tree;
use crate::types::model::{Argument, Parameter, Service, StepKind, System};
use crate::types::value::{Typed, Values};
use crate::types::{Type, errors};

/// Scenarios within scenarios, at most.
const DEEPEST: usize = 32;

/// Steps of one experiment once its scenarios are expanded, at most.
const MOST_STEPS: usize = 10_000;

/// A scenario that was checked where it is declared.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Whether a mistake in it was reported already.
    pub flawed: bool,
}

impl Checker<'_> {
    /// The parameters of all scenarios; their steps may use each other, so they come after.
    pub(super) fn scenario_parameters(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.scenarios.get(id.index)) else { return };
        let before = self.checked.findings.len();
        let mut parameters = self.parameters(&written.parameters);
        for parameter in &mut parameters {
            // A range that is not declared is that of the argument, wherever it is used.
            parameter.open |= parameter.range_span.is_none();
        }
        let flawed = written.damaged || self.checked.findings.len() > before;
        self.checked.scenarios.insert(id, Scenario { parameters, flawed });
    }

    /// Checks a scenario's steps for whatever it may be given.
    pub(super) fn scenario(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.scenarios.get(id.index)) else { return };
        let Some(scenario) = self.checked.scenarios.get(&id).cloned() else { return };
        let before = self.checked.findings.len();
        let system = stand_in(&scenario.parameters);
        let mut values = self.values_in(id.module);
        values.extend(values_of(&scenario.parameters));
        let mut known = ranges_of(&scenario.parameters);
        known.undecided = known.parameters.keys().cloned().collect();
        let chain = [id];
        let about = About {
            system: Some(&system),
            values: &values,
            known: &known,
            module: id.module,
            steady: true,
            chain: &chain,
        };
        self.expanded = 0;
        if written.steps.is_empty() && !written.damaged {
            let headline = "this scenario does nothing";
            self.report(errors::missing(codes::E0405, headline, written.name.span, "add steps, or remove it"));
        }
        self.steps(&written.steps, &about);
        if self.checked.findings.len() > before
            && let Some(scenario) = self.checked.scenarios.get_mut(&id)
        {
            scenario.flawed = true;
        }
    }

    /// A use of a scenario: its steps with the arguments in the place of its parameters.
    pub(super) fn scenario_use(
        &mut self,
        path: &tree::Path,
        arguments: &tree::Arguments,
        at: Span,
        about: &About,
    ) -> Option<StepKind> {
        let id = self.resolve_scenario(path, about)?;
        let scenario = self.checked.scenarios.get(&id)?.clone();
        let given = self.arguments(&path.text(), &scenario.parameters, arguments, about.scenario_context());
        if about.chain.len() > DEEPEST && !about.chain.contains(&id) {
            self.too_many_steps(at);
            return None;
        }
        if about.chain.contains(&id) {
            self.circle_of_scenarios(about.chain, id, path.span);
            return None;
        }
        let mut values = self.values_in(id.module);
        for parameter in &scenario.parameters {
            let (value, span) = given.as_ref()?.get(&parameter.name)?.clone();
            if let Argument::Service(service) = &value {
                self.has_what_is_needed(service, parameter, span, about)?;
            }
            values.insert(parameter.name.clone(), Typed { ty: inner_type(&parameter.ty), value });
        }
        let steps = self.expand(id, &values, at, scenario.flawed, about)?;
        Some(StepKind::Scenario(path.parts.last()?.text.clone(), steps))
    }

    fn expand(
        &mut self,
        id: DeclarationId,
        values: &Values,
        at: Span,
        flawed: bool,
        about: &About,
    ) -> Option<Vec<crate::types::model::Step>> {
        let written = self.file(id)?.scenarios.get(id.index)?;
        self.expanded += count(&written.steps);
        if self.expanded > MOST_STEPS {
            self.too_many_steps(at);
            return None;
        }
        let chain: Vec<DeclarationId> = about.chain.iter().copied().chain([id]).collect();
        let inner = About { values, module: id.module, chain: &chain, ..*about };
        let outer = std::mem::take(&mut self.checked.findings);
        let module = std::mem::replace(&mut self.module, id.module);
        let steps = self.step_list(&written.steps, &inner);
        self.module = module;
        let found = std::mem::replace(&mut self.checked.findings, outer);
        self.checked.findings.extend(found.into_iter().filter_map(|finding| of_this_use(finding, at, flawed)));
        Some(steps)
    }

    fn too_many_steps(&mut self, at: Span) {
        let known = self.checked.findings.iter().any(|finding| finding.code == codes::E0410);
        if !known {
            self.report(errors::too_many_steps(MOST_STEPS, at));
        }
    }

    /// A scenario; a misspelt step word that is followed by `(` ends up here, too.
    fn resolve_scenario(&mut self, path: &tree::Path, about: &About) -> Option<DeclarationId> {
        let scope = &self.program.module(about.module)?.scope;
        let text = path.text();
        if let Some(id) = scope.find(Kind::Scenario, &text) {
            return Some(id);
        }
        if self.is_lost(path) || scope.may_be_lost(&text) {
            return None;
        }
        let finding = if scope.find(Kind::Fault, &text).is_some() {
            errors::unknown("scenario", &text, path.span, [])
                .help(format!("a fault is injected: `inject {text}(…) for 1m`"))
        } else if scope.find(Kind::Probe, &text).is_some() {
            errors::unknown("scenario", &text, path.span, []).help(format!("a probe is called: `call {text}(…)`"))
        } else {
            errors::unknown("scenario", &text, path.span, scope.known(Kind::Scenario))
        };
        self.report(finding);
        None
    }

    /// A circle is reported once, whichever of its scenarios it is met from.
    fn circle_of_scenarios(&mut self, chain: &[DeclarationId], last: DeclarationId, at: Span) {
        let start = chain.iter().position(|id| *id == last).unwrap_or(0);
        if self.circles.insert(chain[start..].iter().copied().collect()) {
            self.report(errors::circle("scenarios use each other", &self.scenario_names(chain, last), at));
        }
    }

    fn scenario_names(&self, chain: &[DeclarationId], last: DeclarationId) -> Vec<String> {
        let name = |id: &DeclarationId| Some(self.file(*id)?.scenarios.get(id.index)?.name.text.clone());
        let start = chain.iter().position(|id| *id == last).unwrap_or(0);
        chain[start..].iter().chain([&last]).filter_map(name).collect()
    }

    fn has_what_is_needed(&mut self, service: &str, parameter: &Parameter, at: Span, about: &About) -> Option<()> {
        self.known_target(about.system, service, at)?;
        let found = about.system?.service(service)?;
        let lacks = |need: &&crate::types::model::Metric| {
            !found.metrics.iter().any(|metric| metric.name == need.name && metric.ty.fits(&need.ty))
        };
        let missing: Vec<String> =
            parameter.needs.iter().filter(lacks).map(|need| format!("{}: {}", need.name, need.ty)).collect();
        if missing.is_empty() || found.damaged {
            return Some(());
        }
        self.report(errors::lacks_metrics(service, &missing, at, parameter.span));
        None
    }
}

/// What is wrong with one use of a scenario. What is wrong whatever it is given was reported where it is declared.
fn of_this_use(mut finding: Diagnostic, at: Span, flawed: bool) -> Option<Diagnostic> {
    if finding.code == codes::E0202 {
        return Some(finding);
    }
    if flawed {
        return None;
    }
    finding.labels.insert(0, Label { span: at, text: "with what is given here".to_owned() });
    Some(finding)
}

/// The type that a parameter's value has inside the scenario: a signal is what it carries.
fn inner_type(ty: &Type) -> Type {
    match ty {
        Type::Signal(of) => of.as_ref().clone(),
        own => own.clone(),
    }
}

/// A system of the services that a scenario is given, with the metrics that it asks for.
fn stand_in(parameters: &[Parameter]) -> System {
    let services = parameters.iter().filter(|parameter| parameter.ty == Type::Service);
    let service = |parameter: &Parameter| Service {
        name: parameter.name.clone(),
        calls: Vec::new(),
        metrics: parameter.needs.clone(),
        slos: Vec::new(),
        damaged: false,
    };
    System { name: String::new(), services: services.map(service).collect() }
}

/// All steps in a list, inner ones too.
fn count(steps: &[tree::Step]) -> usize {
    steps.iter().map(|step| 1 + step.blocks().into_iter().map(count).sum::<usize>()).sum()
}
