//! The steps of a run.

use super::Checker;
use super::experiment::About;
use crate::base::{Span, stack};
use crate::diagnostics::codes;
use crate::names::Kind;
use crate::syntax::tree::{self, Awaited, Timing};
use crate::types::model::{After, Argument, Expectation, Step, StepKind};
use crate::types::term::{Demand, Term};
use crate::types::value::{Typed, Values};
use crate::types::{Type, errors};
use std::collections::BTreeMap;

/// A fault or a wait lasts at most this long, in seconds: 30 days.
const LONGEST: f64 = 30.0 * 86_400.0;

/// A step's name is part of its fault's name at the target, which bounds it.
const LONGEST_NAME: usize = 64;

/// What later steps can read of a call: its answer, under the step's name.
fn answer(step: &Step) -> Option<(String, Typed)> {
    let (StepKind::Call(probe, _), Some(name)) = (&step.kind, &step.name) else { return None };
    Some((name.clone(), Typed { ty: probe.returns.clone(), value: Argument::Answer(name.clone()) }))
}

impl Checker<'_> {
    /// All steps of a run or a scenario.
    pub(super) fn steps(&mut self, written: &[tree::Step], about: &About) -> Vec<Step> {
        self.step_names(written, &mut BTreeMap::new());
        self.step_list(written, about)
    }

    pub(super) fn step_list(&mut self, written: &[tree::Step], about: &About) -> Vec<Step> {
        let mut values: Option<Values> = None;
        let mut steps = Vec::with_capacity(written.len());
        for step in written {
            let about = About { values: values.as_ref().unwrap_or(about.values), ..*about };
            let checked = self.step(step, &about);
            if let Some(answer) = answer(&checked) {
                let mut more = about.values.clone();
                more.extend([answer]);
                values = Some(more);
            }
            steps.push(checked);
        }
        steps
    }

    fn step(&mut self, written: &tree::Step, about: &About) -> Step {
        let kind = stack::level(|| self.step_kind(written, about));
        let after = written.after.iter().filter_map(|after| self.after(after, about)).collect();
        let name = written.name.as_ref().map(|name| name.text.clone());
        // What is wrong still has its name, so that steps that wait for it are not wrong, too.
        let kind = kind.unwrap_or(StepKind::Sequence(Vec::new()));
        Step { kind, name, after, span: written.span }
    }

    fn step_kind(&mut self, written: &tree::Step, about: &About) -> Option<StepKind> {
        match &written.kind {
            tree::StepKind::Inject(inject) => self.inject(inject, written, about),
            tree::StepKind::Expect(expect) => self.step_expectation(expect, about).map(StepKind::Expect),
            tree::StepKind::Wait(wait) => self.wait(wait, written, about),
            tree::StepKind::Call(probe, arguments) => self.call(probe, arguments, about),
            tree::StepKind::Approve(text, within) => self.approve(text, within.as_ref(), about),
            tree::StepKind::Scenario(path, arguments) => self.scenario_use(path, arguments, written.span, about),
            tree::StepKind::Parallel(steps) => {
                self.not_empty(steps, written.span);
                Some(StepKind::Parallel(self.step_list(steps, about)))
            }
            tree::StepKind::Sequence(steps) => {
                self.not_empty(steps, written.span);
                Some(StepKind::Sequence(self.step_list(steps, about)))
            }
            tree::StepKind::When { condition, then, otherwise } => {
                self.not_empty(then, written.span);
                let (then, otherwise) = (self.step_list(then, about), self.step_list(otherwise, about));
                let text = self.text(condition.span);
                let condition = self.judged(condition, about)?;
                Some(StepKind::When { condition, text, then, otherwise })
            }
            tree::StepKind::Repeat { count, every, steps } => {
                self.not_empty(steps, written.span);
                self.repeat(count, every.as_ref(), steps, about)
            }
            tree::StepKind::Escalate { variable, levels, every, reaching, steps } => {
                self.not_empty(steps, written.span);
                let escalation =
                    super::blocks::Escalation { variable, levels, every: every.as_ref(), reaching: reaching.as_ref() };
                self.escalate(escalation, steps, about)
            }
        }
    }

    fn not_empty(&mut self, steps: &[tree::Step], at: Span) {
        if steps.is_empty() {
            self.report(errors::missing(codes::E0405, "this block does nothing", at, "add steps, or remove it"));
        }
    }

    fn after(&mut self, written: &tree::After, about: &About) -> Option<After> {
        let start = match (&written.offset, written.starts) {
            (Some(offset), _) => Some(self.time_constant(offset, "after", about)?),
            (None, true) => Some(0.0),
            (None, false) => None,
        };
        Some(After { step: written.step.text(), start, span: written.step.span })
    }

    /// How long a fault or a wait lasts: above nothing, and known before the run.
    pub(super) fn duration(&mut self, written: &tree::Expr, about: &About) -> Option<Term> {
        let context = about.context();
        let (ty, term) = self.typing(context).quantity(written);
        if ty == Type::Error {
            return None;
        }
        if !ty.fits(&Type::Duration) {
            self.report(errors::mismatch_at(&Type::Duration, &ty, written, None));
            return None;
        }
        if !term.is_constant() {
            self.report(errors::not_constant("for", written.span));
            return None;
        }
        let typing = self.typing(context);
        let (bounds, open) = (typing.bounds(&term), typing.is_open(&term));
        if !open && (bounds.lo <= 0.0 || bounds.hi > LONGEST) {
            let headline = "this must last longer than nothing, and at most 30 days".to_owned();
            let help = "write a duration above 0s; a parameter in it needs a range: `in 10s..2m`";
            self.report(errors::time(codes::E0409, headline, written.span, "", help));
            return None;
        }
        Some(term)
    }

    fn wait(&mut self, written: &tree::Wait, step: &tree::Step, about: &About) -> Option<StepKind> {
        match &written.what {
            Awaited::Duration(duration) => self.duration(duration, about).map(StepKind::Wait),
            Awaited::Stable(_) if self.nothing_is_steady(step.span, about) => None,
            Awaited::Stable(timing) => match self.deadline("wait until", timing.as_ref(), step.span, None, about)? {
                Demand::Within { deadline, holding } if holding <= 0.0 => Some(StepKind::Stable(deadline)),
                _ => {
                    let headline = "`stable` looks back over a window by itself: `holding` does not fit".to_owned();
                    self.report(errors::time(codes::E0403, headline, step.span, "", "leave out `holding …`"));
                    None
                }
            },
            Awaited::Condition(condition, timing) => {
                let demand = self.deadline("wait until", timing.as_ref(), step.span, Some(condition.span), about);
                let condition = self.judged(condition, about)?;
                let (name, text) = (step.name.as_ref().map(|name| name.text.clone()), self.text_in(step.span, about));
                let span = step.span;
                Some(StepKind::Expect(Expectation { name, condition, demand: demand?, text, span }))
            }
        }
    }

    /// `within d holding h`, which what waits must have.
    /// A deadline can be added behind `condition`.
    pub(super) fn deadline(
        &mut self,
        word: &str,
        timing: Option<&Timing>,
        at: Span,
        condition: Option<Span>,
        about: &About,
    ) -> Option<Demand> {
        if let Some(timing @ Timing::Within(..)) = timing {
            return self.demand(None, Some(timing), about);
        }
        let headline = format!("`{word}` needs a deadline");
        let finding = errors::time(codes::E0402, headline, at, "how long at most?", "add `within 30s`");
        let finding = finding.note("a wait without a deadline never ends");
        self.report(match condition.filter(|_| timing.is_none()) {
            Some(condition) => errors::with_deadline(finding, condition),
            None => finding,
        });
        None
    }

    fn call(&mut self, path: &tree::Path, arguments: &tree::Arguments, about: &About) -> Option<StepKind> {
        let id = self.resolve(Kind::Probe, path, about.module)?;
        let probe = self.used_probe(id)?;
        let values = self.arguments(&path.text(), &probe.parameters, arguments, about.context())?;
        self.understood(&probe, &values)?;
        let values = values.into_iter().map(|(name, (value, _))| (name, value)).collect();
        Some(StepKind::Call(Box::new(crate::types::model::Probe { name: path.text(), ..probe }), values))
    }

    fn approve(&mut self, text: &tree::Expr, within: Option<&tree::Expr>, about: &About) -> Option<StepKind> {
        let question = self.typing(about.context()).text(text);
        let Some(within) = within else {
            let headline = "`approve` needs a deadline".to_owned();
            let finding = errors::time(codes::E0402, headline, text.span, "how long at most?", "add `within 15m`");
            self.report(finding.note("a wait without a deadline never ends"));
            return None;
        };
        let within = self.typing(about.context()).positive(within, "within")?;
        Some(StepKind::Approve(question?, within))
    }

    /// Reports step names that stand twice or are too long.
    fn step_names(&mut self, steps: &[tree::Step], seen: &mut BTreeMap<String, Span>) {
        for step in steps {
            let block = match &step.kind {
                tree::StepKind::Inject(inject) => {
                    inject.expectations.iter().filter_map(|it| it.name.as_ref()).collect()
                }
                _ => Vec::new(),
            };
            for name in step.name.iter().chain(block) {
                if name.text.len() > LONGEST_NAME {
                    self.report(errors::long_name(LONGEST_NAME, name.span));
                }
                if let Some(first) = seen.insert(name.text.clone(), name.span) {
                    self.report(errors::twice("step", &name.text, first, name.span));
                }
            }
            for inner in step.blocks() {
                self.step_names(inner, seen);
            }
        }
    }
}
