//! `test`: what it says about an experiment, and what it expects of it.

use super::Checker;
use super::argument::{ranges_of, values_of};
use super::experiment::About;
use super::given::Subject;
use super::test_errors;
use crate::diagnostics::codes;
use crate::names::{DeclarationId, Kind};
use crate::syntax::tree::{self, Expr, ExprKind, Name, Operator, Path, TestExpectation};
use crate::types::expression::Context;
use crate::types::model::{Argument, Experiment, Step, StepKind, System, Test};
use crate::types::term::Known;
use crate::types::trial::{After, Cause, Expected, ExpectedStep, ExpectedVerdict, Outcome, without_rounds};
use crate::types::{Type, errors};
use std::collections::BTreeMap;

/// The verdicts that a test can expect.
pub const VERDICTS: &[&str] =
    &["confirmed", "refuted", "refused", "not steady", "aborted", "inconclusive", "broken", "not reverted"];

/// The steps of an experiment, as tests name them.
pub(super) type Steps = BTreeMap<String, StepSort>;

/// What can be said of a step.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StepSort {
    /// It injects a fault.
    Fault,
    /// It calls a probe.
    Call(Type),
    /// It does something else, or holds other steps.
    Other,
}

impl Checker<'_> {
    pub(super) fn test(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.tests.get(id.index)) else { return };
        if written.expectations.is_empty() && !written.damaged {
            let help = "add `expect verdict confirmed`, or what else should come of it";
            let headline = "this test expects nothing, so it cannot fail";
            self.report(errors::missing(codes::E0404, headline, written.name.span, help));
        }
        let environment = self.known_environment(written.environment.as_ref(), id);
        let Some((experiment, system, own)) = self.experiment_of(&written.experiment, id) else { return };
        let (mut values, known) = (self.values_in(id.module), ranges_of(&experiment.parameters));
        values.extend(values_of(&experiment.parameters));
        let about = About {
            system: system.as_ref(),
            values: &values,
            known: &known,
            module: id.module,
            steady: true,
            chain: &[],
        };
        let steps = steps_of(&experiment.steps, "");
        let before = self.checked.findings.len();
        let settings = self.settings(&written.settings, &experiment);
        let givens = self.givens(&written.givens, &Subject { steps: &steps, about: &about });
        self.one_verdict(written);
        let expected = written.expectations.iter().filter_map(|it| self.test_expectation(it, &steps, &about)).collect();
        let of = self.checked.experiments.get(&own).and_then(|(_, of)| *of);
        let model = self.model_of(written.model.as_ref(), id, of.zip(system.as_ref()));
        let damaged = written.damaged || self.checked.findings.len() > before;
        let (name, span) = (written.name.text.clone(), written.name.span);
        let test = Test { name, environment, model, givens, settings, expected, span };
        if let Some(system) = system.as_ref().filter(|_| !damaged && !experiment.damaged) {
            self.all_shown(&test, &experiment, system);
        }
        self.checked.tests.insert(id, (test, own));
    }

    /// No run has two verdicts.
    fn one_verdict(&mut self, written: &tree::Test) {
        let verdicts = written.expectations.iter().filter_map(|it| match it {
            TestExpectation::Verdict { verdict, span, .. } => Some((verdict.text.as_str(), *span)),
            TestExpectation::Step { .. } => None,
        });
        let verdicts: Vec<_> = verdicts.filter(|(verdict, _)| VERDICTS.contains(verdict)).collect();
        for (_, again) in verdicts.iter().filter(|(verdict, _)| *verdict != verdicts[0].0) {
            self.report(errors::said_twice("verdict", verdicts[0].1, *again));
        }
    }

    pub(super) fn experiment_of(
        &mut self,
        path: &Path,
        id: DeclarationId,
    ) -> Option<(Experiment, Option<System>, DeclarationId)> {
        let own = self.resolve(Kind::Experiment, path, id.module)?;
        let (experiment, system) = self.checked.experiments.get(&own)?.clone();
        Some((experiment, system.and_then(|id| self.checked.systems.get(&id)).cloned(), own))
    }

    /// The environment that is named. One that lies in another file of the folder is looked for when it is needed.
    pub(super) fn known_environment(&mut self, path: Option<&Path>, id: DeclarationId) -> Option<String> {
        let path = path?;
        let scope = &self.program.module(id.module)?.scope;
        let known: Vec<&str> = scope.known(Kind::Environment).collect();
        if !known.is_empty() && !known.contains(&path.text().as_str()) && path.parts.len() > 1 {
            let finding = errors::unknown("environment", &path.text(), path.span, known);
            self.report(finding);
            return None;
        }
        path.parts.last().map(|name| name.text.clone())
    }

    /// What parameters are set to.
    pub(super) fn settings(&mut self, written: &[(Name, Expr)], experiment: &Experiment) -> BTreeMap<String, f64> {
        self.distinct("setting", written.iter().map(|(name, _)| name));
        let mut settings = BTreeMap::new();
        for (name, value) in written {
            let Some(parameter) = experiment.parameters.iter().find(|parameter| parameter.name == name.text) else {
                let known = experiment.parameters.iter().map(|parameter| parameter.name.as_str());
                self.report(errors::unknown("parameter", &name.text, name.span, known));
                continue;
            };
            if let Some(Argument::Term(term)) = self.argument_value(parameter, value, Context::default()) {
                settings.insert(name.text.clone(), term.bounds(&Known::default()).lo);
            }
        }
        settings
    }

    /// A step that is named, by its name.
    pub(super) fn known_step(&mut self, path: &Path, steps: &Steps) -> Option<(String, StepSort)> {
        let (text, plain) = (path.text(), without_rounds(&path.text()));
        if let Some(sort) = steps.get(&text).or_else(|| steps.get(&plain)) {
            return Some((text, sort.clone()));
        }
        if is_derived(&plain) {
            return Some((text, StepSort::Other));
        }
        self.report(errors::unknown("step", &text, path.span, steps.keys().map(String::as_str)));
        None
    }

    fn test_expectation(&mut self, written: &TestExpectation, steps: &Steps, about: &About) -> Option<Expected> {
        match written {
            TestExpectation::Verdict { verdict, because, span } => {
                if !VERDICTS.contains(&verdict.text.as_str()) {
                    let known = VERDICTS.iter().copied();
                    self.report(errors::unknown("verdict", &verdict.text, verdict.span, known));
                }
                let because = because.as_ref().and_then(|because| self.cause(because, steps, about));
                Some(Expected::Verdict(ExpectedVerdict { word: verdict.text.clone(), because, span: *span }))
            }
            TestExpectation::Step { step, outcome, within, span } => {
                let known = self.known_step(step, steps);
                let outcome = self.outcome(outcome, known.as_ref());
                let within = match within {
                    Some(within) => Some(self.time_after(within, steps, about)?),
                    None => None,
                };
                Some(Expected::Step(ExpectedStep { step: known?.0, outcome: outcome?, within, span: *span }))
            }
        }
    }

    fn outcome(&mut self, written: &Name, of: Option<&(String, StepSort)>) -> Option<Outcome> {
        let Some((_, outcome)) = Outcome::ALL.iter().find(|(word, _)| *word == written.text) else {
            let known = Outcome::ALL.iter().map(|(word, _)| *word);
            self.report(errors::unknown("outcome", &written.text, written.span, known));
            return None;
        };
        if let Some((step, StepSort::Call(_))) = of
            && outcome.is_of_faults()
        {
            let what = format!("`{}`", written.text);
            self.report(test_errors::not_of_step(&what, step, "a call of a probe", written.span));
            return None;
        }
        Some(*outcome)
    }

    /// What a verdict came from: a metric, a step, or a text that its reason holds.
    fn cause(&mut self, written: &Expr, steps: &Steps, about: &About) -> Option<Cause> {
        match &written.kind {
            ExprKind::Path(path) if steps.contains_key(&without_rounds(&path.text())) => Some(Cause::Step(path.text())),
            ExprKind::Path(_) | ExprKind::Binary(Operator::Of, ..) => {
                let (_, reading) = self.typing(about.context()).metric_argument(written)?;
                Some(Cause::Metric(reading.metric))
            }
            _ => {
                let text = self.typing(about.context()).text(written)?;
                if text.trim().is_empty() {
                    self.report(test_errors::because_of_anything(written.span));
                }
                Some(Cause::Text(text))
            }
        }
    }

    /// `15s`, `15s of abort`, `15s of outage`.
    fn time_after(&mut self, written: &Expr, steps: &Steps, about: &About) -> Option<(f64, After)> {
        let ExprKind::Binary(Operator::Of, time, of) = &written.kind else {
            return Some((self.time_constant(written, "within", about)?, After::Beginning));
        };
        let time = self.time_constant(time, "within", about)?;
        match &of.kind {
            ExprKind::Path(path) if path.text() == "abort" => Some((time, After::Abort)),
            ExprKind::Path(path) => Some((time, After::Step(self.known_step(path, steps)?.0))),
            _ => {
                let help = "write it like `within 15s of abort`";
                self.report(errors::missing(codes::E0403, "within which time of what?", of.span, help));
                None
            }
        }
    }
}

/// The steps that have names, those of scenarios behind the name of their use, those of rounds behind their block's.
pub(super) fn steps_of(steps: &[Step], prefix: &str) -> Steps {
    let mut found = Steps::new();
    for step in steps {
        let own = step.name.as_ref().map(|name| format!("{prefix}{name}"));
        let inner = match (&step.kind, &own) {
            (StepKind::Scenario(scenario, _), own) => {
                format!("{}.", own.clone().unwrap_or_else(|| format!("{prefix}{scenario}")))
            }
            (StepKind::Repeat { .. } | StepKind::Escalate { .. }, Some(own)) => format!("{own}."),
            _ => prefix.to_owned(),
        };
        if let StepKind::Inject(inject) = &step.kind {
            let named = inject.expectations.iter().filter_map(|it| it.name.as_ref());
            found.extend(named.map(|name| (format!("{prefix}{name}"), StepSort::Other)));
        }
        found.extend(own.map(|own| (own, sort(step))));
        for block in step.kind.blocks() {
            found.extend(steps_of(block, &inner));
        }
    }
    found
}

/// Whether it may be the name of a step that has none of its own, as the plan shows it: `expect-1`. Whether there is such a
/// step is known when the test is run.
fn is_derived(name: &str) -> bool {
    const STEMS: &[&str] = &["expect", "wait", "approve", "when", "parallel", "sequence", "repeat", "escalate"];
    let own = name.rsplit('.').next().unwrap_or(name);
    let parts = own.rsplit_once('-');
    parts.is_some_and(|(stem, number)| STEMS.contains(&stem) && number.parse::<u32>().is_ok())
}

fn sort(step: &Step) -> StepSort {
    match &step.kind {
        StepKind::Inject(_) => StepSort::Fault,
        StepKind::Call(probe, _) => StepSort::Call(probe.returns.clone()),
        _ => StepSort::Other,
    }
}
