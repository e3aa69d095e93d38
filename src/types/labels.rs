//! What label selectors select: empty, one within the other, disjoint.
//!
//! For each key the values that a selector takes are a finite set or all but a finite set, and the label may be absent or
//! not. Both are closed under conjunction, so every question is answered key by key. As in Kubernetes, `notin` and `!=`
//! also take objects that have no such label.

use super::kubernetes::{LabelOperator, LabelRequirement, label_selector};
use std::collections::{BTreeMap, BTreeSet};

/// The objects that a selector takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(BTreeMap<String, Values>);

/// What a label may be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Values {
    absent: bool,
    /// Whether `set` is what it may be; else it is what it may not be.
    finite: bool,
    set: BTreeSet<String>,
}

impl Values {
    fn of(requirement: &LabelRequirement) -> Self {
        let set = requirement.values.iter().cloned().collect();
        match requirement.operator {
            LabelOperator::In => Values { absent: false, finite: true, set },
            LabelOperator::NotIn => Values { absent: true, finite: false, set },
            LabelOperator::Exists => Values { absent: false, finite: false, set: BTreeSet::new() },
            LabelOperator::DoesNotExist => Values { absent: true, finite: true, set: BTreeSet::new() },
        }
    }

    fn meet(&self, other: &Self) -> Self {
        let absent = self.absent && other.absent;
        let (finite, set) = match (self.finite, other.finite) {
            (true, true) => (true, self.set.intersection(&other.set).cloned().collect()),
            (true, false) => (true, self.set.difference(&other.set).cloned().collect()),
            (false, true) => (true, other.set.difference(&self.set).cloned().collect()),
            (false, false) => (false, self.set.union(&other.set).cloned().collect()),
        };
        Values { absent, finite, set }
    }

    fn is_empty(&self) -> bool {
        !self.absent && self.finite && self.set.is_empty()
    }

    fn within(&self, other: &Self) -> bool {
        // What is in this one and not changed by the meet is in the other, too.
        self.meet(other) == *self
    }
}

/// Reads a selector that can take something.
///
/// # Errors
/// What is wrong with it, for a message.
pub fn labels(text: &str) -> Result<Labels, String> {
    let labels = Labels::of(&label_selector(text)?);
    if labels.is_empty() { Err(format!("nothing can fit `{text}`")) } else { Ok(labels) }
}

impl Labels {
    /// What all requirements together take.
    pub fn of(requirements: &[LabelRequirement]) -> Self {
        let mut all: BTreeMap<String, Values> = BTreeMap::new();
        for requirement in requirements {
            let values = Values::of(requirement);
            let met = all.get(&requirement.key).map_or(values.clone(), |known| known.meet(&values));
            all.insert(requirement.key.clone(), met);
        }
        Labels(all)
    }

    /// Whether nothing can be taken.
    pub fn is_empty(&self) -> bool {
        self.0.values().any(Values::is_empty)
    }

    /// Whether the other one takes everything that this one takes.
    pub fn within(&self, other: &Self) -> bool {
        let any = Values { absent: true, finite: false, set: BTreeSet::new() };
        self.is_empty() || other.0.iter().all(|(key, values)| self.0.get(key).unwrap_or(&any).within(values))
    }

    /// Whether nothing can be taken by both.
    pub fn disjoint(&self, other: &Self) -> bool {
        let meets = |(key, values): (&String, &Values)| other.0.get(key).is_some_and(|it| it.meet(values).is_empty());
        self.is_empty() || other.is_empty() || self.0.iter().any(meets)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Labels;
    use crate::types::kubernetes::{LabelOperator, LabelRequirement, label_selector};

    /// Cases that Kubernetes' own selector library answered.
    #[test]
    fn it_agrees_with_kubernetes() {
        let cases: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/vectors/selectors.json")).unwrap();
        let selector = |value: &serde_json::Value| {
            let requirement = |it: &serde_json::Value| LabelRequirement {
                key: it[0].as_str().unwrap().to_owned(),
                operator: serde_json::from_value::<LabelOperator>(it[1].clone()).unwrap(),
                values: it[2].as_array().into_iter().flatten().map(|it| it.as_str().unwrap().to_owned()).collect(),
            };
            Labels::of(&value.as_array().unwrap().iter().map(requirement).collect::<Vec<_>>())
        };
        assert_eq!(cases.len(), 30);
        for case in cases {
            let (a, b) = (selector(&case["a"]), selector(&case["b"]));
            assert_eq!(a.within(&b), case["a_subset_b"].as_bool().unwrap(), "{case}");
            assert_eq!(a.disjoint(&b), case["disjoint"].as_bool().unwrap(), "{case}");
            assert_eq!(b.disjoint(&a), a.disjoint(&b), "{case}");
        }
    }

    #[test]
    fn absent_labels_count() {
        let read = |text: &str| Labels::of(&label_selector(text).unwrap());
        assert!(!read("app=a").within(&read("app,tier notin (x),tier")));
        assert!(!read("app=a").within(&read("app,tier notin (x)")));
        assert!(read("app=a,tier=y").within(&read("app,tier notin (x)")));
        assert!(read("app=a,!tier").within(&read("tier notin (x)")));
        assert!(read("app=a,app=b").is_empty());
        assert!(read("app,!app").is_empty());
        assert!(read("app=a").disjoint(&read("app!=a")));
        assert!(!read("!app").disjoint(&read("app!=a")));
    }
}
