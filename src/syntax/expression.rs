//! Expressions: binding strengths, tightest first: `of`, `* /`, `+ -`, comparison, `not`, `and`, `or`.

use super::build::Builder;
use super::parser::{Children, Node, Rule};
use super::tree::{Argument, Arguments, Comparator, Expr, ExprKind, Operator};
use super::{errors, literal};
use crate::base::Span;
use crate::diagnostics::{Diagnostic, codes};
use std::iter::Peekable;

/// Operators in one expression, at most; deeper trees would not fit every stack.
const MAX_OPERATORS: usize = 500;

const NOT_STRENGTH: u8 = 3;
const NEGATIVE_STRENGTH: u8 = 8;

fn operator(rule: Rule) -> Option<(Operator, u8)> {
    Some(match rule {
        Rule::or => (Operator::Or, 1),
        Rule::and => (Operator::And, 2),
        Rule::equal => (Operator::Compare(Comparator::Equal), 4),
        Rule::unequal => (Operator::Compare(Comparator::Unequal), 4),
        Rule::below => (Operator::Compare(Comparator::Below), 4),
        Rule::at_most => (Operator::Compare(Comparator::AtMost), 4),
        Rule::above => (Operator::Compare(Comparator::Above), 4),
        Rule::at_least => (Operator::Compare(Comparator::AtLeast), 4),
        Rule::plus => (Operator::Plus, 5),
        Rule::minus => (Operator::Minus, 5),
        Rule::times => (Operator::Times, 6),
        Rule::over => (Operator::Over, 6),
        Rule::of => (Operator::Of, 7),
        _ => return None,
    })
}

/// The operands and operators of an expression that are still to be read.
type Parts<'t> = Peekable<Children<'t>>;

impl Builder<'_> {
    /// The first expression among a node's parts.
    pub(super) fn find_expr(&mut self, node: Node) -> Option<Expr> {
        node.find(Rule::expression).map(|expression| self.expression(expression))
    }

    /// All expressions among a node's parts.
    pub(super) fn all_expr(&mut self, node: Node) -> Vec<Expr> {
        node.each(Rule::expression, |expression| Some(self.expression(expression)))
    }

    /// One expression.
    pub(super) fn expression(&mut self, node: Node) -> Expr {
        if node.children().nth(2 * MAX_OPERATORS).is_some() {
            let span = self.span(node);
            self.findings.push(too_long(span));
            return Expr { kind: ExprKind::Error, span };
        }
        let mut parts = node.children().peekable();
        self.climb(&mut parts, 0).unwrap_or(Expr { kind: ExprKind::Error, span: self.span(node) })
    }

    /// Precedence climbing: reads operands and operators that bind at least as tight as `floor`.
    fn climb(&mut self, parts: &mut Parts, floor: u8) -> Option<Expr> {
        let mut left = self.operand(parts)?;
        while let Some((operator, strength)) = parts.peek().and_then(|node| operator(node.rule)) {
            if strength < floor {
                break;
            }
            parts.next();
            let right = self.climb(parts, strength + 1)?;
            let span = left.span.to(right.span);
            left = Expr { kind: ExprKind::Binary(operator, Box::new(left), Box::new(right)), span };
        }
        Some(left)
    }

    fn operand(&mut self, parts: &mut Parts) -> Option<Expr> {
        let node = parts.next()?;
        let start = self.span(node);
        let wrap: fn(Box<Expr>) -> ExprKind = match node.rule {
            Rule::not => ExprKind::Not,
            Rule::negative => ExprKind::Negative,
            _ => return Some(self.primary(node)),
        };
        let strength = if node.rule == Rule::not { NOT_STRENGTH } else { NEGATIVE_STRENGTH };
        let inner = self.climb(parts, strength)?;
        let span = start.to(inner.span);
        Some(Expr { kind: wrap(Box::new(inner)), span })
    }

    fn primary(&mut self, node: Node) -> Expr {
        let span = self.span(node);
        let kind = match node.rule {
            Rule::number => self.literal(literal::number(node.text, span)),
            Rule::text => self.literal(literal::text(span.of(self.source_text()), span).map(ExprKind::Text)),
            Rule::raw => ExprKind::Raw(literal::raw(node.text)),
            Rule::truth => ExprKind::Bool(node.text == "true"),
            Rule::special if node.text == "steady" => ExprKind::Steady,
            Rule::special if node.text == "block" => ExprKind::Block,
            Rule::special => ExprKind::Baseline,
            Rule::list => ExprKind::List(self.all_expr(node)),
            Rule::group => self.find_expr(node).map_or(ExprKind::Error, |inner| ExprKind::Group(Box::new(inner))),
            _ => self.reference(node),
        };
        Expr { kind, span }
    }

    fn literal(&mut self, read: Result<ExprKind, Diagnostic>) -> ExprKind {
        read.unwrap_or_else(|finding| {
            self.findings.push(finding);
            ExprKind::Error
        })
    }

    /// A name, or a call of what it names.
    fn reference(&mut self, node: Node) -> ExprKind {
        match (node.find(Rule::path), node.find(Rule::arguments)) {
            (Some(path), Some(arguments)) => ExprKind::Call(self.path(path), Box::new(self.arguments(arguments))),
            (Some(path), None) => ExprKind::Path(self.path(path)),
            _ => ExprKind::Error,
        }
    }

    /// The arguments of a call or an inject.
    pub(super) fn arguments(&mut self, node: Node) -> Arguments {
        let list = node.each(Rule::argument, |argument| self.argument(argument));
        let parts: Vec<Node> = node.children().collect();
        for three in parts.windows(3).filter(|three| three[1].rule == Rule::missing_comma) {
            let name = three[2].find(Rule::named_argument).and_then(|named| named.find(Rule::name));
            let finding = name.map(|name| errors::missing_comma(self.span(three[0]), self.span(name), name.text));
            self.findings.extend(finding);
        }
        Arguments { list, span: self.span(node) }
    }

    fn argument(&mut self, node: Node) -> Option<Argument> {
        if let Some(named) = node.find(Rule::named_argument) {
            return self.named_argument(named);
        }
        let mut values = node.all(Rule::expression);
        let (value, over) = (values.next()?, values.next());
        let over = over.map(|over| Box::new(self.expression(over)));
        Some(Argument { name: None, value: self.expression(value), over })
    }

    pub(super) fn named_argument(&mut self, node: Node) -> Option<Argument> {
        let name = node.find(Rule::name).map(|name| self.name(name));
        Some(Argument { name, value: self.find_expr(node)?, over: None })
    }
}

fn too_long(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0103, format!("this expression has more than {MAX_OPERATORS} operators"))
        .at(span, "too long to be read")
        .help("split it into several conditions")
}
