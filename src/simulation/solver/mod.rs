//! Values that satisfy what is asked of them: constants for a time in which nothing changes.
//!
//! A search by coordinates with the thresholds of the comparisons as candidates. What it finds is checked against the
//! conditions themselves; where it finds nothing, it says which of them stayed open.

mod asked;
mod domain;
mod scene;

pub use asked::{Asked, Known, Values, Variable};
pub use domain::ordinary;

use crate::types::term::Comparison;
use domain::{Domain, variables};
use scene::{ENOUGH, Scene};
use std::collections::BTreeMap;

/// Rounds of improving one value after the other.
const SWEEPS: usize = 6;

/// How bad an assignment is: what must be and is not, what should be and is not, what has left its baseline, and how
/// narrowly the rest holds.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Badness(u32, u32, u32, f64);

/// Values for everything that is asked and not known.
///
/// # Errors
/// The words of what cannot be satisfied together.
pub fn solve(asked: &[Asked], known: Known) -> Result<Values, Vec<String>> {
    let mut search = Search::new(asked, known);
    search.improve();
    let open = search.open();
    if !open.is_empty() {
        search.improve_pairs();
    }
    let open: Vec<String> = search.open().into_iter().map(str::to_owned).collect();
    if open.is_empty() { Ok(search.values) } else { Err(open) }
}

struct Search<'a> {
    asked: Vec<Asked<'a>>,
    known: Known<'a>,
    domains: BTreeMap<Variable, Domain>,
    /// What is asked of each variable, by its place in `asked`.
    of: BTreeMap<Variable, Vec<usize>>,
    values: Values,
}

impl<'a> Search<'a> {
    fn new(asked: &[Asked<'a>], known: Known<'a>) -> Self {
        let mut search =
            Search { asked: Vec::new(), known, domains: BTreeMap::new(), of: BTreeMap::new(), values: Values::new() };
        for one in asked.iter().flat_map(Asked::parts) {
            let variables = variables(one.condition);
            let free = |(it, _): &&(Variable, Domain)| !known.fixed.contains_key(it);
            if variables.iter().any(|(it, _)| known.unknown.contains(it)) || !variables.iter().any(|it| free(&it)) {
                continue;
            }
            for (variable, domain) in variables.iter().filter(free) {
                let at = search.of.entry(variable.clone()).or_default();
                if at.last() != Some(&search.asked.len()) {
                    at.push(search.asked.len());
                }
                search.domains.insert(variable.clone(), domain.within(known.range_of(variable)));
            }
            search.asked.push(one);
        }
        let first = |(variable, domain): (&Variable, &Domain)| {
            let was = known.baseline.and_then(|it| it.get(variable)).copied();
            (variable.clone(), was.unwrap_or_else(|| domain.first()))
        };
        search.values = search.domains.iter().map(first).collect();
        search
    }

    fn variables(&self) -> Vec<Variable> {
        self.domains.keys().cloned().collect()
    }

    /// What must be and is not. What depends on a given value may be as that value makes it.
    fn open(&self) -> Vec<&'a str> {
        let scene = self.scene(&self.values);
        let is_free = |it: &Asked| variables(it.condition).iter().all(|(one, _)| !self.known.fixed.contains_key(one));
        let fails = |it: &&Asked| it.must && is_free(it) && scene.satisfied(it).is_some_and(|margin| margin < 0.0);
        self.asked.iter().filter(fails).map(|it| it.text).collect()
    }

    fn scene<'s>(&'s self, values: &'s Values) -> Scene<'s> {
        Scene { values, known: self.known }
    }

    fn badness(&self, values: &Values, places: &[usize], moved: u32) -> Badness {
        let scene = self.scene(values);
        let mut bad = Badness(0, 0, moved, 0.0);
        for asked in places.iter().filter_map(|at| self.asked.get(*at)) {
            match scene.satisfied(asked) {
                Some(margin) if margin < 0.0 && asked.must => bad.0 += 1,
                Some(margin) if margin < 0.0 => bad.1 += 1,
                Some(margin) => bad.3 -= margin.min(ENOUGH),
                None => {}
            }
        }
        bad
    }

    fn has_moved(&self, variable: &Variable, value: f64) -> u32 {
        let was = self.known.baseline.and_then(|it| it.get(variable));
        u32::from(was.is_some_and(|was| (was - value).abs() > 1e-12))
    }

    fn improve(&mut self) {
        for _ in 0..SWEEPS {
            let before = self.values.clone();
            for variable in self.variables() {
                self.improve_one(&variable);
            }
            if self.values == before {
                break;
            }
        }
    }

    fn improve_one(&mut self, variable: &Variable) {
        let Some(places) = self.of.get(variable) else { return };
        let mut best: Option<(Badness, f64)> = None;
        let mut values = self.values.clone();
        for candidate in self.candidates(variable, &self.values) {
            values.insert(variable.clone(), candidate);
            let bad = self.badness(&values, places, self.has_moved(variable, candidate));
            if best.as_ref().is_none_or(|(least, _)| bad < *least) {
                best = Some((bad, candidate));
            }
        }
        if let Some((_, value)) = best {
            self.values.insert(variable.clone(), value);
        }
    }

    /// Two values at once, where one alone satisfies nothing.
    fn improve_pairs(&mut self) {
        let all: Vec<usize> = (0..self.asked.len()).collect();
        let variables = self.variables();
        for first in &variables {
            for second in variables.iter().filter(|it| *it != first) {
                let mut best = (self.badness(&self.values, &all, 0), self.values.clone());
                if best.0.0 == 0 {
                    return;
                }
                for one in self.candidates(first, &self.values) {
                    let mut values = self.values.clone();
                    values.insert(first.clone(), one);
                    for two in self.candidates(second, &values) {
                        values.insert(second.clone(), two);
                        let bad = self.badness(&values, &all, 0);
                        if bad < best.0 {
                            best = (bad, values.clone());
                        }
                    }
                }
                self.values = best.1;
            }
        }
    }

    /// The values worth a look: what it is and was, the ends of its range, and all around the thresholds.
    fn candidates(&self, variable: &Variable, values: &Values) -> Vec<f64> {
        let Some(domain) = self.domains.get(variable) else { return Vec::new() };
        let mut roots: Vec<f64> = Vec::new();
        for asked in self.of.get(variable).into_iter().flatten().filter_map(|at| self.asked.get(*at)) {
            let comparisons = asked.condition.comparisons();
            roots.extend(comparisons.into_iter().filter_map(|it| self.threshold(it, variable, values)));
        }
        roots.retain(|root| root.is_finite());
        roots.sort_by(f64::total_cmp);
        roots.dedup();
        let was = self.known.baseline.and_then(|it| it.get(variable)).copied();
        let mut found: Vec<f64> = was.into_iter().collect();
        if domain.counter {
            found.push(0.0);
        }
        found.extend([domain.hi].into_iter().filter(|end| end.is_finite()));
        for root in &roots {
            let step = if domain.whole { 1.0 } else { (0.01 * root.abs()).max(1e-3) };
            found.extend([root * 0.5, root - step, root + step, root + root.abs().max(1.0), *root]);
        }
        let ends = [domain.lo, domain.hi].into_iter().filter(|end| end.is_finite());
        let mut marks: Vec<f64> = ends.chain(roots).collect();
        marks.sort_by(f64::total_cmp);
        found.extend(marks.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0));
        found.extend([domain.lo, 0.0].into_iter().filter(|end| end.is_finite()));
        found.extend(values.get(variable));
        domain.fitted(found)
    }

    /// The value at which a comparison turns, taken as linear in it.
    fn threshold(&self, comparison: &Comparison, variable: &Variable, values: &Values) -> Option<f64> {
        let mut probe = values.clone();
        let mut at = |value: f64| {
            probe.insert(variable.clone(), value);
            let (left, right) = self.scene(&probe).sides(comparison)?;
            Some(left - right)
        };
        let (zero, one) = (at(0.0)?, at(1.0)?);
        let slope = one - zero;
        (slope.abs() > 1e-12).then_some(-zero / slope)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Asked, Known, Values, Variable, solve};
    use crate::base::{SourceId, Span};
    use crate::syntax::tree::Comparator;
    use crate::types::Type;
    use crate::types::term::{Aggregate, Arithmetic, Comparison, Condition, MetricId, Reading, Term};
    use std::collections::{BTreeMap, BTreeSet};

    fn metric(name: &str) -> MetricId {
        MetricId { service: "s".to_owned(), metric: name.to_owned() }
    }

    fn reading(name: &str, ty: Type, aggregate: Aggregate) -> Term {
        Term::Reading(Box::new(Reading { metric: metric(name), ty, aggregate, window: None, cohort: None }))
    }

    fn compare(left: Term, comparator: Comparator, right: Term) -> Condition {
        let span = Span { source: SourceId(0), start: 0, end: 0 };
        Condition::from(Comparison { left, comparator, right, ty: Type::Float, text: String::new(), span })
    }

    fn asked<'a>(condition: &'a Condition, holds: bool) -> Asked<'a> {
        Asked { condition, holds, must: true, once: false, text: "it" }
    }

    fn solved(asked: &[Asked], baseline: Option<&Values>) -> Result<Values, Vec<String>> {
        let (fixed, unknown, ranges) = (Values::new(), BTreeSet::new(), BTreeMap::new());
        solve(asked, Known { fixed: &fixed, unknown: &unknown, baseline, ranges: &ranges, window: 10.0 })
    }

    fn of(values: &Values, name: &str) -> f64 {
        values[&Variable::Metric(metric(name))]
    }

    fn constant(value: f64) -> Term {
        Term::Constant(value)
    }

    #[test]
    fn values_keep_a_distance_from_their_thresholds() {
        let success = compare(reading("success", Type::Ratio, Aggregate::Plain), Comparator::AtLeast, constant(0.99));
        let latency = Type::Distribution(Box::new(Type::Duration));
        let slow = compare(reading("latency", latency, Aggregate::Quantile(0.95)), Comparator::AtMost, constant(0.45));
        let abort = compare(reading("success", Type::Ratio, Aggregate::Plain), Comparator::Below, constant(0.5));
        let values = solved(&[asked(&success, true), asked(&slow, true), asked(&abort, false)], None).unwrap();
        assert_eq!(of(&values, "success"), 1.0);
        assert!((0.1..0.4).contains(&of(&values, "latency")), "{values:?}");
    }

    #[test]
    fn whole_numbers_and_counters_and_what_depends_on_others() {
        let backlog = || reading("backlog", Type::Count, Aggregate::Plain);
        let some = compare(backlog(), Comparator::Above, constant(0.0));
        let served = compare(
            reading("served", Type::Counter, Aggregate::Increase),
            Comparator::AtLeast,
            Term::Arithmetic(Arithmetic::Times, Box::new(constant(3.0)), Box::new(backlog())),
        );
        let lost = compare(reading("lost", Type::Counter, Aggregate::Increase), Comparator::Equal, constant(0.0));
        let values = solved(&[asked(&some, true), asked(&served, true), asked(&lost, true)], None).unwrap();
        assert!(of(&values, "backlog") >= 1.0 && of(&values, "backlog").fract() == 0.0, "{values:?}");
        assert!(of(&values, "served") * 10.0 >= 3.0 * of(&values, "backlog"), "{values:?}");
        assert_eq!(of(&values, "lost"), 0.0);
    }

    #[test]
    fn what_was_in_the_baseline_stays_if_it_may() {
        let before: Values = [(Variable::Metric(metric("latency")), 0.2)].into();
        let latency = || reading("latency", Type::Duration, Aggregate::Plain);
        let half = Term::Arithmetic(Arithmetic::Times, Box::new(constant(0.5)), Box::new(Term::Baseline));
        let still = compare(latency(), Comparator::AtMost, constant(0.45));
        assert_eq!(of(&solved(&[asked(&still, true)], Some(&before)).unwrap(), "latency"), 0.2);
        let faster = compare(latency(), Comparator::AtMost, half);
        let values = solved(&[asked(&still, true), asked(&faster, true)], Some(&before)).unwrap();
        assert!(of(&values, "latency") <= 0.1, "{values:?}");
    }

    #[test]
    fn what_cannot_be_together_is_told() {
        let backlog = || reading("backlog", Type::Count, Aggregate::Plain);
        let some = compare(backlog(), Comparator::Above, constant(0.0));
        let none = compare(backlog(), Comparator::Below, constant(1.0));
        assert!(solved(&[asked(&some, true), asked(&none, true)], None).is_err());
        assert!(solved(&[asked(&some, true), asked(&none, false)], None).is_ok());
    }
}
