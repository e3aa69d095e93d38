//! `test` and `schedule`: what they say about an experiment.

use super::Checker;
use super::argument::{ranges_of, values_of};
use super::experiment::About;
use crate::base::Span;
use crate::diagnostics::codes;
use crate::names::{DeclarationId, Kind};
use crate::syntax::tree::{self, Path, TestExpectation};
use crate::types::expression::Context;
use crate::types::model::{ExpectedVerdict, Experiment, Schedule, Step, StepKind, System, Test};
use crate::types::{Type, calendar, errors};
use std::collections::{BTreeMap, BTreeSet};

/// The verdicts that a test can expect.
const VERDICTS: &[&str] =
    &["confirmed", "refuted", "refused", "not steady", "aborted", "inconclusive", "broken", "not reverted"];

/// What can have become of a step.
const OUTCOMES: &[&str] = &["reverted", "satisfied", "violated", "inconclusive", "skipped", "injected"];

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
        let names = step_names(&experiment.steps, "");
        self.said_once(written);
        for given in &written.givens {
            self.given_value(given, &names, &about);
        }
        let mut verdict = None;
        for expectation in &written.expectations {
            verdict = self.test_expectation(expectation, &names, &about).or(verdict);
        }
        let of = self.checked.experiments.get(&own).and_then(|(_, of)| *of);
        let model = self.model_of(written.model.as_ref(), id, of.zip(system.as_ref()));
        let test = Test { name: written.name.text.clone(), environment, model, verdict, span: written.name.span };
        self.checked.tests.insert(id, (test, own));
    }

    /// No run has two verdicts, and no trace two values from its beginning.
    fn said_once(&mut self, written: &tree::Test) {
        let verdicts = written.expectations.iter().filter_map(|it| match it {
            TestExpectation::Verdict { verdict, span, .. } => Some((verdict.text.as_str(), *span)),
            TestExpectation::Step { .. } => None,
        });
        let verdicts: Vec<_> = verdicts.filter(|(verdict, _)| VERDICTS.contains(verdict)).collect();
        for (_, again) in verdicts.iter().filter(|(verdict, _)| *verdict != verdicts[0].0) {
            self.report(errors::said_twice("verdict", verdicts[0].1, *again));
        }
        let mut given: BTreeMap<String, Span> = BTreeMap::new();
        for one in written.givens.iter().filter(|one| one.since.is_none()) {
            let what = one.value.as_ref().map_or_else(|| "steady".to_owned(), |(metric, _)| metric.text());
            if let Some(first) = given.insert(what.clone(), one.span) {
                self.report(errors::said_twice(&format!("given {what}"), first, one.span));
            }
        }
    }

    fn experiment_of(&mut self, path: &Path, id: DeclarationId) -> Option<(Experiment, Option<System>, DeclarationId)> {
        let own = self.resolve(Kind::Experiment, path, id.module)?;
        let (experiment, system) = self.checked.experiments.get(&own)?.clone();
        Some((experiment, system.and_then(|id| self.checked.systems.get(&id)).cloned(), own))
    }

    /// The environment that is named. One that lies in another file of the folder is looked for when it is needed.
    fn known_environment(&mut self, path: Option<&Path>, id: DeclarationId) -> Option<String> {
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

    fn given_value(&mut self, given: &tree::Given, names: &BTreeSet<String>, about: &About) {
        if let Some((metric, value)) = &given.value {
            let name = tree::Expr { kind: tree::ExprKind::Path(metric.clone()), span: metric.span };
            let found = self.typing(about.context()).metric_argument(&name);
            let ty = found.map(|(ty, _)| match ty {
                Type::Distribution(of) => *of,
                Type::Counter => Type::Count,
                other => other,
            });
            let (given, term) = self.typing(about.context()).quantity(value);
            match ty {
                Some(ty) if given != Type::Error && !given.fits(&ty) => {
                    self.report(errors::mismatch_at(&ty, &given, value, Some((metric.span, "this metric's type"))));
                }
                Some(ty) if given != Type::Error && term.is_constant() => {
                    let bounds = self.typing(about.context()).bounds(&term);
                    if !bounds.within(ty.range()) {
                        self.report(errors::outside(&ty.show(bounds.hi), value.span, ty.range(), &ty, None));
                    }
                }
                _ => {}
            }
        }
        if let Some(since) = &given.since {
            self.time_constant(&since.offset, "from", about);
            if let Some(step) = &since.step {
                self.known_step(step, names);
            }
        }
    }

    fn known_step(&mut self, path: &Path, names: &BTreeSet<String>) {
        if !names.contains(&path.text()) {
            self.report(errors::unknown("step", &path.text(), path.span, names.iter().map(String::as_str)));
        }
    }

    /// The verdict that is expected, where one is.
    fn test_expectation(
        &mut self,
        written: &TestExpectation,
        names: &BTreeSet<String>,
        about: &About,
    ) -> Option<ExpectedVerdict> {
        match written {
            TestExpectation::Verdict { verdict, because, span } => {
                if !VERDICTS.contains(&verdict.text.as_str()) {
                    let known = VERDICTS.iter().copied();
                    self.report(errors::unknown("verdict", &verdict.text, verdict.span, known));
                }
                let because = because.as_ref().and_then(|because| self.cause(because, names, about));
                Some(ExpectedVerdict { word: verdict.text.clone(), because, span: *span })
            }
            TestExpectation::Step { step, outcome, within, .. } => {
                self.known_step(step, names);
                if !OUTCOMES.contains(&outcome.text.as_str()) {
                    let known = OUTCOMES.iter().copied();
                    self.report(errors::unknown("outcome", &outcome.text, outcome.span, known));
                }
                if let Some(within) = within {
                    self.time_after(within, names, about);
                }
                None
            }
        }
    }

    /// What a verdict came from: a metric, a step, or a text that its reason holds, which is given.
    fn cause(&mut self, written: &tree::Expr, names: &BTreeSet<String>, about: &About) -> Option<String> {
        match &written.kind {
            tree::ExprKind::Path(path) if names.contains(&path.text()) => None,
            tree::ExprKind::Path(_) => {
                self.typing(about.context()).metric_argument(written);
                None
            }
            _ => self.typing(about.context()).text(written),
        }
    }

    /// `15s`, `15s of abort`, `15s of outage`.
    fn time_after(&mut self, written: &tree::Expr, names: &BTreeSet<String>, about: &About) {
        let tree::ExprKind::Binary(tree::Operator::Of, time, of) = &written.kind else {
            self.time_constant(written, "within", about);
            return;
        };
        self.time_constant(time, "within", about);
        match &of.kind {
            tree::ExprKind::Path(path) if path.text() == "abort" => {}
            tree::ExprKind::Path(path) => self.known_step(path, names),
            _ => {
                let help = "write it like `within 15s of abort`";
                self.report(errors::missing(codes::E0403, "within which time of what?", of.span, help));
            }
        }
    }

    pub(super) fn schedule(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.schedules.get(id.index)) else { return };
        let environment = self.known_environment(written.environment.as_ref(), id);
        let cron = self.calendar_text(written.cron.as_ref(), calendar::cron, "write it like `cron \"0 3 * * 1-5\"`");
        let zone = |name: &str| calendar::zone(name).map(drop);
        let timezone =
            self.calendar_text(written.timezone.as_ref(), zone, "write it like `timezone \"Europe/Berlin\"`");
        if written.cron.is_none() {
            let help = "add `cron \"0 3 * * 1-5\"`";
            self.report(errors::missing(codes::E0208, "this schedule does not say when", written.name.span, help));
        }
        let Some((experiment, _, own)) = self.experiment_of(&written.experiment, id) else { return };
        self.distinct("setting", written.settings.iter().map(|(name, _)| name));
        for (name, value) in &written.settings {
            let Some(parameter) = experiment.parameters.iter().find(|parameter| parameter.name == name.text) else {
                let known = experiment.parameters.iter().map(|parameter| parameter.name.as_str());
                self.report(errors::unknown("parameter", &name.text, name.span, known));
                continue;
            };
            self.argument_value(parameter, value, Context::default());
        }
        let name = written.name.text.clone();
        let schedule =
            Schedule { name, environment, cron: cron.unwrap_or_default(), timezone, span: written.name.span };
        self.checked.schedules.insert(id, (schedule, own));
    }

    fn calendar_text(
        &mut self,
        written: Option<&tree::Expr>,
        read: impl Fn(&str) -> Result<(), String>,
        help: &str,
    ) -> Option<String> {
        let text = self.typing(Context::default()).text(written?)?;
        if let Err(error) = read(&text) {
            self.report(errors::calendar(error, written?.span, help));
            return None;
        }
        Some(text)
    }
}

/// The names of steps that are given, those of scenarios behind the name of their use.
fn step_names(steps: &[Step], prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for step in steps {
        let own = step.name.as_ref().map(|name| format!("{prefix}{name}"));
        let inner = match (&step.kind, &own) {
            (StepKind::Scenario(scenario, _), own) => {
                format!("{}.", own.clone().unwrap_or_else(|| format!("{prefix}{scenario}")))
            }
            _ => prefix.to_owned(),
        };
        if let StepKind::Inject(inject) = &step.kind {
            names.extend(inject.expectations.iter().filter_map(|it| Some(format!("{prefix}{}", it.name.as_ref()?))));
        }
        names.extend(own);
        for block in step.kind.blocks() {
            names.extend(step_names(block, &inner));
        }
    }
    names
}
