//! How a metric is read from its source.

use super::Argument;
use crate::base::{Interval, Span};
use crate::types::Type;
use crate::types::selector::{MatchOperator, Matcher, Selector};
use crate::types::term::{Cohort, MetricId};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a metric is read from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Binding {
    /// Where from.
    pub source: SourceRef,
    /// How.
    pub how: How,
    /// The values that the metric can have: what a source gives beside them is a mistake, not a measurement.
    #[serde(skip)]
    pub range: Interval,
    /// The part of a proxy's traffic that it counts; all of it where none is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cohort: Option<Cohort>,
    /// Where it is written.
    #[serde(skip)]
    pub span: Span,
}

/// A source of a binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceRef {
    /// A declared source.
    Declared(String),
    /// The fault proxy's own view of a service's traffic.
    Proxy(String),
    /// A probe of its own for one metric.
    Probe(MetricId),
}

/// A probe with what it is given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProbeUse {
    /// The probe, with its standard module's name.
    pub probe: String,
    /// The component behind it.
    #[serde(skip)]
    pub component: String,
    /// The component's action.
    #[serde(skip)]
    pub action: String,
    /// What it returns.
    pub returns: Type,
    /// The arguments, by parameter.
    pub arguments: BTreeMap<String, Argument>,
}

/// How a metric is made of a source's series.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Growth of one counter over growth of another.
    Ratio {
        /// What counts as good.
        good: Selector,
        /// What counts at all.
        all: Selector,
    },
    /// A classic histogram whose values are `unit` base units each.
    Histogram {
        /// The histogram's name and labels.
        of: Selector,
        /// The size of its unit in base units.
        unit: f64,
    },
    /// A query in PromQL whose values are `unit` base units each.
    Query {
        /// The query.
        query: String,
        /// The size of its unit in base units.
        unit: f64,
    },
    /// What a probe returns, `unit` base units each; a `bool` counts as one event, good or not.
    Probe {
        /// The probe.
        of: Box<ProbeUse>,
        /// The size of its unit in base units.
        unit: f64,
    },
    /// A counter.
    Counter(Selector),
    /// A gauge whose values are `unit` base units each; several series add up.
    Gauge {
        /// The gauge's name and labels.
        of: Selector,
        /// The size of its unit in base units.
        unit: f64,
    },
}

impl How {
    /// The same, of a part of a proxy's traffic.
    #[must_use]
    pub fn of_part(&self, cohort: Cohort) -> How {
        let value = match cohort {
            Cohort::Affected => "affected",
            Cohort::Others => "others",
        };
        let part = Matcher { label: COHORT.to_owned(), operator: MatchOperator::Equal, value: value.to_owned() };
        self.matching(|matchers| matchers.push(part.clone()))
    }

    /// The same, of the whole traffic.
    #[must_use]
    pub fn of_everybody(&self) -> How {
        self.matching(|matchers| matchers.retain(|matcher| matcher.label != COHORT))
    }

    fn matching(&self, change: impl Fn(&mut Vec<Matcher>)) -> How {
        let mut how = self.clone();
        match &mut how {
            How::Ratio { good, all } => [good, all].into_iter().for_each(|it| change(&mut it.matchers)),
            How::Histogram { of, .. } | How::Counter(of) | How::Gauge { of, .. } => change(&mut of.matchers),
            How::Query { .. } | How::Probe { .. } => {}
        }
        how
    }
}

/// The label by which the proxy tells the parts of its traffic apart.
const COHORT: &str = "cohort";
