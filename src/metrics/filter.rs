//! The series that a metric is made of.

use super::exposition::Series;
use crate::types::model::How;
use crate::types::selector::{MatchOperator, Selector, anchored};

/// A selector made ready.
pub struct Filter {
    /// The series' name.
    pub name: String,
    /// The same, as a query in PromQL.
    pub query: String,
    matchers: Vec<(String, Test)>,
}

enum Test {
    Equal(String),
    Unequal(String),
    Matches(regex::Regex),
    MatchesNot(regex::Regex),
}

impl Filter {
    fn new(selector: &Selector, ending: &str) -> Self {
        let test = |operator, value: &str| match (operator, anchored(value)) {
            (MatchOperator::Equal, _) => Test::Equal(value.to_owned()),
            (MatchOperator::Matches, Ok(regex)) => Test::Matches(regex),
            (MatchOperator::MatchesNot, Ok(regex)) => Test::MatchesNot(regex),
            _ => Test::Unequal(value.to_owned()),
        };
        let matchers = selector.matchers.iter().map(|it| (it.label.clone(), test(it.operator, &it.value)));
        let name = format!("{}{ending}", selector.name);
        let query = Selector { name: name.clone(), matchers: selector.matchers.clone() }.to_string();
        Self { name, query, matchers: matchers.collect() }
    }

    /// Whether a series is wanted.
    pub fn takes(&self, series: &Series) -> bool {
        series.name == self.name
            && self.matchers.iter().all(|(label, test)| {
                let value = series.labels.get(label).map_or("", String::as_str);
                match test {
                    Test::Equal(wanted) => value == wanted,
                    Test::Unequal(unwanted) => value != unwanted,
                    Test::Matches(regex) => regex.is_match(value),
                    Test::MatchesNot(regex) => !regex.is_match(value),
                }
            })
    }
}

/// The series that a metric is made of: for a ratio good and all, for a histogram buckets and sum.
pub fn filters(how: &How) -> Vec<Filter> {
    match how {
        How::Ratio { good, all } => vec![Filter::new(good, ""), Filter::new(all, "")],
        How::Histogram { of, .. } => vec![Filter::new(of, "_bucket"), Filter::new(of, "_sum")],
        How::Counter(of) | How::Gauge { of, .. } => vec![Filter::new(of, "")],
        How::Query { .. } | How::Probe { .. } => Vec::new(), // they are asked for their value itself
    }
}
