//! What a Prometheus server is asked for a metric: one query for its values and for how old they are.
//!
//! A server answers with values as of now, whenever it last looked itself. Only the age of the samples behind a value tells
//! what the value is of, so it is asked for together with it, of the same instant.

use super::bound::Bound;
use crate::types::model::How;
use crate::types::promql::{Reach, is_scalar, reaches};

/// The label by which the parts of an answer are told apart.
pub const PART: &str = "chaos_part";

/// A question with what is needed to understand its answer.
pub struct Question {
    /// The query.
    pub text: String,
    /// The selectors in it, in order.
    pub selectors: Vec<Reach>,
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
pub fn tagged(query: &str, part: &str) -> String {
    format!("label_replace({query}, \"{PART}\", \"{part}\", \"\", \"\")")
}

/// A query that gives one number without labels gives it as a series here.
fn numbers(query: &str) -> String {
    // A line end keeps a comment at the end of the query from swallowing what follows.
    if is_scalar(query) { format!("vector({query}\n)") } else { format!("({query}\n)") }
}

/// The label that is a series' name.
const NAME: &str = "__name__";

/// A series as people know it: `up{job="a"}`.
pub fn shown(labels: &std::collections::BTreeMap<String, String>) -> String {
    let name = labels.get(NAME).map_or("", String::as_str);
    let own = labels.iter().filter(|(label, _)| *label != PART && *label != NAME);
    let pairs: Vec<String> = own.map(|(label, value)| format!("{label}={value:?}")).collect();
    format!("{name}{{{}}}", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn a_scalar_becomes_a_series_and_a_comment_ends() {
        assert_eq!(numbers("1 + 1"), "vector(1 + 1\n)");
        assert_eq!(numbers("a # why"), "(a # why\n)");
    }
}
