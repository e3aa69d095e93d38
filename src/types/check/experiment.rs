//! `experiment`: everything but its steps.

use super::Checker;
use super::argument::{ranges_of, values_of};
use crate::base::{Interval, Span};
use crate::diagnostics::codes;
use crate::names::{DeclarationId, Kind, ModuleId};
use crate::syntax::tree::{self, Expr, Timing};
use crate::types::expression::Context;
use crate::types::model::{Expectation, Experiment, Hold, Inject, Parameter, Slo, Step, StepKind, System, Trigger};
use crate::types::term::{Comparison, Condition, Demand, Known};
use crate::types::value::Values;
use crate::types::{Type, errors};

/// The window of aggregates where none is said, in seconds.
pub const DEFAULT_WINDOW: f64 = 10.0;
/// How long the steady state is judged where it is not said, in seconds.
pub const DEFAULT_BASELINE: f64 = 30.0;
/// How long data may be missing where it is not said, in seconds.
pub const DEFAULT_NO_DATA: f64 = 15.0;

/// What the steps and conditions of an experiment or a scenario can refer to.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    /// The system; none where it is not known.
    pub system: Option<&'a System>,
    /// What names stand for.
    pub values: &'a Values,
    /// The ranges of parameters.
    pub known: &'a Known,
    /// Where names of faults, probes and scenarios come from.
    pub module: ModuleId,
    /// Whether `steady` may say something that the system's SLOs do not.
    pub steady: bool,
    /// The scenarios that are being expanded.
    pub chain: &'a [DeclarationId],
}

impl<'a> About<'a> {
    pub(super) fn context(self) -> Context<'a> {
        Context {
            system: self.system,
            lost_system: self.system.is_none(),
            service: None,
            values: Some(self.values),
            known: Some(self.known),
            limits: false,
        }
    }

    /// What a scenario's arguments can refer to: limits, too.
    pub(super) fn scenario_context(self) -> Context<'a> {
        Context { limits: true, ..self.context() }
    }
}

impl Checker<'_> {
    pub(super) fn experiment(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.experiments.get(id.index)) else { return };
        let system_id = self.resolve(Kind::System, &written.system, id.module);
        let system = system_id.and_then(|id| self.checked.systems.get(&id)).cloned();
        let parameters = self.experiment_parameters(written);
        let mut values = self.values_in(id.module);
        values.extend(values_of(&parameters));
        let known = ranges_of(&parameters);
        let steady = !written.steady.is_empty();
        let about =
            About { system: system.as_ref(), values: &values, known: &known, module: id.module, steady, chain: &[] };
        self.expanded = 0;
        let run = written.run.as_ref().map_or(&[][..], |run| &run.steps);
        let experiment = Experiment {
            name: written.name.text.clone(),
            id: self.optional_text(written.id.as_ref()),
            hypothesis: self.said(written.hypothesis.as_ref()),
            owner: self.optional_text(written.owner.as_ref()),
            window: self.seconds(written.window.as_ref(), DEFAULT_WINDOW, "window"),
            baseline: self.seconds(written.baseline.as_ref(), DEFAULT_BASELINE, "baseline"),
            no_data: self.seconds(written.no_data.as_ref(), DEFAULT_NO_DATA, "no data"),
            steady: written.steady.iter().filter_map(|condition| self.steady(condition, &about)).collect(),
            consents: self.consents(written),
            amplification: self.allowing("amplification-only"),
            limits: self.limits(written.limits.as_ref(), about.system, about.context(), true),
            aborts: written.aborts.iter().filter_map(|abort| self.trigger(abort, &about)).collect(),
            steps: self.steps(run, &about),
            expectations: written.expectations.iter().filter_map(|it| self.overall(it, &about)).collect(),
            parameters: parameters.clone(),
            damaged: written.damaged,
            span: written.name.span,
        };
        for tag in &written.tags {
            self.optional_text(Some(tag));
        }
        if !written.damaged {
            self.whole(written);
        }
        self.times(written, &experiment);
        self.checked.experiments.insert(id, (experiment, system_id));
    }

    fn experiment_parameters(&mut self, written: &tree::Experiment) -> Vec<Parameter> {
        let parameters = self.parameters(&written.parameters);
        for (parameter, declared) in parameters.iter().zip(&written.parameters) {
            if parameter.bounds.is_some() {
                // `--set` gives each parameter a value by itself.
                self.report(errors::not_constant("in", parameter.range_span.unwrap_or(parameter.span)));
            }
            if !parameter.ty.is_quantity() {
                self.report(errors::no_quantity(&parameter.ty, declared.ty.span));
            }
            if parameter.default.is_none() && declared.default.is_none() {
                let help = "add a default: `= …`; `--set` overrides it";
                self.report(errors::missing(codes::E0208, "this parameter has no default", parameter.span, help));
            }
        }
        parameters
    }

    /// A condition of the experiment's own steady state.
    fn steady(&mut self, written: &Expr, about: &About) -> Option<Slo> {
        let condition = self.condition(written, about)?;
        let compares = |it: &Comparison| it.left.has_baseline() || it.right.has_baseline();
        if condition.comparisons().into_iter().any(compares) {
            self.report(errors::baseline_in_slo(written.span));
            return None;
        }
        if self.only_reacts(&condition, written.span) {
            return None;
        }
        if condition.mentions_steady() || condition.readings().is_empty() {
            let help = "compare a metric with something";
            self.report(errors::missing(codes::E0407, "this condition reads no metric", written.span, help));
            return None;
        }
        Some(Slo { service: String::new(), condition, period: 0.0, text: self.text(written.span), span: written.span })
    }

    /// The statements before which `@allow(…)` names a rule, in all files: a scenario's lie in its own.
    fn allowing(&self, rule: &str) -> Vec<Span> {
        let allows = self.program.modules.iter().flat_map(|module| &module.file.allows);
        allows.filter(|allow| allow.name.text == rule).map(|allow| allow.span).collect()
    }

    fn consents(&mut self, written: &tree::Experiment) -> bool {
        for name in written.consents.iter().filter(|name| name.text != "irreversible") {
            self.report(errors::unknown("consent", &name.text, name.span, ["irreversible"]));
        }
        written.consents.iter().any(|name| name.text == "irreversible")
    }

    fn optional_text(&mut self, written: Option<&Expr>) -> Option<String> {
        self.typing(Context::default()).text(written?)
    }

    /// A text that says something.
    fn said(&mut self, written: Option<&Expr>) -> Option<String> {
        let text = self.optional_text(written)?;
        if text.trim().is_empty() {
            let help = "write `hypothesis \"If …, then …\"`";
            self.report(errors::missing(codes::E0208, "this hypothesis says nothing", written?.span, help));
        }
        Some(text)
    }

    fn seconds(&mut self, written: Option<&Expr>, default: f64, what: &str) -> f64 {
        let Some(expr) = written else { return default };
        let seconds = self.typing(Context::default()).constant(expr, &Type::Duration, what).unwrap_or(default);
        if seconds <= 0.0 {
            self.report(errors::time(
                codes::E0409,
                format!("`{what}` must be longer than nothing"),
                expr.span,
                "",
                "write a duration above 0s",
            ));
            return default;
        }
        seconds
    }

    pub(super) fn condition(&mut self, written: &Expr, about: &About) -> Option<Condition> {
        let sources = &self.program.sources;
        self.typing(about.context()).condition(written, sources)
    }

    pub(super) fn time_constant(&mut self, written: &Expr, what: &str, about: &About) -> Option<f64> {
        self.typing(about.context()).constant(written, &Type::Duration, what)
    }

    fn trigger(&mut self, written: &tree::Abort, about: &About) -> Option<Trigger> {
        let condition = self.condition(&written.condition, about)?;
        if self.steady_says_nothing(&condition, &written.condition, about) {
            return None;
        }
        let (hold, samples) = match &written.timing {
            None => (0.0, None),
            Some(Timing::For(hold, _)) => (self.time_constant(hold, "for", about)?, None),
            Some(Timing::Samples(count, _)) => (0.0, Some(self.samples(count, about)?)),
            Some(Timing::Share(_, span)) => {
                let help = "write `for 10s`: how long the condition must have held";
                let headline = "a trigger reacts at an instant, it judges no block".to_owned();
                self.report(errors::time(codes::E0403, headline, *span, "", help));
                return None;
            }
            Some(Timing::Within(.., span)) => {
                let help = "write `for 10s`: how long the condition must have held";
                let headline = "an abort condition looks back, not ahead".to_owned();
                self.report(errors::time(codes::E0403, headline, *span, "`within` looks ahead", help));
                return None;
            }
        };
        if !condition.reads() {
            let help = "compare a metric with something";
            self.report(errors::missing(codes::E0407, "this condition reads no metric", written.condition.span, help));
            return None;
        }
        Some(Trigger { condition, hold, samples, text: self.text(written.span), span: written.span })
    }

    /// For how many samples a condition must have held: at most 1000.
    fn samples(&mut self, written: &Expr, about: &About) -> Option<u32> {
        let count = self.typing(about.context()).constant(written, &Type::Int, "samples")?;
        if !(1.0..=1_000.0).contains(&count) {
            self.report(errors::outside(
                Interval::point(count),
                written.span,
                Interval::new(1.0, 1_000.0),
                &Type::Int,
                None,
            ));
            return None;
        }
        Some(count as u32)
    }

    /// What an experiment cannot lack.
    fn whole(&mut self, written: &tree::Experiment) {
        let at = written.name.span;
        if written.hypothesis.is_none() {
            let help = "add `hypothesis \"If …, then …\"`";
            self.report(errors::missing(codes::E0208, "this experiment has no hypothesis", at, help));
        }
        if written.limits.as_ref().is_none_or(|limits| limits.services.iter().all(|(word, _)| word.text != "services"))
        {
            let help = "add `limit { services … }`: the services that may be faulted";
            self.report(errors::missing(codes::E0208, "this experiment does not say what it may fault", at, help));
        }
        let run = written.run.as_ref();
        if run.is_none_or(|run| !self.any_step(&run.steps, self.module, 0, &injects)) {
            let help = "add `inject …` to `run { }`; checking without a fault proves nothing";
            let at = run.map_or(at, |run| run.span);
            self.report(errors::missing(codes::E0405, "this experiment injects nothing", at, help));
        } else if written.expectations.is_empty()
            && !run.is_some_and(|run| self.any_step(&run.steps, self.module, 0, &expects))
        {
            let help = "add an expectation to the inject's block: `{ expect always … }`";
            let headline = "nothing is expected while a fault is active";
            self.report(errors::missing(codes::E0404, headline, at, help));
        }
    }

    /// Whether any step, also in the blocks and scenarios of a list, is what is looked for.
    fn any_step(
        &self,
        steps: &[tree::Step],
        module: ModuleId,
        depth: usize,
        wanted: &dyn Fn(&tree::Step) -> bool,
    ) -> bool {
        steps.iter().any(|step| {
            if wanted(step) || step.blocks().into_iter().any(|block| self.any_step(block, module, depth, wanted)) {
                return true;
            }
            let tree::StepKind::Scenario(path, _) = &step.kind else { return false };
            let scope = self.program.module(module).map(|module| &module.scope);
            let Some(id) = scope.and_then(|scope| scope.find(Kind::Scenario, &path.text())) else { return true };
            let scenario = self.file(id).and_then(|file| file.scenarios.get(id.index));
            // One that uses itself is reported elsewhere.
            depth > 32 || scenario.is_some_and(|it| self.any_step(&it.steps, id.module, depth + 1, wanted))
        })
    }

    /// Whether windows fit what they are judged in.
    fn times(&mut self, written: &tree::Experiment, experiment: &Experiment) {
        let at = written.baseline.as_ref().or(written.window.as_ref()).map_or(written.name.span, |expr| expr.span);
        if experiment.window > experiment.baseline {
            let show = |seconds| Type::Duration.show(seconds);
            let headline = format!(
                "the window of {} does not fit the baseline of {}",
                show(experiment.window),
                show(experiment.baseline)
            );
            self.report(errors::time(
                codes::E0401,
                headline,
                at,
                "",
                "make the baseline longer, or the window shorter",
            ));
        }
        let known = ranges_of(&experiment.parameters);
        check_windows(self, &experiment.steps, experiment.window, &known);
    }
}

fn injects(step: &tree::Step) -> bool {
    matches!(step.kind, tree::StepKind::Inject(_))
}

/// Whether a step expects something while its fault is active.
fn expects(step: &tree::Step) -> bool {
    match &step.kind {
        tree::StepKind::Inject(inject) => {
            !inject.expectations.is_empty() || matches!(inject.hold, tree::Hold::Until(..))
        }
        _ => false,
    }
}

/// Windows longer than the fault during which they are judged can never lie inside it.
fn check_windows(checker: &mut Checker, steps: &[Step], default: f64, known: &Known) {
    for step in steps {
        match &step.kind {
            StepKind::Expect(expectation) => deadline_fits(checker, expectation, default),
            StepKind::Inject(inject) => inject_fits(checker, inject, default, known),
            StepKind::Escalate { variable, levels, steps, .. } => {
                for level in levels {
                    let mut known = known.clone();
                    known.parameters.insert(variable.clone(), level.bounds(&known));
                    check_windows(checker, steps, default, &known);
                }
            }
            other => {
                for block in other.blocks() {
                    check_windows(checker, block, default, known);
                }
            }
        }
    }
}

fn inject_fits(checker: &mut Checker, inject: &Inject, default: f64, known: &Known) {
    let phase = match &inject.hold {
        Hold::For(duration) => duration.bounds(known).lo,
        Hold::Until(until) => {
            deadline_fits(checker, until, default);
            return;
        }
    };
    for expectation in &inject.expectations {
        window_fits(checker, expectation, default, phase);
    }
}

/// The widest window in an expectation, in seconds.
fn widest(expectation: &Expectation, default: f64) -> f64 {
    let windows = expectation.condition.readings().into_iter().filter(|reading| reading.is_windowed());
    windows.map(|reading| reading.window.unwrap_or(default)).fold(0.0, f64::max)
}

/// A sample counts only if its whole window lies behind the anchor, so a deadline must leave room for one.
fn deadline_fits(checker: &mut Checker, expectation: &Expectation, default: f64) {
    let Demand::Within { deadline, .. } = expectation.demand else { return };
    let widest = widest(expectation, default);
    if widest > deadline {
        let show = |seconds| Type::Duration.show(seconds);
        let headline = format!("a window of {} does not fit before a deadline of {}", show(widest), show(deadline));
        let help = "use a shorter window (`window` or `over`), or a later deadline";
        checker.report(errors::time(codes::E0401, headline, expectation.span, "never judged in time", help));
    }
}

fn window_fits(checker: &mut Checker, expectation: &Expectation, default: f64, phase: f64) {
    let widest = widest(expectation, default);
    let show = |seconds| Type::Duration.show(seconds);
    if widest > phase {
        let headline = format!("a window of {} does not fit into a fault of {}", show(widest), show(phase));
        let help = "use a shorter window (`window` or `over`), or a longer fault";
        checker.report(errors::time(codes::E0401, headline, expectation.span, "never judged inside the fault", help));
    }
    if widest <= phase {
        deadline_fits(checker, expectation, default);
    }
    if let Demand::Within { deadline, holding } = expectation.demand
        && deadline + holding > phase
    {
        let headline =
            format!("a deadline of {} lies past the fault's end at {}", show(deadline + holding), show(phase));
        let help = "shorten it, or expect it after the fault, as a step of `run`";
        checker.report(errors::time(codes::E0401, headline, expectation.span, "", help));
    }
}
