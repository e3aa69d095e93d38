//! The steps of a run.

use super::Checker;
use super::experiment::About;
use crate::base::Span;
use crate::diagnostics::codes;
use crate::names::{Kind, ModuleId};
use crate::syntax::tree::{self, Awaited, Mode, Timing};
use crate::types::model::{Expectation, Fault, Inject, Step};
use crate::types::term::{Condition, Demand, Term};
use crate::types::{Type, errors};
use std::collections::BTreeMap;

/// A fault or a wait lasts at most this long, in seconds: 30 days.
const LONGEST: f64 = 30.0 * 86_400.0;

/// A step's name is part of its fault's name at the target, which bounds it.
const LONGEST_NAME: usize = 64;

impl Checker<'_> {
    pub(super) fn steps(&mut self, written: &[tree::Step], from: ModuleId, about: About) -> Vec<Step> {
        let mut names = BTreeMap::new();
        step_names(self, written, &mut names);
        self.step_list(written, from, about)
    }

    fn step_list(&mut self, written: &[tree::Step], from: ModuleId, about: About) -> Vec<Step> {
        written.iter().filter_map(|step| self.step(step, from, about)).collect()
    }

    fn step(&mut self, written: &tree::Step, from: ModuleId, about: About) -> Option<Step> {
        match written {
            tree::Step::Inject(inject) => self.inject(inject, from, about).map(Step::Inject),
            tree::Step::Expect(expect) => self.step_expectation(expect, about).map(Step::Expect),
            tree::Step::Wait(wait) => self.wait(wait, about),
            tree::Step::Parallel(steps, span) => {
                self.not_empty(steps, *span);
                Some(Step::Parallel(self.step_list(steps, from, about)))
            }
            tree::Step::Sequence(steps, span) => {
                self.not_empty(steps, *span);
                Some(Step::Sequence(self.step_list(steps, from, about)))
            }
        }
    }

    fn not_empty(&mut self, steps: &[tree::Step], at: Span) {
        if steps.is_empty() {
            self.report(errors::missing(codes::E0405, "this block does nothing", at, "add steps, or remove it"));
        }
    }

    fn inject(&mut self, written: &tree::Inject, from: ModuleId, about: About) -> Option<Inject> {
        let expectations: Vec<Expectation> =
            written.expectations.iter().filter_map(|expect| self.block_expectation(expect, about)).collect();
        let duration = self.duration(&written.duration, about);
        let fault = self.known_fault(written, from)?;
        let given = self.given(&fault, &written.arguments, about.system, about.parameters)?;
        Some(Inject {
            name: written.name.as_ref().map(|name| name.text.clone()),
            fault,
            target: given.target,
            arguments: given.arguments,
            duration: duration?,
            expectations,
            may_interfere: written.allows.iter().any(|name| name.text == "interference"),
            span: written.span,
            target_span: given.target_span,
        })
    }

    fn known_fault(&mut self, written: &tree::Inject, from: ModuleId) -> Option<Fault> {
        let id = self.resolve(Kind::Fault, &written.fault, from)?;
        let fault = self.checked.faults.get(&id)?.clone();
        Some(Fault { name: written.fault.text(), ..fault })
    }

    /// How long a fault or a wait lasts: above nothing, and known before the run.
    fn duration(&mut self, written: &tree::Expr, about: About) -> Option<Term> {
        let (ty, term) = self.typing(about.context()).quantity(written);
        if ty == Type::Error {
            return None;
        }
        if !ty.fits(&Type::Duration) {
            self.report(errors::mismatch(&Type::Duration, &ty, written.span, None));
            return None;
        }
        if !term.is_constant() {
            self.report(errors::not_constant("for", written.span));
            return None;
        }
        let ranges = about.parameters.iter().map(|parameter| (parameter.name.clone(), parameter.range)).collect();
        let known = crate::types::term::Known { parameters: ranges, limits: BTreeMap::new() };
        let bounds = term.bounds(&known);
        if bounds.lo <= 0.0 || bounds.hi > LONGEST {
            let headline = "this must last longer than nothing, and at most 30 days".to_owned();
            let help = "write a duration above 0s; a parameter in it needs a range: `in 10s..2m`";
            self.report(errors::time(codes::E0409, headline, written.span, "", help));
            return None;
        }
        Some(term)
    }

    fn wait(&mut self, written: &tree::Wait, about: About) -> Option<Step> {
        let name = written.name.as_ref().map(|name| name.text.clone());
        match &written.what {
            Awaited::Duration(duration) => {
                let duration = self.duration(duration, about)?;
                Some(Step::Wait { name, duration, span: written.span })
            }
            Awaited::Condition(condition, timing) => {
                let Some(timing @ Timing::Within(..)) = timing else {
                    let finding = errors::time(
                        codes::E0402,
                        "`wait until` needs a deadline".to_owned(),
                        written.span,
                        "how long at most?",
                        "add `within 30s`",
                    );
                    self.report(finding.note("a wait without a deadline never ends"));
                    return None;
                };
                let condition = self.judged(condition, about)?;
                let demand = self.demand(None, Some(timing), about)?;
                let text = self.text(written.span);
                Some(Step::Expect(Expectation { name, condition, demand, text, span: written.span }))
            }
        }
    }

    /// An expectation in an inject's block.
    fn block_expectation(&mut self, written: &tree::Expect, about: About) -> Option<Expectation> {
        let expectation = self.expectation(written, about)?;
        if expectation.demand == Demand::Now {
            let headline = "when should this hold?".to_owned();
            let help = "write `expect always …`, `expect never …` or `… within 30s`";
            let finding = errors::time(codes::E0403, headline, written.span, "in a fault's block", help);
            self.report(
                finding.note("a fault has a duration, so an expectation about one instant of it says too little"),
            );
            return None;
        }
        Some(expectation)
    }

    /// An expectation that is a step.
    fn step_expectation(&mut self, written: &tree::Expect, about: About) -> Option<Expectation> {
        let expectation = self.expectation(written, about)?;
        if matches!(expectation.demand, Demand::Always | Demand::Never) {
            let headline = "a step is reached at one instant, so `always` has no duration here".to_owned();
            let help = "write `within 60s holding 10s`, or move it out of `run`, where it covers the whole experiment";
            self.report(errors::time(codes::E0403, headline, written.span, "for how long?", help));
            return None;
        }
        Some(expectation)
    }

    pub(super) fn expectation(&mut self, written: &tree::Expect, about: About) -> Option<Expectation> {
        let demand = self.demand(written.mode.map(|mode| (mode, written.span)), written.timing.as_ref(), about);
        let condition = self.judged(&written.condition, about)?;
        Some(Expectation {
            name: written.name.as_ref().map(|name| name.text.clone()),
            condition,
            demand: demand?,
            text: self.text(written.span),
            span: written.span,
        })
    }

    /// A condition that could come out either way.
    fn judged(&mut self, written: &tree::Expr, about: About) -> Option<Condition> {
        let condition = self.condition(written, about)?;
        if self.steady_says_nothing(&condition, written, about) {
            return None;
        }
        if condition.readings().is_empty() && !condition.mentions_steady() {
            let help = "name a metric in it, or `steady`";
            self.report(errors::missing(codes::E0407, "this expectation reads no metric", written.span, help));
            return None;
        }
        Some(condition)
    }

    /// Whether `steady` is all there is, in a system without SLOs: it could never be judged.
    pub(super) fn steady_says_nothing(&mut self, condition: &Condition, written: &tree::Expr, about: About) -> bool {
        let slos = about.system.is_none_or(|system| system.services.iter().any(|service| !service.slos.is_empty()));
        let nothing = condition.mentions_steady() && condition.readings().is_empty() && !slos;
        if nothing {
            let headline = "`steady` says nothing: this system has no SLO";
            self.report(errors::missing(codes::E0407, headline, written.span, "add `slo …` to a service"));
        }
        nothing
    }

    fn demand(&mut self, mode: Option<(Mode, Span)>, timing: Option<&Timing>, about: About) -> Option<Demand> {
        match (mode, timing) {
            (None, None) => Some(Demand::Now),
            (Some((Mode::Always, _)), None) => Some(Demand::Always),
            (Some((Mode::Never, _)), None) => Some(Demand::Never),
            (None, Some(Timing::Within(deadline, holding, _))) => {
                let deadline = self.time_constant(deadline, "within", about)?;
                let holding = match holding {
                    Some(holding) => self.time_constant(holding, "holding", about)?,
                    None => 0.0,
                };
                Some(Demand::Within { deadline, holding })
            }
            (_, Some(timing)) => {
                let headline = "this time bound does not fit here".to_owned();
                let help = "an expectation says `always …`, `never …`, or `… within 30s`";
                self.report(errors::time(codes::E0403, headline, timing.span(), "", help));
                None
            }
        }
    }
}

fn step_names(checker: &mut Checker, steps: &[tree::Step], seen: &mut BTreeMap<String, Span>) {
    for step in steps {
        let name = match step {
            tree::Step::Inject(inject) => inject.name.as_ref(),
            tree::Step::Expect(expect) => expect.name.as_ref(),
            tree::Step::Wait(wait) => wait.name.as_ref(),
            tree::Step::Parallel(steps, _) | tree::Step::Sequence(steps, _) => {
                step_names(checker, steps, seen);
                None
            }
        };
        if let Some(name) = name.filter(|name| name.text.len() > LONGEST_NAME) {
            checker.report(errors::long_name(LONGEST_NAME, name.span));
        }
        if let Some(name) = name
            && let Some(first) = seen.insert(name.text.clone(), name.span)
        {
            checker.report(errors::twice("step", &name.text, first, name.span));
        }
    }
}
