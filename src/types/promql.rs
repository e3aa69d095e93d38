//! PromQL, as far as it is understood before a server is asked: what a query gives, and how far back it looks.

use crate::base::stack;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{Expr, Offset, VectorSelector, parse};

/// A selector of a query, and how far back it reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// As PromQL, without its range.
    pub text: String,
    /// Seconds from the instant of the query back to the oldest sample in it; nothing where it takes only the newest one.
    pub range: Option<f64>,
}

/// Whether a query gives a value at an instant.
///
/// # Errors
/// What it gives instead, or why it is no PromQL.
pub fn gives_a_number(query: &str) -> Result<(), String> {
    let parsed = parse(query);
    let parsed = parsed.map_err(|error| format!("this is no PromQL: {}", super::condition::one_line(&error)))?;
    match parsed.value_type() {
        ValueType::Vector | ValueType::Scalar => Ok(()),
        ValueType::Matrix => {
            Err("this query gives a range of values, not one: aggregate it, as `rate(…[1m])` does".to_owned())
        }
        ValueType::String => Err("this query gives a text".to_owned()),
    }
}

/// Whether a query gives one number without labels.
pub fn is_scalar(query: &str) -> bool {
    parse(query).is_ok_and(|expr| expr.value_type() == ValueType::Scalar)
}

/// Every selector of a query, once each.
pub fn reaches(query: &str) -> Vec<Reach> {
    let mut found = Vec::new();
    if let Ok(expr) = parse(query) {
        walk(&expr, None, &mut found);
    }
    let mut distinct: Vec<Reach> = Vec::new();
    for reach in found {
        let same = |known: &&mut Reach| known.text == reach.text && known.range.is_some() == reach.range.is_some();
        match distinct.iter_mut().find(same) {
            Some(known) => known.range = known.range.zip(reach.range).map(|(known, other)| known.max(other)),
            None => distinct.push(reach),
        }
    }
    distinct
}

/// Seconds from the instant of a query back to the oldest sample in it, that of the newest sample of each series left out.
pub fn longest_reach(query: &str) -> f64 {
    reaches(query).into_iter().filter_map(|reach| reach.range).fold(0.0, f64::max)
}

/// `around`: how far back the subqueries around reach, in seconds.
fn walk(expr: &Expr, around: Option<f64>, found: &mut Vec<Reach>) {
    stack::level(|| match expr {
        Expr::Aggregate(it) => {
            walk(&it.expr, around, found);
            it.param.iter().for_each(|param| walk(param, around, found));
        }
        Expr::Unary(it) => walk(&it.expr, around, found),
        Expr::Binary(it) => [&it.lhs, &it.rhs].into_iter().for_each(|side| walk(side, around, found)),
        Expr::Paren(it) => walk(&it.expr, around, found),
        Expr::Subquery(it) => {
            let back = it.range.as_secs_f64() + backwards(it.offset.as_ref());
            walk(&it.expr, Some(around.unwrap_or(0.0) + back), found);
        }
        Expr::Call(it) => it.args.args.iter().for_each(|argument| walk(argument, around, found)),
        Expr::VectorSelector(it) => found.push(reach(it, around)),
        Expr::MatrixSelector(it) => {
            let range = it.range.as_secs_f64();
            found.push(reach(&it.vs, Some(around.unwrap_or(0.0) + range)));
        }
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    });
}

fn reach(selector: &VectorSelector, range: Option<f64>) -> Reach {
    let back = backwards(selector.offset.as_ref());
    Reach { text: selector.to_string(), range: range.map(|range| range + back) }
}

/// Seconds that an offset goes back; one that goes forward counts as none.
fn backwards(offset: Option<&Offset>) -> f64 {
    match offset {
        Some(Offset::Pos(by)) => by.as_secs_f64(),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::{longest_reach, reaches};

    fn ranges(query: &str) -> Vec<(String, Option<f64>)> {
        reaches(query).into_iter().map(|it| (it.text, it.range)).collect()
    }

    #[test]
    fn every_selector_is_found_with_how_far_it_reaches() {
        let of = |text: &str, range| (text.to_owned(), range);
        assert_eq!(ranges("sum(orders_backlog)"), [of("orders_backlog", None)]);
        assert_eq!(
            ranges("sum(rate(a{code!~\"5..\"}[1m])) / sum(rate(a[1m]))"),
            [of("a{code!~\"5..\"}", Some(60.0)), of("a", Some(60.0))]
        );
        assert_eq!(ranges("max_over_time(sum(rate(a[1m]))[5m:10s])"), [of("a", Some(360.0))]);
        assert_eq!(ranges("a + a"), [of("a", None)]);
        assert_eq!(ranges("rate(a[1m] offset 2m)"), [of("a offset 2m", Some(180.0))]);
        assert_eq!(ranges("time()"), []);
        assert_eq!(longest_reach("a + rate(b[1m]) + rate(b[5m])"), 300.0);
    }
}
