//! Terms and conditions as they stand in a plan's document: numbers in base units, `{"times": [a, b]}`, `{"all": […]}`.

use super::model::SourceRef;
use super::term::{Arithmetic, Condition, MetricId, Term};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

/// An object with one key.
fn one<S: Serializer>(serializer: S, key: &str, value: &(impl Serialize + ?Sized)) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(key, value)?;
    map.end()
}

impl Arithmetic {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Arithmetic::Plus => "plus",
            Arithmetic::Minus => "minus",
            Arithmetic::Times => "times",
            Arithmetic::Over => "over",
        }
    }
}

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Term::Constant(value) => serializer.serialize_f64(*value),
            Term::Parameter(name) => one(serializer, "parameter", name),
            Term::Limit(limit) => one(serializer, "limit", limit),
            Term::Reading(reading) => one(serializer, "reading", reading),
            Term::Answer(step) => one(serializer, "answer", step),
            Term::Says(step, text) => one(serializer, "says", &[step, text]),
            Term::Baseline => serializer.serialize_str("baseline"),
            Term::Spike(of) => one(serializer, "spike", of),
            Term::Arithmetic(operator, a, b) => one(serializer, operator.word(), &[a, b]),
            Term::Error => serializer.serialize_str("error"),
        }
    }
}

impl Condition {
    /// The parts of an unbroken chain of `and`, in order; the condition itself where it is none.
    fn conjuncts<'c>(&'c self, found: &mut Vec<&'c Condition>) {
        match self {
            Condition::And(a, b) => {
                a.conjuncts(found);
                b.conjuncts(found);
            }
            other => found.push(other),
        }
    }

    /// The parts of an unbroken chain of `or`, in order.
    fn disjuncts<'c>(&'c self, found: &mut Vec<&'c Condition>) {
        match self {
            Condition::Or(a, b) => {
                a.disjuncts(found);
                b.disjuncts(found);
            }
            other => found.push(other),
        }
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = Vec::new();
        match self {
            Condition::Compare(comparison) => one(serializer, "compare", &**comparison),
            // A chain is a list: one level of the document, however many SLOs `steady` stands for.
            Condition::And(..) => {
                self.conjuncts(&mut parts);
                one(serializer, "all", &parts)
            }
            Condition::Or(..) => {
                self.disjuncts(&mut parts);
                one(serializer, "any", &parts)
            }
            Condition::Not(inner) => one(serializer, "not", &**inner),
            Condition::Likely(inner) => one(serializer, "likely", &**inner),
            Condition::Steady => serializer.serialize_str("steady"),
            Condition::Constant(value) => serializer.serialize_bool(*value),
        }
    }
}

impl Serialize for MetricId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MetricId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // No name of a service holds a dot.
        let (service, metric) = text.split_once('.').ok_or_else(|| D::Error::custom("a metric is `service.metric`"))?;
        Ok(MetricId { service: service.to_owned(), metric: metric.to_owned() })
    }
}

impl fmt::Display for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceRef::Declared(name) => f.write_str(name),
            // No name of a source holds a blank.
            SourceRef::Proxy(service) => write!(f, "proxy of {service}"),
            SourceRef::Probe(metric) => write!(f, "probe of {metric}"),
        }
    }
}

impl Serialize for SourceRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
