//! What is read: metrics, parts of the traffic, and how values over a window become one.

use crate::types::Type;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A metric of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricId {
    /// The service.
    pub service: String,
    /// The metric.
    pub metric: String,
}

impl MetricId {
    /// The metric of a part of the traffic.
    #[must_use]
    pub fn of_part(&self, cohort: Cohort) -> MetricId {
        MetricId { service: self.service.clone(), metric: format!("{}{}", self.metric, cohort.ending()) }
    }

    /// The part of the traffic that it is of, if it is of one.
    pub fn cohort(&self) -> Option<Cohort> {
        [Cohort::Affected, Cohort::Others].into_iter().find(|part| self.metric.ends_with(part.ending()))
    }

    /// The metric of all traffic.
    #[must_use]
    pub fn of_all(&self) -> MetricId {
        MetricId { service: self.service.clone(), metric: self.whole().to_owned() }
    }

    /// Whether they are the same metric, of whatever part of the traffic.
    pub fn is_of(&self, other: &MetricId) -> bool {
        self.service == other.service && self.whole() == other.whole()
    }

    /// Its name without the part of the traffic. No declared name holds a blank.
    fn whole(&self) -> &str {
        let endings = [Cohort::Affected, Cohort::Others].map(Cohort::ending);
        endings.iter().find_map(|ending| self.metric.strip_suffix(ending)).unwrap_or(&self.metric)
    }
}

impl Cohort {
    /// How a reading of it ends.
    pub fn ending(self) -> &'static str {
        match self {
            Cohort::Affected => " of affected",
            Cohort::Others => " of others",
        }
    }
}

impl fmt::Display for MetricId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.service, self.metric)
    }
}

/// How many values over a window become one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// A gauge's last value; a ratio's good over all in the window.
    Plain,
    /// The least value in the window.
    Min,
    /// The greatest value in the window; of a distribution, its highest bucket's bound.
    Max,
    /// The mean over the window.
    Mean,
    /// The sum of a gauge's samples in the window.
    Sum,
    /// A distribution's quantile, 0..1.
    Quantile(f64),
    /// By how much a counter grew.
    Increase,
    /// By how much a counter grew, per second.
    Rate,
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Aggregate::Plain => Ok(()),
            Aggregate::Min => f.write_str("min"),
            Aggregate::Max => f.write_str("max"),
            Aggregate::Mean => f.write_str("mean"),
            Aggregate::Sum => f.write_str("sum"),
            Aggregate::Quantile(q) => write!(f, "p{}", (q * 100.0).round()),
            Aggregate::Increase => f.write_str("increase"),
            Aggregate::Rate => f.write_str("rate"),
        }
    }
}

/// A reading of a metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reading {
    /// Of which metric.
    pub metric: MetricId,
    /// The metric's type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// How values become one.
    pub aggregate: Aggregate,
    /// Over which window, in seconds; without, the experiment's.
    pub window: Option<f64>,
    /// Whether only requests that faults' shares selected count (`of affected`), or only the others.
    pub cohort: Option<Cohort>,
}

impl Reading {
    /// What its value is measured in.
    pub fn unit(&self) -> Type {
        match (&self.ty, self.aggregate) {
            (Type::Counter, Aggregate::Increase) => Type::Count,
            (Type::Counter, Aggregate::Rate) => Type::Frequency,
            (Type::Distribution(of), _) => (**of).clone(),
            (plain, _) => plain.clone(),
        }
    }

    /// Whether it looks over a window; a gauge's last value does not.
    pub fn is_windowed(&self) -> bool {
        self.aggregate != Aggregate::Plain || self.ty == Type::Ratio
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.cohort {
            Some(Cohort::Affected) => " of affected",
            Some(Cohort::Others) => " of others",
            None => "",
        };
        match self.aggregate {
            Aggregate::Plain => write!(f, "{}{part}", self.metric),
            aggregate => write!(f, "{aggregate}({}{part})", self.metric),
        }
    }
}

/// A part of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cohort {
    /// Requests that a fault's share selected.
    Affected,
    /// The others.
    Others,
}
