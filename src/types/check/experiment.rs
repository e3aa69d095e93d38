//! `experiment`: everything but its steps.

use super::Checker;
use crate::diagnostics::codes;
use crate::names::{DeclarationId, Kind};
use crate::syntax::tree::{self, Expr, Timing};
use crate::types::expression::Context;
use crate::types::model::{Expectation, Experiment, Parameter, Step, System, Trigger};
use crate::types::term::{Condition, Demand, Known};
use crate::types::{Type, errors};

/// The window of aggregates where none is said, in seconds.
pub const DEFAULT_WINDOW: f64 = 10.0;
/// How long the steady state is judged where it is not said, in seconds.
pub const DEFAULT_BASELINE: f64 = 30.0;
/// How long data may be missing where it is not said, in seconds.
pub const DEFAULT_NO_DATA: f64 = 15.0;

/// What conditions of one experiment can refer to.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub system: Option<&'a System>,
    pub parameters: &'a [Parameter],
}

impl<'a> About<'a> {
    pub(super) fn context(self) -> Context<'a> {
        Context {
            system: self.system,
            lost_system: self.system.is_none(),
            service: None,
            parameters: self.parameters,
            limits: false,
        }
    }
}

impl Checker<'_> {
    pub(super) fn experiment(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.experiments.get(id.index)) else { return };
        let system_id = self.resolve(Kind::System, &written.system, id.module);
        let system = system_id.and_then(|id| self.checked.systems.get(&id)).cloned();
        let parameters = self.parameters(&written.parameters);
        for (parameter, declared) in parameters.iter().zip(&written.parameters) {
            if !parameter.ty.is_quantity() {
                self.report(errors::no_quantity(&parameter.ty, declared.ty.span));
            }
            if parameter.default.is_none() && declared.default.is_none() {
                let help = "add a default: `= …`; `--set` overrides it";
                self.report(errors::missing(codes::E0208, "this parameter has no default", parameter.span, help));
            }
        }
        let about = About { system: system.as_ref(), parameters: &parameters };
        let limits = self.limits(written.limits.as_ref(), about.system, &parameters, true);
        let experiment = Experiment {
            name: written.name.text.clone(),
            id: self.optional_text(written.id.as_ref()),
            hypothesis: self.optional_text(written.hypothesis.as_ref()),
            window: self.seconds(written.window.as_ref(), DEFAULT_WINDOW, "window"),
            baseline: self.seconds(written.baseline.as_ref(), DEFAULT_BASELINE, "baseline"),
            no_data: self.seconds(written.no_data.as_ref(), DEFAULT_NO_DATA, "no data"),
            aborts: written.aborts.iter().filter_map(|abort| self.trigger(abort, about)).collect(),
            steps: self.steps(&written.run.as_ref().map_or_else(Vec::new, |run| run.steps.clone()), id.module, about),
            expectations: written.expectations.iter().filter_map(|it| self.overall(it, about)).collect(),
            limits,
            parameters: parameters.clone(),
            span: written.name.span,
        };
        self.texts(written);
        if !written.damaged {
            self.whole(written);
        }
        self.times(written, &experiment);
        self.checked.experiments.insert(id, (experiment, system_id));
    }

    fn optional_text(&mut self, written: Option<&Expr>) -> Option<String> {
        self.typing(Context::default()).text(written?)
    }

    fn texts(&mut self, written: &tree::Experiment) {
        for text in written.owner.iter().chain(&written.tags) {
            self.optional_text(Some(text));
        }
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

    pub(super) fn condition(&mut self, written: &Expr, about: About) -> Option<Condition> {
        let sources = &self.program.sources;
        self.typing(about.context()).condition(written, sources)
    }

    pub(super) fn time_constant(&mut self, written: &Expr, what: &str, about: About) -> Option<f64> {
        self.typing(about.context()).constant(written, &Type::Duration, what)
    }

    fn trigger(&mut self, written: &tree::Abort, about: About) -> Option<Trigger> {
        let condition = self.condition(&written.condition, about)?;
        if self.steady_says_nothing(&condition, &written.condition, about) {
            return None;
        }
        let hold = match &written.timing {
            None => 0.0,
            Some(Timing::For(hold, _)) => self.time_constant(hold, "for", about)?,
            Some(Timing::Within(.., span)) => {
                let help = "write `for 10s`: how long the condition must have held";
                let headline = "an abort condition looks back, not ahead".to_owned();
                self.report(errors::time(codes::E0403, headline, *span, "`within` looks ahead", help));
                return None;
            }
        };
        if condition.readings().is_empty() && !condition.mentions_steady() {
            let help = "compare a metric with something";
            self.report(errors::missing(codes::E0407, "this condition reads no metric", written.condition.span, help));
            return None;
        }
        Some(Trigger { condition, hold, text: self.text(written.span), span: written.span })
    }

    /// An expectation on the whole run.
    fn overall(&mut self, written: &tree::Expect, about: About) -> Option<Expectation> {
        let expectation = self.expectation(written, about)?;
        if !matches!(expectation.demand, Demand::Always | Demand::Never) {
            let headline = "an expectation on the whole experiment says `always` or `never`".to_owned();
            let help = "write `expect always …`, or move it into `run`, where it is judged when its turn comes";
            self.report(errors::time(codes::E0403, headline, written.span, "when should it hold?", help));
            return None;
        }
        Some(expectation)
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
        if run.is_none_or(|run| !tree_injects(&run.steps)) {
            let help = "add `inject …` to `run { }`; checking without a fault proves nothing";
            let at = run.map_or(at, |run| run.span);
            self.report(errors::missing(codes::E0405, "this experiment injects nothing", at, help));
        } else if written.expectations.is_empty() && !run.is_some_and(|run| tree_expects(&run.steps)) {
            let help = "add an expectation to the inject's block: `{ expect always … }`";
            let headline = "nothing is expected while a fault is active";
            self.report(errors::missing(codes::E0404, headline, at, help));
        }
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
        let ranges = experiment.parameters.iter().map(|it| (it.name.clone(), it.range)).collect();
        let known = Known { parameters: ranges, ..Known::default() };
        check_windows(self, &experiment.steps, experiment.window, &known);
    }
}

fn tree_injects(steps: &[tree::Step]) -> bool {
    steps.iter().any(|step| match step {
        tree::Step::Inject(_) => true,
        tree::Step::Parallel(steps, _) | tree::Step::Sequence(steps, _) => tree_injects(steps),
        _ => false,
    })
}

fn tree_expects(steps: &[tree::Step]) -> bool {
    steps.iter().any(|step| match step {
        tree::Step::Inject(inject) => !inject.expectations.is_empty(),
        tree::Step::Parallel(steps, _) | tree::Step::Sequence(steps, _) => tree_expects(steps),
        _ => false,
    })
}

/// Windows longer than the fault during which they are judged can never lie inside it.
fn check_windows(checker: &mut Checker, steps: &[Step], default: f64, known: &Known) {
    for step in steps {
        match step {
            Step::Expect(expectation) => deadline_fits(checker, expectation, default),
            Step::Parallel(steps) | Step::Sequence(steps) => check_windows(checker, steps, default, known),
            Step::Inject(inject) => {
                let shortest = inject.duration.bounds(known).lo;
                for expectation in &inject.expectations {
                    window_fits(checker, expectation, default, shortest);
                }
            }
            _ => {}
        }
    }
}

/// The widest window in an expectation, in seconds.
fn widest(expectation: &Expectation, default: f64) -> f64 {
    let windows = expectation.condition.readings().into_iter().filter(|reading| reading.is_windowed());
    windows.map(|reading| reading.window.unwrap_or(default)).fold(0.0, f64::max)
}

/// A sample counts only if its whole window lies behind the anchor, so a deadline must leave room for one.
fn deadline_fits(checker: &mut Checker, expectation: &Expectation, default: f64) {
    let widest = widest(expectation, default);
    let Demand::Within { deadline, .. } = expectation.demand else { return };
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
