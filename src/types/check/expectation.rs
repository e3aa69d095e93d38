//! Expectations: of a step, in a fault's block, of a whole experiment.

use super::Checker;
use super::experiment::About;
use crate::base::Span;
use crate::diagnostics::codes;
use crate::syntax::tree::{self, Comparative, Comparator, ExprKind, Mode, Operator, Relation, Timing};
use crate::types::model::{Argument, Expectation};
use crate::types::term::{Aggregate, Arithmetic, Comparison, Condition, Demand, Term};
use crate::types::value::Typed;
use crate::types::{Type, errors};
use std::sync::Arc;

impl Checker<'_> {
    /// An expectation in an inject's block.
    pub(super) fn block_expectation(&mut self, written: &tree::Expect, about: &About) -> Option<Expectation> {
        let expectation = self.expectation(written, about)?;
        if expectation.demand == Demand::Now {
            let headline = "when should this hold?".to_owned();
            let help = "write `expect always …`, `expect never …` or `… within 30s`";
            let finding = errors::time(codes::E0403, headline, written.span, "in a fault's block", help);
            let finding =
                errors::with_deadline(errors::with_always(finding, written.condition.span), written.condition.span);
            self.report(
                finding.note("a fault has a duration, so an expectation about one instant of it says too little"),
            );
            return None;
        }
        Some(expectation)
    }

    /// An expectation that is a step.
    pub(super) fn step_expectation(&mut self, written: &tree::Expect, about: &About) -> Option<Expectation> {
        let expectation = self.expectation(written, about)?;
        if matches!(expectation.demand, Demand::Always | Demand::Never | Demand::Share(_)) {
            let headline = "a step is reached at one instant, so this has no duration here".to_owned();
            let help = "write `within 60s holding 10s`, or move it out of `run`, where it covers the whole experiment";
            self.report(errors::time(codes::E0403, headline, written.span, "for how long?", help));
            return None;
        }
        Some(expectation)
    }

    /// An expectation on the whole run.
    pub(super) fn overall(&mut self, written: &tree::Expect, about: &About) -> Option<Expectation> {
        let expectation = self.expectation(written, about)?;
        if matches!(expectation.demand, Demand::Now | Demand::Within { .. }) {
            let headline = "an expectation on the whole experiment says `always` or `never`".to_owned();
            let help = "write `expect always …`, or move it into `run`, where it is judged when its turn comes";
            let finding = errors::time(codes::E0403, headline, written.span, "when should it hold?", help);
            let bare = written.timing.is_none();
            self.report(if bare { errors::with_always(finding, written.condition.span) } else { finding });
            return None;
        }
        Some(expectation)
    }

    fn expectation(&mut self, written: &tree::Expect, about: &About) -> Option<Expectation> {
        let (condition, demand) = match &written.test {
            Some(test) => (self.comparative(written, test, about)?, Some(Demand::Compared)),
            None => {
                let mode = written.mode.map(|mode| (mode, written.span));
                let demand = self.demand(mode, written.timing.as_ref(), about);
                (self.judged(&written.condition, about)?, demand)
            }
        };
        Some(Expectation {
            name: written.name.as_ref().map(|name| name.text.clone()),
            condition,
            demand: demand?,
            text: self.text_in(written.span, about),
            span: written.span,
        })
    }

    /// The author's words; in a scenario with the services that its parameters stand for.
    pub(super) fn text_in(&self, span: Span, about: &About) -> String {
        let text = self.text(span);
        if about.chain.is_empty() {
            return text;
        }
        let stands_for = |(name, typed): (&String, &Typed)| match &typed.value {
            Argument::Service(service) if service != name => Some(format!("{name}: {service}")),
            _ => None,
        };
        let services: Vec<String> = about.values.iter().filter_map(stands_for).collect();
        if services.is_empty() { text } else { format!("{text}  ({})", services.join(", ")) }
    }

    /// A condition that could come out either way.
    pub(super) fn judged(&mut self, written: &tree::Expr, about: &About) -> Option<Condition> {
        let condition = self.condition(written, about)?;
        if self.steady_says_nothing(&condition, written, about) || self.only_reacts(&condition, written.span) {
            return None;
        }
        if !condition.reads() {
            let help = "name a metric in it, or `steady`";
            self.report(errors::missing(codes::E0407, "this expectation reads no metric", written.span, help));
            return None;
        }
        Some(condition)
    }

    /// Whether a condition has what only a trigger can have.
    pub(super) fn only_reacts(&mut self, condition: &Condition, at: Span) -> bool {
        let Some(word) = only_in_triggers(condition) else { return false };
        let headline = format!("`{word}` is for `abort when`, which reacts; this says what must hold");
        let help = "write `abort when …`, or compare the metric itself";
        self.report(errors::time(codes::E0403, headline, at, "", help));
        true
    }

    /// Whether `steady` is all there is, in a system without SLOs: it could never be judged.
    pub(super) fn steady_says_nothing(&mut self, condition: &Condition, written: &tree::Expr, about: &About) -> bool {
        let slos = about.system.is_none_or(|system| system.services.iter().any(|service| !service.slos.is_empty()));
        let nothing = condition.mentions_steady() && condition.readings().is_empty() && !slos && !about.steady;
        if nothing {
            let headline = "`steady` says nothing: this system has no SLO";
            self.report(errors::missing(codes::E0407, headline, written.span, "add `slo …` to a service"));
        }
        nothing
    }

    /// Whether `stable` could never be judged: nothing says what is steady.
    pub(super) fn nothing_is_steady(&mut self, at: Span, about: &About) -> bool {
        let slos = about.system.is_none_or(|system| system.services.iter().any(|service| !service.slos.is_empty()));
        let nothing = !slos && !about.steady;
        if nothing {
            let headline = "`stable` says nothing: this system has no SLO";
            self.report(errors::missing(codes::E0407, headline, at, "add `slo …` to a service"));
        }
        nothing
    }

    pub(super) fn demand(
        &mut self,
        mode: Option<(Mode, Span)>,
        timing: Option<&Timing>,
        about: &About,
    ) -> Option<Demand> {
        match (mode, timing) {
            (None, None) => Some(Demand::Now),
            (Some((Mode::Always, _)), None) => Some(Demand::Always),
            (Some((Mode::Never, _)), None) => Some(Demand::Never),
            (None, Some(Timing::Within(deadline, holding, _))) => {
                let deadline = self.typing(about.context()).positive(deadline, "within")?;
                let holding = match holding {
                    Some(holding) => self.time_constant(holding, "holding", about)?,
                    None => 0.0,
                };
                Some(Demand::Within { deadline, holding })
            }
            (None, Some(Timing::Share(share, _))) => self.share_of_block(share, about).map(Demand::Share),
            (_, Some(timing)) => {
                let headline = "this time bound does not fit here".to_owned();
                let help = "an expectation says `always …`, `never …`, `… within 30s` or `… for at least 95% of block`";
                self.report(errors::time(codes::E0403, headline, timing.span(), "", help));
                None
            }
        }
    }

    /// `95% of block`.
    fn share_of_block(&mut self, written: &tree::Expr, about: &About) -> Option<f64> {
        let ExprKind::Binary(Operator::Of, share, of) = &written.kind else {
            let help = "write `for at least 95% of block`";
            self.report(errors::missing(codes::E0403, "at least how much of what?", written.span, help));
            return None;
        };
        if of.kind != ExprKind::Block {
            let help = "write `for at least 95% of block`";
            self.report(errors::missing(codes::E0403, "this is a share of the time: of `block`", of.span, help));
            return None;
        }
        self.typing(about.context()).constant(share, &Type::Ratio, "for at least")
    }

    /// `x no lower than baseline by 2pp`: the condition that the test is about.
    fn comparative(&mut self, written: &tree::Expect, test: &Comparative, about: &About) -> Option<Condition> {
        if let Some(mode) = written.mode {
            let word = if mode == Mode::Always { "always" } else { "never" };
            let headline = format!("a comparison with the baseline is over its whole time: `{word}` does not fit");
            self.report(errors::time(codes::E0403, headline, test.span, "", &format!("leave out `{word}`")));
            return None;
        }
        let (ty, term) = self.typing(about.context()).quantity(&written.condition);
        if term.has_spike() {
            let headline = "`spike` is for `abort when`, which reacts; this says what must hold".to_owned();
            self.report(errors::time(codes::E0403, headline, written.condition.span, "", "compare the metric itself"));
            return None;
        }
        if ty == Type::Error || !self.comparable_with_baseline(&term, written.condition.span) {
            return None;
        }
        let reference = self.reference(test, &ty, about)?;
        let margin = self.margin(test, &ty, about)?;
        let compare = |comparator, right| {
            Condition::from(Comparison {
                left: term.clone(),
                comparator,
                right,
                ty: ty.clone(),
                text: self.text(written.condition.span.to(test.span)),
                span: written.condition.span.to(test.span),
            })
        };
        let moved = |by: Arithmetic| Term::Arithmetic(by, Box::new(reference.clone()), Box::new(margin.clone()));
        let scaled = |by: Arithmetic| {
            let factor = Term::Arithmetic(by, Box::new(Term::Constant(1.0)), Box::new(margin.clone()));
            Term::Arithmetic(Arithmetic::Times, Box::new(factor), Box::new(reference.clone()))
        };
        Some(match test.relation {
            Relation::NoLower => compare(Comparator::AtLeast, moved(Arithmetic::Minus)),
            Relation::NoHigher => compare(Comparator::AtMost, moved(Arithmetic::Plus)),
            Relation::Unchanged => Condition::And(
                Arc::new(compare(Comparator::AtLeast, scaled(Arithmetic::Minus))),
                Arc::new(compare(Comparator::AtMost, scaled(Arithmetic::Plus))),
            ),
        })
    }

    fn comparable_with_baseline(&mut self, term: &Term, at: Span) -> bool {
        let readings = term.readings();
        if readings.is_empty() {
            self.report(errors::misplaced_baseline(at));
        } else if readings.iter().any(|it| matches!(it.aggregate, Aggregate::Increase | Aggregate::Sum)) {
            self.report(errors::growth_against_baseline(at));
        } else {
            return true;
        }
        false
    }

    /// What is compared with: `baseline`, or a constant.
    fn reference(&mut self, test: &Comparative, ty: &Type, about: &About) -> Option<Term> {
        let Some(written) = &test.reference else { return Some(Term::Baseline) };
        if written.kind == ExprKind::Baseline {
            return Some(Term::Baseline);
        }
        let (found, term) = self.typing(about.context()).quantity(written);
        if found == Type::Error {
            return None;
        }
        if !found.comparable(ty) {
            self.report(errors::mismatch_at(ty, &found, written, None));
            return None;
        }
        if !term.is_constant() {
            self.report(errors::not_constant("than", written.span));
            return None;
        }
        Some(term)
    }

    /// The margin, in the metric's own unit: points for a ratio. `unchanged by` takes a share.
    fn margin(&mut self, test: &Comparative, ty: &Type, about: &About) -> Option<Term> {
        let wanted = match (test.relation, ty) {
            (Relation::Unchanged, _) => Type::Ratio,
            (_, Type::Ratio) => Type::Points,
            (_, own) => own.clone(),
        };
        let Some(written) = &test.margin else {
            let help = match wanted {
                Type::Points => "add `by 2pp`".to_owned(),
                ref other => format!("add `by …`, a `{other}`"),
            };
            self.report(errors::missing(codes::E0403, "by how much, at most?", test.span, &help));
            return None;
        };
        let margin = self.typing(about.context()).constant(written, &wanted, "by")?;
        if margin <= 0.0 {
            let headline = "a margin is greater than nothing".to_owned();
            self.report(errors::time(
                codes::E0403,
                headline,
                written.span,
                "",
                "no test can show that nothing changed at all",
            ));
            return None;
        }
        Some(Term::Constant(margin))
    }
}

/// `spike` and `likely` react; they do not judge.
fn only_in_triggers(condition: &Condition) -> Option<&'static str> {
    if condition.has_likely() {
        return Some("likely");
    }
    condition.has_spike().then_some("spike")
}
