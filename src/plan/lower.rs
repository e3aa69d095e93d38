//! From the typed experiment and environment to the plan.

use super::graph::{Graph, Injection, PlannedArgument, Step, StepId, StepKind};
use super::limits::Effective;
use super::{Plan, errors, world};
use crate::base::{Interval, Span};
use crate::diagnostics::Diagnostic;
use crate::names::stdlib;
use crate::types::model::{
    Argument, Environment, Expectation, Experiment, Fault, Inject, Slo, Step as Written, System, Trigger,
};
use crate::types::term::{Cohort, Condition, Known, MetricId, Reading};
use std::collections::{BTreeMap, BTreeSet};

/// One experiment in one environment, with what is known of its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The system of both.
    pub system: &'a System,
    /// The experiment.
    pub experiment: &'a Experiment,
    /// The environment.
    pub environment: &'a Environment,
    /// Ranges or values of the parameters.
    pub known: &'a Known,
}

/// Makes the plan; findings say what the environment lacks for it.
pub fn lower(choice: Choice) -> (Plan, Vec<Diagnostic>) {
    let Choice { system, experiment, environment, known } = choice;
    let limits = Effective::meet(&experiment.limits, &environment.limits, known);
    let known = Known { parameters: known.parameters.clone(), limits: limits.values() };
    let mut findings = Vec::new();
    let proxies = world::proxies(system, environment, &mut findings);
    let processes = world::processes(system, environment, &mut findings);
    let steady: Vec<Slo> = system.services.iter().flat_map(|service| service.slos.iter().cloned()).map(named).collect();
    let all_steady = Condition::all(steady.iter().map(|slo| slo.condition.clone()));
    let mut lowering = Lowering {
        environment,
        known: &known,
        steady: &all_steady,
        proxies: &proxies,
        graph: Graph::default(),
        names: given_names(&experiment.steps),
        numbers: BTreeMap::new(),
        findings,
    };
    lowering.steps(&experiment.steps, Vec::new());
    let aborts = experiment.aborts.iter().map(|trigger| lowering.trigger(trigger)).collect();
    let expectations = experiment.expectations.iter().map(|it| lowering.expectation(it)).collect();
    let (graph, findings) = (lowering.graph, lowering.findings);
    let mut plan = Plan {
        experiment: experiment.name.clone(),
        id: experiment.id.clone(),
        hypothesis: experiment.hypothesis.clone(),
        environment: environment.name.clone(),
        tier: environment.tier.clone(),
        parameters: shown_parameters(experiment, &known),
        window: experiment.window,
        baseline: experiment.baseline,
        no_data: experiment.no_data,
        steady,
        bends: bends(experiment),
        callers: callers(system),
        aborts,
        expectations,
        graph,
        sources: BTreeMap::new(),
        bindings: BTreeMap::new(),
        processes,
        proxies,
        limits,
        span: experiment.span,
    };
    let mut findings = findings;
    bind(&mut plan, environment, &mut findings);
    split_cohorts(&plan, &mut findings);
    (plan, findings)
}

/// An SLO's words with its service's name, as it is spoken of outside the service.
fn named(slo: Slo) -> Slo {
    let text = format!("{}: {}", slo.service, slo.text);
    Slo { text, ..slo }
}

fn bends(experiment: &Experiment) -> BTreeSet<String> {
    let faulted = experiment.limits.services.as_ref().map(|(services, _)| services.clone()).unwrap_or_default();
    experiment.limits.bends.clone().map_or(faulted.clone(), |bends| bends.union(&faulted).cloned().collect())
}

fn callers(system: &System) -> BTreeMap<String, Vec<String>> {
    let of = |name: &str| system.callers(name).into_iter().map(str::to_owned).collect();
    system.services.iter().map(|service| (service.name.clone(), of(&service.name))).collect()
}

fn shown_parameters(experiment: &Experiment, known: &Known) -> BTreeMap<String, String> {
    let show = |parameter: &crate::types::model::Parameter| {
        let bounds = known.parameters.get(&parameter.name).copied().unwrap_or(parameter.range);
        let text = if bounds.is_point() {
            parameter.ty.show(bounds.lo)
        } else {
            format!("{}..{}", parameter.ty.show(bounds.lo), parameter.ty.show(bounds.hi))
        };
        (parameter.name.clone(), text)
    };
    experiment.parameters.iter().map(show).collect()
}

struct Lowering<'a> {
    environment: &'a Environment,
    known: &'a Known,
    steady: &'a Condition,
    proxies: &'a [world::Proxy],
    graph: Graph,
    /// Names that are taken.
    names: BTreeSet<String>,
    /// The last number given to an unnamed step, by stem.
    numbers: BTreeMap<String, u32>,
    findings: Vec<Diagnostic>,
}

impl Lowering<'_> {
    /// Adds steps one after the other; gives the last ones, which what follows waits for.
    fn steps(&mut self, steps: &[Written], before: Vec<StepId>) -> Vec<StepId> {
        steps.iter().fold(before, |before, step| self.step(step, before))
    }

    fn step(&mut self, step: &Written, before: Vec<StepId>) -> Vec<StepId> {
        let (name, kind, span) = match step {
            Written::Sequence(steps) => return self.steps(steps, before),
            Written::Parallel(steps) => {
                return steps.iter().flat_map(|branch| self.step(branch, before.clone())).collect();
            }
            Written::Inject(inject) => {
                let kind = StepKind::Inject(Box::new(self.injection(inject)));
                (self.name(inject.name.as_deref(), &inject.fault.name), kind, inject.span)
            }
            Written::Expect(expectation) => {
                let kind = StepKind::Expect(self.expectation(expectation));
                (self.name(expectation.name.as_deref(), "expect"), kind, expectation.span)
            }
            Written::Wait { name, duration, span } => {
                (self.name(name.as_deref(), "wait"), StepKind::Wait(duration.bounds(self.known)), *span)
            }
        };
        vec![self.graph.add(Step { name, kind, span }, &before)]
    }

    /// The given name, else the first free one of `stem-1`, `stem-2`, …
    fn name(&mut self, given: Option<&str>, stem: &str) -> String {
        if let Some(given) = given {
            return given.to_owned();
        }
        let stem: String = stem.chars().take(50).collect();
        loop {
            let number = self.numbers.entry(stem.clone()).or_default();
            *number += 1;
            let name = format!("{stem}-{number}");
            if self.names.insert(name.clone()) {
                return name;
            }
        }
    }

    fn injection(&mut self, inject: &Inject) -> Injection {
        let fault = &inject.fault;
        let proxy = self.proxies.iter().find(|proxy| proxy.service == inject.target).cloned();
        let place = self.environment.services.get(&inject.target);
        let flawed = self.environment.flawed || place.is_some_and(|place| place.through.is_some());
        if proxy.is_none() && fault.resource == "requests" && !flawed {
            let finding =
                errors::no_proxy(&inject.target, inject.target_span, &self.environment.name, self.environment.span);
            self.findings.push(finding);
        }
        self.allowed(inject);
        let inside = self.inside(fault, inject);
        Injection {
            fault: fault.name.clone(),
            component: fault.component.clone(),
            action: fault.action.clone(),
            target: inject.target.clone(),
            proxy,
            arguments: self.arguments(fault, inject),
            touches: no_less(fault.touches.bounds(&inside), inside.parameters.get("traffic")),
            fails: fault.fails.bounds(&inside),
            resource: fault.resource.clone(),
            class: fault.class,
            duration: inject.duration.bounds(self.known),
            expectations: inject.expectations.iter().map(|it| self.expectation(it)).collect(),
            may_interfere: inject.may_interfere,
            target_span: inject.target_span,
        }
    }

    /// Standard faults are allowed by their module's own name, whatever the experiment calls it; a fault of the user's own
    /// files by the name under which it is injected, which cannot be that of a standard module.
    fn allowed(&mut self, inject: &Inject) {
        let (qualifier, name) = inject.fault.name.rsplit_once('.').unwrap_or(("", &inject.fault.name));
        let module = match &inject.fault.home {
            Some(home) => Some(home.as_str()),
            None => (!stdlib::is_module(qualifier)).then_some(qualifier),
        };
        let allowed = self.environment.allowances.iter().any(|allowance| {
            module == Some(allowance.module.as_str())
                && allowance.fault.as_deref().is_none_or(|fault| fault == name)
                && allowance.services.contains(&inject.target)
        });
        if !allowed && !self.environment.flawed {
            let environment = (&self.environment.name, self.environment.span);
            let fault = &inject.fault.name;
            self.findings.push(errors::not_allowed(fault, &inject.target, inject.span, environment.0, environment.1));
        }
    }

    /// The fault's own parameters, as far as they are known: what its effect is computed from.
    fn inside(&self, fault: &Fault, inject: &Inject) -> Known {
        let bounds = |name: &String, ty_range| match inject.arguments.get(name) {
            Some(Argument::Term(term)) => term.bounds(self.known),
            _ => ty_range,
        };
        let parameters = fault.parameters.iter().map(|it| (it.name.clone(), bounds(&it.name, it.range))).collect();
        Known { parameters, limits: self.known.limits.clone() }
    }

    fn arguments(&self, fault: &Fault, inject: &Inject) -> BTreeMap<String, PlannedArgument> {
        let one = |(name, value): (&String, &Argument)| {
            let ty = fault.parameters.iter().find(|parameter| parameter.name == *name)?.ty.clone();
            let value = match value {
                Argument::Term(term) => Argument::Term(term.settle(self.known)),
                other => other.clone(),
            };
            Some((name.clone(), PlannedArgument { ty, value }))
        };
        inject.arguments.iter().filter_map(one).collect()
    }

    fn expectation(&self, expectation: &Expectation) -> Expectation {
        let condition = expectation.condition.settle(self.known, self.steady);
        Expectation { condition, ..expectation.clone() }
    }

    fn trigger(&self, trigger: &Trigger) -> Trigger {
        Trigger { condition: trigger.condition.settle(self.known, self.steady), ..trigger.clone() }
    }
}

fn given_names(steps: &[Written]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for step in steps {
        match step {
            Written::Parallel(steps) | Written::Sequence(steps) => names.extend(given_names(steps)),
            Written::Inject(inject) => names.extend(inject.name.clone()),
            Written::Expect(expectation) => names.extend(expectation.name.clone()),
            Written::Wait { name, .. } => names.extend(name.clone()),
        }
    }
    names
}

/// A declaration cannot make an effect look smaller than the share that the component is given: all, unless it says.
fn no_less(declared: Interval, given: Option<&Interval>) -> Interval {
    let given = given.copied().unwrap_or(Interval::point(1.0));
    Interval::new(declared.lo.max(given.lo), declared.hi.max(given.hi))
}

/// Every condition of a plan, with its place.
fn conditions(plan: &Plan) -> Vec<(&Condition, Span)> {
    let steps = plan.graph.steps().flat_map(|step| match &step.kind {
        StepKind::Inject(injection) => injection.expectations.iter().map(|it| (&it.condition, it.span)).collect(),
        StepKind::Expect(expectation) => vec![(&expectation.condition, expectation.span)],
        StepKind::Wait(_) => Vec::new(),
    });
    let slos = plan.steady.iter().map(|slo| (&slo.condition, slo.span));
    let aborts = plan.aborts.iter().map(|trigger| (&trigger.condition, trigger.span));
    let overall = plan.expectations.iter().map(|it| (&it.condition, it.span));
    steps.chain(slos).chain(aborts).chain(overall).collect()
}

/// Looks up where each metric comes from.
fn bind(plan: &mut Plan, environment: &Environment, findings: &mut Vec<Diagnostic>) {
    let mut used: BTreeMap<MetricId, Span> = BTreeMap::new();
    for (condition, span) in conditions(plan) {
        for reading in condition.readings() {
            used.entry(reading.metric.clone()).or_insert(span);
        }
    }
    for (metric, span) in used {
        match environment.bindings.get(&metric) {
            Some(binding) => {
                plan.bindings.insert(metric, binding.clone());
            }
            None if environment.flawed => {}
            None => findings.push(errors::no_binding(&metric, span, &environment.name, environment.span)),
        }
    }
    plan.sources = world::sources(plan.bindings.values().map(|binding| &binding.source), environment, &plan.proxies);
}

/// `of affected` is the plain metric where all traffic is in the share; elsewhere nothing tells the parts apart yet.
fn split_cohorts(plan: &Plan, findings: &mut Vec<Diagnostic>) {
    let all_traffic = plan.injections().all(|(_, injection)| injection.touches.lo >= 1.0);
    let split = |reading: &&Reading| match reading.cohort {
        Some(Cohort::Affected) => !all_traffic,
        Some(Cohort::Others) => true,
        None => false,
    };
    let places = conditions(plan).into_iter().filter(|(it, _)| it.readings().iter().any(split));
    findings.extend(places.map(|(_, span)| errors::cannot_split(span)));
}
