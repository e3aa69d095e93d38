//! What a Prometheus server is asked for a metric: one query for its values and for how old they are.
//!
//! A server answers with values as of now, whenever it last looked itself. Only the age of the samples behind a value tells
//! what the value is of, so it is asked for together with it, of the same instant.

use super::bound::Bound;
use crate::base::stack;
use crate::types::model::How;
use promql_parser::label::METRIC_NAME;
use promql_parser::parser::{Expr, Offset, VectorSelector};

/// The label by which the parts of an answer are told apart.
pub const PART: &str = "chaos_part";

/// A question with what is needed to understand its answer.
pub struct Question {
    /// The query.
    pub text: String,
    /// The selectors in it, in order.
    pub selectors: Vec<Reach>,
}

/// A selector of a query, and how far back it reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// As PromQL, without its range.
    pub text: String,
    /// Seconds from the instant of the query back to the oldest sample in it; nothing where it takes only the newest one.
    pub range: Option<f64>,
}

impl Question {
    /// The question for a metric that is bound to a query, or to series.
    pub fn of(how: &How, bound: &Bound) -> Question {
        let (mut parts, selectors) = match how {
            How::Query { query, .. } => {
                let selectors = reaches(query);
                (vec![tagged(&numbers(query), "v")], selectors)
            }
            _ => {
                let plain = |at: usize, query: &str| tagged(query, &format!("f{at}"));
                let parts = bound.filters.iter().enumerate().map(|(at, filter)| plain(at, &filter.query)).collect();
                let reach = |query: &String| Reach { text: query.clone(), range: None };
                (parts, bound.filters.iter().map(|filter| reach(&filter.query)).collect())
            }
        };
        for (at, selector) in selectors.iter().enumerate() {
            let times = format!("timestamp({})", selector.text);
            parts.push(tagged(&format!("min({times})"), &format!("o{at}")));
            parts.push(tagged(&format!("max({times})"), &format!("n{at}")));
        }
        Question { text: parts.join(" or "), selectors }
    }
}

/// The query, with its series marked as one part of the answer.
fn tagged(query: &str, part: &str) -> String {
    format!("label_replace({query}, \"{PART}\", \"{part}\", \"\", \"\")")
}

/// A query that gives one number without labels gives it as a series here.
fn numbers(query: &str) -> String {
    use promql_parser::parser::value::ValueType;
    let scalar = promql_parser::parser::parse(query).is_ok_and(|it| it.value_type() == ValueType::Scalar);
    // A line end keeps a comment at the end of the query from swallowing what follows.
    if scalar { format!("vector({query}\n)") } else { format!("({query}\n)") }
}

/// Every selector of a query, once each.
fn reaches(query: &str) -> Vec<Reach> {
    let mut found = Vec::new();
    if let Ok(expr) = promql_parser::parser::parse(query) {
        walk(&expr, None, &mut found);
    }
    let mut distinct: Vec<Reach> = Vec::new();
    for reach in found {
        match distinct
            .iter_mut()
            .find(|known| known.text == reach.text && known.range.is_some() == reach.range.is_some())
        {
            Some(known) => {
                known.range = known.range.zip(reach.range).map(|(known, other)| known.max(other));
            }
            None => distinct.push(reach),
        }
    }
    distinct
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

/// A series as people know it: `up{job="a"}`.
pub fn shown(labels: &std::collections::BTreeMap<String, String>) -> String {
    let name = labels.get(METRIC_NAME).map_or("", String::as_str);
    let own = labels.iter().filter(|(label, _)| *label != PART && *label != METRIC_NAME);
    let pairs: Vec<String> = own.map(|(label, value)| format!("{label}={value:?}")).collect();
    format!("{name}{{{}}}", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{numbers, reaches};

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
    }

    #[test]
    fn a_scalar_becomes_a_series_and_a_comment_ends() {
        assert_eq!(numbers("1 + 1"), "vector(1 + 1\n)");
        assert_eq!(numbers("a # why"), "(a # why\n)");
    }
}
