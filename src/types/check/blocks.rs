//! `repeat` and `escalate`: blocks that are unrolled.

use super::Checker;
use super::experiment::About;
use crate::base::{Interval, Span};
use crate::diagnostics::codes;
use crate::syntax::tree::{self, Expr, Name};
use crate::types::model::{Argument, StepKind};
use crate::types::term::Term;
use crate::types::value::Typed;
use crate::types::{Type, errors};

/// Rounds and levels, at most.
const MOST_ROUNDS: f64 = 1_000.0;

/// The head of an `escalate`.
pub(super) struct Escalation<'w> {
    pub variable: &'w Name,
    pub levels: &'w Expr,
    pub every: Option<&'w Expr>,
    pub reaching: Option<&'w Expr>,
}

impl Checker<'_> {
    pub(super) fn repeat(
        &mut self,
        count: &Expr,
        every: Option<&Expr>,
        steps: &[tree::Step],
        about: &About,
    ) -> Option<StepKind> {
        let rounds = self.rounds(count, about);
        let every = self.every_round(every, about);
        let steps = self.step_list(steps, about);
        Some(StepKind::Repeat { count: rounds?, every: every?, steps })
    }

    fn rounds(&mut self, written: &Expr, about: &About) -> Option<u32> {
        let mut typing = self.typing(about.context());
        let rounds = typing.constant(written, &Type::Int, "repeat")?;
        let (_, term) = typing.quantity(written);
        if typing.is_undecided(&term) {
            return Some(1); // a scenario's own, which has no value before it is used
        }
        if !(1.0..=MOST_ROUNDS).contains(&rounds) {
            self.report(errors::rounds(&Type::Int.show(rounds), MOST_ROUNDS, written.span));
            return None;
        }
        Some(rounds as u32)
    }

    fn every_round(&mut self, written: Option<&Expr>, about: &About) -> Option<f64> {
        written.map_or(Some(0.0), |every| self.time_constant(every, "every", about))
    }

    pub(super) fn escalate(&mut self, head: Escalation, steps: &[tree::Step], about: &About) -> Option<StepKind> {
        let levels = self.levels(head.levels, about);
        let every = self.every_round(head.every, about);
        let (ty, levels) = levels?;
        // A name of its own, so that a parameter of the same name keeps its value outside the block.
        let variable = format!("{}@{}", head.variable.text, head.variable.span.start);
        let (mut values, mut known) = (about.values.clone(), about.known.clone());
        let (range, open) = self.hull(&levels, &ty, about);
        known.parameters.insert(variable.clone(), range);
        if open {
            known.open.insert(variable.clone());
        }
        let value = Typed { ty: ty.clone(), value: Argument::Term(Term::Parameter(variable.clone())) };
        values.insert(head.variable.text.clone(), value);
        let inner = About { values: &values, known: &known, ..*about };
        let reaching = head.reaching.map(|reaching| self.reaching(reaching, &ty, range, open, about));
        let steps = self.step_list(steps, &inner);
        Some(StepKind::Escalate { variable, ty, levels, every: every?, reaching: reaching.flatten(), steps })
    }

    /// The levels, with their type; none are known of a scenario's own list.
    fn levels(&mut self, written: &Expr, about: &About) -> Option<(Type, Vec<Term>)> {
        let typed = self.typing(about.context()).value(written);
        let (ty, items) = match (typed.ty, typed.value) {
            (Type::Error, _) => return None,
            (Type::List(of), Argument::List(items)) if !items.is_empty() => (*of, items),
            (Type::List(of), Argument::Any) => return Some((*of, Vec::new())),
            (Type::List(_), _) => {
                self.report(errors::no_levels(written.span));
                return None;
            }
            (other, _) => {
                self.report(errors::no_list(&other, written.span));
                return None;
            }
        };
        if !ty.is_quantity() {
            self.report(errors::no_list(&Type::List(Box::new(ty)), written.span));
            return None;
        }
        if items.len() as f64 > MOST_ROUNDS {
            self.report(errors::rounds(&items.len().to_string(), MOST_ROUNDS, written.span));
            return None;
        }
        let terms: Vec<Term> = items
            .into_iter()
            .filter_map(|item| match item {
                Argument::Term(term) => Some(term),
                _ => None,
            })
            .collect();
        self.growing(&terms, written.span, about);
        Some((ty, terms))
    }

    /// Levels that are known must grow.
    fn growing(&mut self, levels: &[Term], at: Span, about: &About) {
        let typing = self.typing(about.context());
        let bounds: Vec<Interval> = levels.iter().map(|level| typing.bounds(level)).collect();
        if bounds.windows(2).any(|pair| pair[1].hi <= pair[0].lo) {
            let headline = "the levels of an escalation grow".to_owned();
            let help = "write them in order, each greater than the one before";
            self.report(errors::time(codes::E0408, headline, at, "these do not", help));
        }
    }

    fn hull(&mut self, levels: &[Term], ty: &Type, about: &About) -> (Interval, bool) {
        let typing = self.typing(about.context());
        let all = levels.iter().map(|level| typing.bounds(level));
        let hull = all.reduce(|a, b| Interval { lo: a.lo.min(b.lo), hi: a.hi.max(b.hi) });
        let open = levels.is_empty() || levels.iter().any(|level| typing.is_open(level));
        (hull.unwrap_or(ty.range()), open)
    }

    fn reaching(&mut self, written: &Expr, ty: &Type, range: Interval, open: bool, about: &About) -> Option<Term> {
        let (found, term) = self.typing(about.context()).quantity(written);
        if found == Type::Error {
            return None;
        }
        if !found.fits(ty) {
            self.report(errors::mismatch_at(ty, &found, written, None));
            return None;
        }
        if !term.is_constant() {
            self.report(errors::not_constant("reaching", written.span));
            return None;
        }
        let bounds = self.typing(about.context()).bounds(&term);
        if !open && bounds.is_point() && bounds.lo > range.hi {
            let headline = format!("no level reaches {}: the highest is {}", ty.show(bounds.lo), ty.show(range.hi));
            let help = "add a level that does, or lower what must be reached";
            self.report(errors::time(codes::E0408, headline, written.span, "", help));
            return None;
        }
        Some(term)
    }
}
