//! Expressions: the outermost ones of each declaration, and what is inside them.

use super::{expected, injected, runs, steps};
use crate::base::Span;
use crate::syntax::File;
use crate::syntax::tree::{
    Arguments, Awaited, Environment, Expect, Experiment, Expr, ExprKind, Given, GivenWhat, Hold, Inject, Limits, Model,
    ModelUse, Parameter, Path, Policy, Requirement, Scenario, Schedule, Step, StepKind, System, Test, TestExpectation,
    Timing, Used,
};

/// The outermost expressions of a whole file.
pub fn expressions(file: &File) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = file.constants.iter().map(|it| &it.value).collect();
    found.extend(file.systems.iter().flat_map(of_system));
    found.extend(file.environments.iter().flat_map(of_environment));
    found.extend(file.experiments.iter().flat_map(of_experiment));
    found.extend(file.scenarios.iter().flat_map(of_scenario));
    found.extend(file.policies.iter().flat_map(of_policy));
    found.extend(file.models.iter().flat_map(of_model));
    found.extend(file.tests.iter().flat_map(of_test));
    found.extend(file.schedules.iter().flat_map(of_schedule));
    for fault in &file.faults {
        of_parameters(&fault.parameters, &mut found);
        found.extend(fault.component.iter().flat_map(|(component, action)| [component, action]));
        found.extend(fault.touches.iter().chain(&fault.fails));
    }
    for probe in &file.probes {
        of_parameters(&probe.parameters, &mut found);
        found.extend(probe.component.iter().flat_map(|(component, action)| [component, action]));
    }
    found
}

fn of_system(system: &System) -> Vec<&Expr> {
    let mut found = Vec::new();
    for service in &system.services {
        found.extend(service.metrics.iter().filter_map(|it| it.range.as_ref()).flat_map(|(low, high)| [low, high]));
        found.extend(service.slos.iter().flat_map(|slo| std::iter::once(&slo.condition).chain(&slo.over)));
    }
    found
}

/// The outermost expressions of an environment.
pub fn of_environment(environment: &Environment) -> Vec<&Expr> {
    let mut found = Vec::new();
    for service in &environment.services {
        found.extend(service.url.iter().chain(&service.instances).chain(&service.through).chain(&service.admin));
        found.extend(service.admin_arguments.iter().map(|argument| &argument.value));
        found.extend(service.start.iter().chain(&service.selector).chain(&service.namespace));
        found.extend(service.restarts.iter().filter_map(|it| it.after.as_ref()));
    }
    found.extend(environment.sources.iter().map(|it| &it.value));
    found.extend(environment.bindings.iter().map(|it| &it.value));
    found.extend(environment.secrets.iter().chain(&environment.requirements));
    found.extend(environment.silences.iter().map(|it| &it.at));
    of_limits(environment.limits.as_ref(), &mut found);
    found
}

/// The outermost expressions of an experiment.
pub fn of_experiment(experiment: &Experiment) -> Vec<&Expr> {
    let mut found = of_experiment_itself(experiment);
    of_steps(experiment.run.as_ref().map_or(&[], |run| &run.steps), &mut found);
    found
}

/// The outermost expressions of an experiment, its run aside.
pub fn of_experiment_itself(experiment: &Experiment) -> Vec<&Expr> {
    let mut found = Vec::new();
    found.extend(experiment.id.iter().chain(&experiment.hypothesis).chain(&experiment.owner).chain(&experiment.tags));
    found.extend(experiment.window.iter().chain(&experiment.baseline).chain(&experiment.no_data));
    found.extend(&experiment.steady);
    of_parameters(&experiment.parameters, &mut found);
    of_limits(experiment.limits.as_ref(), &mut found);
    for abort in &experiment.aborts {
        found.push(&abort.condition);
        of_timing(abort.timing.as_ref(), &mut found);
    }
    experiment.expectations.iter().for_each(|expect| of_expect(expect, &mut found));
    found
}

/// The outermost expressions of a scenario.
pub fn of_scenario(scenario: &Scenario) -> Vec<&Expr> {
    let mut found = Vec::new();
    of_parameters(&scenario.parameters, &mut found);
    of_steps(&scenario.steps, &mut found);
    found
}

/// The outermost expressions of steps, those of blocks among them.
pub fn of_steps<'t>(list: &'t [Step], found: &mut Vec<&'t Expr>) {
    steps(list).into_iter().for_each(|step| of_step_itself(step, found));
}

/// The outermost expressions of a step, its blocks aside.
pub fn of_step_itself<'t>(step: &'t Step, found: &mut Vec<&'t Expr>) {
    found.extend(step.after.iter().filter_map(|after| after.offset.as_ref()));
    of_step(step, found);
    expected(step).iter().for_each(|expect| of_expect(expect, found));
}

/// The expressions of a step, its blocks and expectations aside.
fn of_step<'t>(step: &'t Step, found: &mut Vec<&'t Expr>) {
    match &step.kind {
        StepKind::Inject(inject) => of_inject(inject, found),
        StepKind::Wait(wait) => match &wait.what {
            Awaited::Duration(duration) => found.push(duration),
            Awaited::Condition(condition, timing) => {
                found.push(condition);
                of_timing(timing.as_ref(), found);
            }
            Awaited::Stable(timing) => of_timing(timing.as_ref(), found),
        },
        StepKind::Call(_, arguments) | StepKind::Scenario(_, arguments) => of_arguments(arguments, found),
        StepKind::Approve(text, within) => found.extend(std::iter::once(text).chain(within)),
        StepKind::When { condition, .. } => found.push(condition),
        StepKind::Repeat { count, every, .. } => found.extend(std::iter::once(count).chain(every)),
        StepKind::Escalate { levels, every, reaching, .. } => {
            found.extend(std::iter::once(levels).chain(every).chain(reaching));
        }
        StepKind::Expect(_) | StepKind::Parallel(_) | StepKind::Sequence(_) => {}
    }
}

fn of_inject<'t>(inject: &'t Inject, found: &mut Vec<&'t Expr>) {
    of_arguments(&inject.arguments, found);
    match &inject.hold {
        Hold::For(duration) => found.push(duration),
        Hold::Until(condition, timing) => {
            found.push(condition);
            of_timing(timing.as_ref(), found);
        }
    }
}

fn of_expect<'t>(expect: &'t Expect, found: &mut Vec<&'t Expr>) {
    found.push(&expect.condition);
    found.extend(expect.test.iter().flat_map(|test| test.reference.iter().chain(&test.margin)));
    of_timing(expect.timing.as_ref(), found);
}

/// The outermost expressions of a policy.
pub fn of_policy(policy: &Policy) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = policy.title.iter().chain(&policy.applies).collect();
    for rule in &policy.rules {
        found.extend(rule.condition.iter().chain(&rule.reason));
        match &rule.requirement {
            Requirement::Require(it) | Requirement::Approval(it) | Requirement::Deny(it) => found.push(it),
            Requirement::Hours(it) => found.push(it),
            Requirement::Confirmed(_, within) => found.extend(within),
        }
    }
    found
}

/// The outermost expressions of a test.
pub fn of_test(test: &Test) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = test.givens.iter().flat_map(of_given).collect();
    found.extend(test.settings.iter().map(|(_, value)| value));
    if let Some(ModelUse::Written(model, _)) = &test.model {
        found.extend(of_model(model));
    }
    for expectation in &test.expectations {
        match expectation {
            TestExpectation::Verdict { because, .. } => found.extend(because),
            TestExpectation::Step { within, .. } => found.extend(within),
        }
    }
    found
}

fn of_given(given: &Given) -> Vec<&Expr> {
    let mut found = match &given.what {
        GivenWhat::Value(_, _, course) | GivenWhat::Traffic(_, course) => course.expressions(),
        _ => Vec::new(),
    };
    found.extend(given.since.as_ref().map(|since| &since.offset));
    found.extend(&given.lasting);
    found
}

/// The outermost expressions of a model.
pub fn of_model(model: &Model) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = model.arrivals.iter().map(|it| &it.rate).collect();
    found.extend(model.services.iter().flat_map(|it| &it.traits).flat_map(|it| &it.values));
    found
}

/// The outermost expressions of a schedule.
pub fn of_schedule(schedule: &Schedule) -> Vec<&Expr> {
    let settings = schedule.settings.iter().map(|(_, value)| value);
    schedule.cron.iter().chain(&schedule.timezone).chain(settings).collect()
}

fn of_parameters<'t>(list: &'t [Parameter], found: &mut Vec<&'t Expr>) {
    for parameter in list {
        found.extend(parameter.range.iter().flat_map(|(low, high)| [low, high]));
        found.extend(&parameter.default);
    }
}

fn of_limits<'t>(limits: Option<&'t Limits>, found: &mut Vec<&'t Expr>) {
    let Some(limits) = limits else { return };
    found.extend(limits.texts.iter().flat_map(|(_, texts)| texts));
    found.extend(limits.bounds.iter().map(|(_, bound)| bound));
}

fn of_timing<'t>(timing: Option<&'t Timing>, found: &mut Vec<&'t Expr>) {
    match timing {
        Some(Timing::Within(deadline, holding, _)) => found.extend(std::iter::once(deadline).chain(holding)),
        Some(Timing::For(it, _) | Timing::Samples(it, _) | Timing::Share(it, _)) => found.push(it),
        None => {}
    }
}

fn of_arguments<'t>(arguments: &'t Arguments, found: &mut Vec<&'t Expr>) {
    found.extend(arguments.list.iter().flat_map(|it| std::iter::once(&it.value).chain(it.over.as_deref())));
}

/// An expression and all inside it, outside first.
pub fn inside(expr: &Expr) -> Vec<&Expr> {
    let mut found = vec![expr];
    let mut at = 0;
    while let Some(next) = found.get(at).copied() {
        parts(next, &mut found);
        at += 1;
    }
    found
}

fn parts<'t>(expr: &'t Expr, found: &mut Vec<&'t Expr>) {
    match &expr.kind {
        ExprKind::Call(_, arguments) => of_arguments(arguments, found),
        ExprKind::List(items) => found.extend(items),
        ExprKind::Group(inner) | ExprKind::Negative(inner) | ExprKind::Not(inner) => found.push(inner),
        ExprKind::Binary(_, left, right) => found.extend([&**left, &**right]),
        _ => {}
    }
}

/// Every expression of a list, with all inside each.
pub fn all_inside(roots: Vec<&Expr>) -> impl Iterator<Item = &Expr> {
    roots.into_iter().flat_map(inside)
}

/// The path that an expression is or calls.
pub fn path(expr: &Expr) -> Option<&Path> {
    match &expr.kind {
        ExprKind::Path(path) | ExprKind::Call(path, _) => Some(path),
        _ => None,
    }
}

/// The text that an expression is, escapes resolved.
pub fn text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Text(text) | ExprKind::Raw(text) => Some(text),
        _ => None,
    }
}

/// The texts of a file that are no expressions: the files that it uses, and values of labels.
pub fn bare_texts(file: &File) -> Vec<(&str, Span)> {
    let used = file.uses.iter().filter_map(|it| match &it.what {
        Used::File(path, span) => Some((path.as_str(), *span)),
        Used::Module(_) => None,
    });
    let matchers = file.environments.iter().flat_map(|it| &it.silences).flat_map(|silence| &silence.matchers);
    used.chain(matchers.map(|matcher| (matcher.value.as_str(), matcher.span))).collect()
}

/// Every list of arguments in a file: of injects, scenarios, probes, and calls in expressions.
pub fn argument_lists(file: &File) -> Vec<&Arguments> {
    let called = all_inside(expressions(file)).filter_map(|expr| match &expr.kind {
        ExprKind::Call(_, arguments) => Some(arguments.as_ref()),
        _ => None,
    });
    let given = runs(file).flat_map(steps).filter_map(|step| match &step.kind {
        StepKind::Call(_, arguments) | StepKind::Scenario(_, arguments) => Some(arguments),
        _ => injected(step).map(|inject| &inject.arguments),
    });
    called.chain(given).collect()
}
