//! From the typed experiment and environment to the plan.

use super::arrange::{Edge, Leaf, Placed, arrange};
use super::graph::{Graph, Injection, PlannedArgument, PlannedParameter, Step, StepId, StepKind};
use super::limits::Effective;
use super::permits::permits;
use super::stage::{Stage, named};
use super::{Plan, errors, world};
use crate::base::{Interval, Span};
use crate::diagnostics::Diagnostic;
use crate::names::stdlib;
use crate::types::model::{
    Argument, Class, Environment, Expectation, Experiment, Fault, Hold, Inject, Parameter, Place, Slo, Step as Written,
    StepKind as Kind, Trigger,
};
use crate::types::term::{Condition, Demand, Known, MetricId, Seen, Term};
use std::collections::{BTreeMap, BTreeSet};

/// One experiment in one environment, with what is known of its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The system and the environment.
    pub stage: &'a Stage<'a>,
    /// The experiment.
    pub experiment: &'a Experiment,
    /// Ranges or values of the parameters.
    pub known: &'a Known,
}

/// Makes the plan; findings say what the environment lacks for it.
pub fn lower(choice: Choice) -> (Plan, Vec<Diagnostic>) {
    let Choice { stage, experiment, known } = choice;
    let environment = stage.environment;
    let limits = Effective::meet(&experiment.limits, &environment.limits, known);
    let known = Known { parameters: known.parameters.clone(), limits: limits.values(), ..Known::default() };
    let own = experiment.steady.iter().cloned().map(named);
    let steady: Vec<Slo> = stage.slos.iter().cloned().chain(own).collect();
    let all_steady = Condition::all(steady.iter().map(|slo| slo.condition.clone()));
    let mut lowering = Lowering {
        environment,
        known: &known,
        steady: &all_steady,
        proxies: &stage.proxies,
        processes: &stage.processes,
        calls: BTreeSet::new(),
        graph: Graph::default(),
        findings: stage.findings.clone(),
    };
    lowering.steps(experiment);
    let whole = Here { known: &known, step: "", span: experiment.span };
    let aborts = experiment.aborts.iter().map(|trigger| lowering.trigger(trigger)).collect();
    let expectations = experiment.expectations.iter().map(|it| lowering.expectation(it, whole)).collect();
    let (graph, findings) = (lowering.graph, lowering.findings);
    let mut plan = Plan {
        experiment: experiment.name.clone(),
        id: experiment.id.clone(),
        hypothesis: experiment.hypothesis.clone(),
        environment: environment.name.clone(),
        tier: environment.tier.clone(),
        parameters: parameters(experiment, &known),
        window: experiment.window,
        baseline: experiment.baseline,
        no_data: experiment.no_data,
        steady,
        bends: experiment.limits.bends.clone().unwrap_or_default(),
        callers: stage.callers.clone(),
        places: stage.places.clone(),
        aborts,
        expectations,
        graph,
        sources: BTreeMap::new(),
        bindings: BTreeMap::new(),
        processes: stage.processes.clone(),
        proxies: stage.proxies.clone(),
        unkept: unkept(environment),
        limits,
        amplification: experiment.amplification.clone(),
        span: experiment.span,
    };
    let mut findings = findings;
    bind(&mut plan, environment, &mut findings);
    consented(&plan, experiment, environment, &mut findings);
    super::sizes::check(&plan, &mut findings);
    super::cohort::split(&mut plan, &mut findings);
    (plan, findings)
}

/// How a fault ends here: what nobody restarts does not heal.
fn class_of(fault: &Fault, place: Option<&Place>) -> Class {
    match fault.class {
        Class::SelfHealing if place.is_none_or(|place| place.restarts.is_none()) => Class::Irreversible,
        class => class,
    }
}

/// What cannot be undone needs the experiment's word.
fn consented(plan: &Plan, experiment: &Experiment, environment: &Environment, findings: &mut Vec<Diagnostic>) {
    if experiment.consents || environment.flawed {
        return;
    }
    let lasting = plan.injections().filter(|(_, injection)| injection.class == Class::Irreversible);
    findings.extend(lasting.map(|(step, injection)| errors::irreversible(step, &injection.target, environment)));
}

fn parameters(experiment: &Experiment, known: &Known) -> BTreeMap<String, PlannedParameter> {
    let one = |parameter: &Parameter| {
        let value = known.parameters.get(&parameter.name).copied().unwrap_or(parameter.range);
        (parameter.name.clone(), PlannedParameter { ty: parameter.ty.clone(), value })
    };
    experiment.parameters.iter().map(one).collect()
}

struct Lowering<'a> {
    environment: &'a Environment,
    known: &'a Known,
    steady: &'a Condition,
    proxies: &'a [world::Proxy],
    processes: &'a [world::Process],
    /// The steps that call probes.
    calls: BTreeSet<String>,
    graph: Graph,
    findings: Vec<Diagnostic>,
}

impl Lowering<'_> {
    fn steps(&mut self, experiment: &Experiment) {
        let (placed, findings) = arrange(experiment, self.known);
        self.findings.extend(findings);
        let mut ids: Vec<StepId> = Vec::with_capacity(placed.len());
        let is_call = |it: &Placed| matches!(it.leaf, Leaf::Step(step) if matches!(step.kind, Kind::Call(..)));
        self.calls = placed.iter().filter(|it| is_call(it)).map(|it| it.name.clone()).collect();
        for one in &placed {
            let mut known = self.known.clone();
            known.parameters.extend(one.levels.clone());
            let here = Here { known: &known, step: &one.name, span: one.span };
            let kind = match one.leaf {
                Leaf::Step(step) => self.kind(step, here),
                Leaf::Choose(condition, text) => {
                    StepKind::Choose { condition: self.condition(condition, here), text: text.to_owned() }
                }
                Leaf::Mark => StepKind::Mark,
            };
            let guards = one.guards.iter().map(|(at, way)| (ids[*at], *way)).collect();
            let before: Vec<(StepId, Edge)> = one.before.iter().map(|(at, edge)| (ids[*at], *edge)).collect();
            ids.push(self.graph.add(
                Step {
                    name: one.name.clone(),
                    kind,
                    guards,
                    blocks: one.blocks.clone(),
                    escalations: one.escalations.clone(),
                    span: one.span,
                },
                &before,
            ));
        }
        self.findings.extend(super::answers::check(&self.graph, &placed));
    }

    /// What a step that has no steps inside does.
    fn kind(&mut self, step: &Written, here: Here) -> StepKind {
        match &step.kind {
            Kind::Inject(inject) => StepKind::Inject(Box::new(self.injection(inject, here))),
            Kind::Expect(expectation) => StepKind::Expect(self.expectation(expectation, here)),
            Kind::Wait(duration) => StepKind::Wait(duration.bounds(here.known)),
            Kind::Stable(deadline) => StepKind::Stable(*deadline),
            Kind::Approve(text, within) => StepKind::Approve(text.clone(), *within),
            Kind::Call(probe, arguments) => {
                let arguments = self.planned(&probe.parameters, arguments, here);
                let component = (probe.component.clone(), probe.action.clone());
                StepKind::Call { probe: probe.full_name(), component, returns: probe.returns.clone(), arguments }
            }
            _ => StepKind::Mark, // blocks were taken apart
        }
    }

    fn injection(&mut self, inject: &Inject, here: Here) -> Injection {
        let fault = &inject.fault;
        let proxy = self.proxies.iter().find(|proxy| proxy.service == inject.target).cloned();
        let place = self.environment.services.get(&inject.target);
        let flawed = self.environment.flawed || place.is_some_and(|place| place.through.is_some());
        if proxy.is_none() && fault.resource == "requests" && !flawed {
            let finding =
                errors::no_proxy(&inject.target, inject.target_span, &self.environment.name, self.environment.span);
            self.findings.push(finding);
        }
        self.allowed(inject, here.span);
        let inside = self.inside(fault, inject, here.known);
        let (duration, until) = self.hold(&inject.hold, here);
        let declared = fault.touches.bounds(&inside);
        let requests = fault.resource == "requests";
        let touches = if requests { no_less(declared, inside.parameters.get("traffic")) } else { declared };
        Injection {
            fault: fault.full_name(),
            component: fault.component.clone(),
            action: fault.action.clone(),
            file: fault.file.clone(),
            permits: permits(inject, self.environment, self.processes, &mut self.findings),
            target: inject.target.clone(),
            proxy,
            arguments: self.planned(&fault.parameters, &inject.arguments, here),
            touches,
            fails: fault.fails.bounds(&inside),
            resource: fault.resource.clone(),
            class: class_of(fault, place),
            duration,
            until,
            expectations: inject.expectations.iter().map(|it| self.expectation(it, here)).collect(),
            may_interfere: inject.may_interfere,
            target_span: inject.target_span,
        }
    }

    /// Faults of the standard library and of plugins are allowed by their module's own name, whatever the experiment calls it;
    /// a fault of the user's own files by the name under which it is injected, which cannot be that of such a module.
    fn allowed(&mut self, inject: &Inject, at: Span) {
        let (qualifier, name) = inject.fault.name.rsplit_once('.').unwrap_or(("", &inject.fault.name));
        let plugin = |qualifier: &str| self.environment.plugins.iter().any(|name| name == qualifier);
        let module = match &inject.fault.home {
            Some(home) => Some(home.as_str()),
            None => (!stdlib::is_module(qualifier) && !plugin(qualifier)).then_some(qualifier),
        };
        let allowed = self.environment.allowances.iter().any(|allowance| {
            module == Some(allowance.module.as_str())
                && allowance.fault.as_deref().is_none_or(|fault| fault == name)
                && allowance.services.contains(&inject.target)
        });
        if !allowed && !self.environment.flawed {
            let environment = (&self.environment.name, self.environment.span);
            let fault = &inject.fault.name;
            self.findings.push(errors::not_allowed(fault, &inject.target, at, environment.0, environment.1));
        }
    }

    /// How long a fault is held, and what ends it sooner.
    fn hold(&self, hold: &Hold, here: Here) -> (Interval, Option<Expectation>) {
        match hold {
            Hold::For(duration) => (duration.bounds(here.known), None),
            Hold::Until(until) => {
                let until = self.expectation(until, here);
                let longest = match until.demand {
                    Demand::Within { deadline, holding } => deadline + holding,
                    _ => 0.0,
                };
                (Interval::new(0.0, longest), Some(until))
            }
        }
    }

    /// The fault's own parameters, as far as they are known: what its effect is computed from.
    fn inside(&self, fault: &Fault, inject: &Inject, known: &Known) -> Known {
        let bounds = |name: &String, ty_range| match inject.arguments.get(name) {
            Some(Argument::Term(term)) => term.bounds(known),
            _ => ty_range,
        };
        let parameters = fault.parameters.iter().map(|it| (it.name.clone(), bounds(&it.name, it.range))).collect();
        Known { parameters, limits: known.limits.clone(), ..Known::default() }
    }

    fn expectation(&self, expectation: &Expectation, here: Here) -> Expectation {
        Expectation { condition: self.condition(&expectation.condition, here), ..expectation.clone() }
    }

    /// The condition with what is known filled in, and with each answer under the name of the call that gives it here.
    fn condition(&self, condition: &Condition, here: Here) -> Condition {
        let named = |term: &Term| match term {
            Term::Answer(call) => Some(Term::Answer(self.called(call, here.step))),
            Term::Says(call, text) => Some(Term::Says(self.called(call, here.step), text.clone())),
            _ => None,
        };
        condition.settle_and(here.known, self.steady, &named)
    }

    /// The name in the plan of a call that a step speaks of: the one in its own round or scenario, else around it.
    fn called(&self, call: &str, step: &str) -> String {
        let mut scope = step;
        while let Some((outer, _)) = scope.rsplit_once('.') {
            let name = format!("{outer}.{call}");
            if self.calls.contains(&name) {
                return name;
            }
            scope = outer;
        }
        call.to_owned()
    }

    /// Arguments with their types, and with what is known filled in.
    fn planned(
        &self,
        parameters: &[Parameter],
        arguments: &BTreeMap<String, Argument>,
        here: Here,
    ) -> BTreeMap<String, PlannedArgument> {
        let one = |(name, value): (&String, &Argument)| {
            let ty = parameters.iter().find(|parameter| parameter.name == *name)?.ty.clone();
            Some((name.clone(), PlannedArgument { ty, value: self.settled(value, here) }))
        };
        arguments.iter().filter_map(one).collect()
    }

    fn settled(&self, value: &Argument, here: Here) -> Argument {
        let named = |term: &Term| match term {
            Term::Answer(call) => Some(Term::Answer(self.called(call, here.step))),
            Term::Says(call, text) => Some(Term::Says(self.called(call, here.step), text.clone())),
            _ => None,
        };
        match value {
            Argument::Term(term) => Argument::Term(term.settle(here.known).replaced(&named)),
            Argument::Answer(call) => Argument::Answer(self.called(call, here.step)),
            Argument::List(items) => Argument::List(items.iter().map(|item| self.settled(item, here)).collect()),
            other => other.clone(),
        }
    }

    fn trigger(&self, trigger: &Trigger) -> Trigger {
        Trigger { condition: trigger.condition.settle(self.known, self.steady), ..trigger.clone() }
    }
}

/// What the files ask for that this version only checks.
fn unkept(environment: &Environment) -> Vec<(String, Span)> {
    let silences = environment.silences.iter().map(|(_, span)| ("while alerts are silenced".to_owned(), *span));
    let mut found: Vec<(String, Span)> = silences.collect();
    let labels = environment.required_labels.first();
    found.extend(labels.map(|_| ("where labels are required".to_owned(), environment.span)));
    found
}

/// What is known where a step stands, and where that is.
#[derive(Clone, Copy)]
struct Here<'a> {
    known: &'a Known,
    /// The step's name.
    step: &'a str,
    span: Span,
}

/// A declaration cannot make an effect look smaller than the share that the component is given: all, unless it says.
fn no_less(declared: Interval, given: Option<&Interval>) -> Interval {
    let given = given.copied().unwrap_or(Interval::point(1.0));
    Interval::new(declared.lo.max(given.lo), declared.hi.max(given.hi))
}

/// Every condition of a plan, with its place.
fn conditions(plan: &Plan) -> Vec<(&Condition, Span)> {
    let steps = plan.graph.steps().flat_map(|step| match &step.kind {
        StepKind::Inject(injection) => injection.judged().map(|it| (&it.condition, it.span)).collect(),
        StepKind::Expect(expectation) => vec![(&expectation.condition, expectation.span)],
        StepKind::Choose { condition, .. } => vec![(condition, step.span)],
        _ => Vec::new(),
    });
    let slos = plan.steady.iter().map(|slo| (&slo.condition, slo.span));
    let aborts = plan.aborts.iter().map(|trigger| (&trigger.condition, trigger.span));
    let overall = plan.expectations.iter().map(|it| (&it.condition, it.span));
    steps.chain(slos).chain(aborts).chain(overall).collect()
}

/// Looks up where each metric comes from.
fn bind(plan: &mut Plan, environment: &Environment, findings: &mut Vec<Diagnostic>) {
    let mut used: BTreeMap<&MetricId, Span> = BTreeMap::new();
    let mut seen = Seen::default();
    for (condition, span) in conditions(plan) {
        condition.new_readings(&mut seen, &mut |reading| {
            used.entry(&reading.metric).or_insert(span);
        });
    }
    let mut bindings = BTreeMap::new();
    for (metric, span) in used {
        match environment.bindings.get(metric) {
            Some(binding) => drop(bindings.insert(metric.clone(), binding.clone())),
            None if environment.flawed => {}
            None => findings.push(errors::no_binding(metric, span, &environment.name, environment.span)),
        }
    }
    plan.bindings = bindings;
    plan.sources = world::sources(plan.bindings.values().map(|binding| &binding.source), environment, &plan.proxies);
}
