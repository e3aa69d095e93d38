//! Steps and expectations.

use super::Builder;
use crate::syntax::errors;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::{
    After, Awaited, Comparative, Expect, Expr, ExprKind, Hold, Inject, Mode, Name, Operator, Relation, Step, StepKind,
    Timing, Wait,
};

impl Builder<'_> {
    /// The steps of the block among a node's parts.
    pub(super) fn steps(&mut self, node: Node) -> Option<Vec<Step>> {
        let block = node.find(Rule::step_block)?;
        let steps = self.statements(block, Rule::step, Rule::strict_step);
        let mut list = Vec::with_capacity(steps.len());
        list.extend(steps.into_iter().filter_map(|step| self.step(step)));
        Some(list)
    }

    fn step(&mut self, node: Node) -> Option<Step> {
        let inner = Self::inner(node)?;
        let allows = self.allowed_before(node);
        let kind = match inner.rule {
            Rule::inject => StepKind::Inject(Box::new(self.inject(inner)?)),
            Rule::expect => StepKind::Expect(Box::new(self.expect(inner, allows.clone())?)),
            Rule::wait => StepKind::Wait(Box::new(self.wait(inner)?)),
            Rule::parallel => StepKind::Parallel(self.steps(inner)?),
            Rule::sequence => StepKind::Sequence(self.steps(inner)?),
            Rule::choice => self.choice(inner)?,
            Rule::repeat => self.repeat(inner)?,
            Rule::escalate => self.escalate(inner)?,
            Rule::call_probe => StepKind::Call(self.find_path(inner)?, self.find_arguments(inner)?),
            Rule::approve => {
                let mut parts = self.all_expr(inner).into_iter();
                StepKind::Approve(parts.next()?, parts.next())
            }
            _ => StepKind::Scenario(self.find_path(inner)?, self.find_arguments(inner)?),
        };
        let block = inner.children().find(|child| matches!(child.rule, Rule::step_block | Rule::expect_block));
        let span = self.head(inner, block);
        Some(Step { kind, name: self.step_name(inner), after: self.after(inner), allows, span })
    }

    /// What the attributes of a statement allow; they were checked when the statement was met.
    fn allowed_before(&self, node: Node) -> Vec<Name> {
        let names = node.all(Rule::attribute).flat_map(|attribute| attribute.all(Rule::name).skip(1));
        names.map(|name| self.name(name)).collect()
    }

    fn step_name(&mut self, node: Node) -> Option<Name> {
        let mut name = None;
        for clause in node.all(Rule::as_clause) {
            let next = self.first_name(clause);
            self.once(&mut name, next, |name| name.span, "as");
        }
        name
    }

    fn after(&mut self, node: Node) -> Vec<After> {
        let awaited: Vec<Node> = node.all(Rule::after_clause).flat_map(|clause| clause.all(Rule::awaited)).collect();
        awaited.into_iter().filter_map(|one| self.awaited(one)).collect()
    }

    fn awaited(&mut self, node: Node) -> Option<After> {
        let starts = node.find(Rule::kw_starts).is_some();
        Some(After { step: self.find_step_path(node)?, starts, offset: self.find_expr(node) })
    }

    fn find_arguments(&mut self, node: Node) -> Option<crate::syntax::tree::Arguments> {
        node.find(Rule::arguments).map(|arguments| self.arguments(arguments))
    }

    fn inject(&mut self, node: Node) -> Option<Inject> {
        let mut expectations = Vec::new();
        if let Some(block) = node.find(Rule::expect_block) {
            let items = self.statements(block, Rule::attributed_expect, Rule::strict_expect);
            expectations.reserve_exact(items.len());
            for item in items {
                let allows = self.allowed_before(item);
                if let Some(clause) = item.find(Rule::expect).and_then(|expect| expect.find(Rule::after_clause)) {
                    let span = self.span(clause);
                    self.findings.push(errors::after_in_a_fault(span));
                }
                let expect = item.find(Rule::expect).and_then(|expect| self.expect(expect, allows));
                expectations.extend(expect);
            }
        }
        let hold = self.hold(node.find(Rule::hold)?)?;
        Some(Inject { fault: self.find_path(node)?, arguments: self.find_arguments(node)?, hold, expectations })
    }

    fn hold(&mut self, node: Node) -> Option<Hold> {
        let value = self.find_expr(node)?;
        if node.find(Rule::kw_until).is_none() {
            return Some(Hold::For(value));
        }
        let timing = node.find(Rule::within).and_then(|within| self.bound(within, &value));
        Some(Hold::Until(value, timing))
    }

    fn wait(&mut self, node: Node) -> Option<Wait> {
        if node.find(Rule::stable).is_some() {
            let timing = node.find(Rule::timing).and_then(|timing| timing.children().next());
            let nothing = Expr { kind: ExprKind::Error, span: self.span(node) };
            return Some(Wait { what: Awaited::Stable(timing.and_then(|timing| self.bound(timing, &nothing))) });
        }
        let value = self.find_expr(node)?;
        let what = match node.find(Rule::kw_until) {
            None => Awaited::Duration(value),
            Some(_) => {
                let timing = self.timing(node, &value);
                Awaited::Condition(value, timing)
            }
        };
        Some(Wait { what })
    }

    fn choice(&mut self, node: Node) -> Option<StepKind> {
        let condition = self.find_expr(node)?;
        let then = self.steps(node)?;
        let otherwise = node.find(Rule::otherwise).and_then(|otherwise| self.steps(otherwise)).unwrap_or_default();
        Some(StepKind::When { condition, then, otherwise })
    }

    fn repeat(&mut self, node: Node) -> Option<StepKind> {
        let mut parts = self.all_expr(node).into_iter();
        let (count, every) = (parts.next()?, parts.next());
        Some(StepKind::Repeat { count, every, steps: self.steps(node)? })
    }

    fn escalate(&mut self, node: Node) -> Option<StepKind> {
        let (mut every, mut reaching) = (None, None);
        let mut levels = None;
        let mut word = None;
        for part in node.children() {
            match (part.rule, word) {
                (Rule::kw_every | Rule::kw_reaching, _) => word = Some(part.rule),
                (Rule::expression, None) => levels = Some(self.expression(part)),
                (Rule::expression, Some(Rule::kw_every)) => every = Some(self.expression(part)),
                (Rule::expression, _) => reaching = Some(self.expression(part)),
                _ => {}
            }
        }
        let variable = self.first_name(node)?;
        Some(StepKind::Escalate { variable, levels: levels?, every, reaching, steps: self.steps(node)? })
    }

    /// `expect …`, as a step, in an inject's block or of the whole experiment.
    pub(super) fn expect(&mut self, node: Node, allows: Vec<Name>) -> Option<Expect> {
        let mode = node.children().find_map(|child| match child.rule {
            Rule::always => Some(Mode::Always),
            Rule::never => Some(Mode::Never),
            _ => None,
        });
        let condition = self.find_expr(node)?;
        let timing = self.timing(node, &condition);
        let test = node.children().find(|child| matches!(child.rule, Rule::no_worse | Rule::unchanged));
        let test = test.and_then(|test| self.comparative(test)).map(Box::new);
        Some(Expect { mode, condition, test, timing, name: self.step_name(node), allows, span: self.span(node) })
    }

    fn comparative(&mut self, node: Node) -> Option<Comparative> {
        let mut parts = self.all_expr(node).into_iter();
        let relation = match node.rule {
            Rule::unchanged => Relation::Unchanged,
            _ if node.find(Rule::kw_lower).is_some() => Relation::NoLower,
            _ => Relation::NoHigher,
        };
        let reference = if relation == Relation::Unchanged { None } else { parts.next() };
        Some(Comparative { relation, reference, margin: parts.next(), span: self.span(node) })
    }

    /// The time bound among a node's parts.
    pub(super) fn timing(&mut self, node: Node, condition: &Expr) -> Option<Timing> {
        let inner = node.find(Rule::timing)?.children().next()?;
        self.bound(inner, condition)
    }

    fn bound(&mut self, node: Node, condition: &Expr) -> Option<Timing> {
        let span = self.span(node);
        if matches!(condition.kind, ExprKind::Binary(Operator::Or, ..)) {
            self.findings.push(errors::or_needs_group(condition.span, span));
        }
        let mut parts = self.all_expr(node).into_iter();
        let first = parts.next()?;
        Some(match node.rule {
            Rule::within => Timing::Within(first, parts.next(), span),
            Rule::share_of_time => Timing::Share(first, span),
            _ if node.find(Rule::kw_samples).is_some() => Timing::Samples(first, span),
            _ => Timing::For(first, span),
        })
    }
}
