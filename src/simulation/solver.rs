//! Values that satisfy what is asked of them: constants for a time in which nothing changes.
//!
//! A search by coordinates with the thresholds of the comparisons as candidates. What it finds is checked against the
//! conditions themselves; where it finds nothing, it says which of them stayed open.

use crate::base::Interval;
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::term::{Aggregate, Comparison, Condition, MetricId, Reading, Term};
use std::collections::{BTreeMap, BTreeSet};

/// Something that has a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variable {
    /// A metric; of a counter, how much it grows a second.
    Metric(MetricId),
    /// What a call of a probe finds, by its step.
    Answer(String),
    /// Whether a call of a probe finds this text.
    Says(String, String),
}

/// Values by what has them.
pub type Values = BTreeMap<Variable, f64>;

/// Something that is asked of values.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The condition.
    pub condition: &'a Condition,
    /// Whether it is to hold, or not to hold.
    pub holds: bool,
    /// Whether it must be so, or only should.
    pub must: bool,
    /// Whether it is enough that it becomes so at some time.
    pub once: bool,
    /// The author's words.
    pub text: &'a str,
}

impl<'a> Asked<'a> {
    /// What is asked of both sides of a conjunction is asked of each.
    fn parts(&self) -> Vec<Asked<'a>> {
        let with = |condition: &'a Condition, holds: bool| Asked { condition, holds, ..self.clone() };
        match (self.condition, self.holds) {
            (Condition::And(a, b), true) | (Condition::Or(a, b), false) => {
                [with(a, self.holds), with(b, self.holds)].iter().flat_map(Asked::parts).collect()
            }
            (Condition::Not(inner), holds) => with(inner, !holds).parts(),
            _ => vec![self.clone()],
        }
    }
}

/// What values can be.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Domain {
    lo: f64,
    hi: f64,
    whole: bool,
    counter: bool,
}

/// What is known beside the values that are sought.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Values that are what they are.
    pub fixed: &'a Values,
    /// What has no value that is known: whatever reads it is left out.
    pub unknown: &'a BTreeSet<Variable>,
    /// What the baseline was; nothing before it is over.
    pub baseline: Option<&'a Values>,
    /// Ranges that are narrower than those of the types.
    pub ranges: &'a BTreeMap<MetricId, Interval>,
    /// The window of aggregates without one, in seconds.
    pub window: f64,
}

/// Margins beyond this part of a value are all as good.
const ENOUGH: f64 = 0.3;
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

impl Known<'_> {
    fn range_of(&self, variable: &Variable) -> Option<Interval> {
        match variable {
            Variable::Metric(metric) => self.ranges.get(metric).copied(),
            _ => None,
        }
    }
}

impl Domain {
    fn within(self, range: Option<Interval>) -> Self {
        let Some(range) = range.filter(|_| !self.counter) else { return self };
        Self { lo: self.lo.max(range.lo), hi: self.hi.min(range.hi), ..self }
    }

    fn first(&self) -> f64 {
        match (self.counter, self.hi.is_finite(), self.lo.is_finite()) {
            (true, ..) | (_, false, false) => 0.0,
            (_, true, _) => self.hi,
            (_, false, true) => self.lo,
        }
    }

    /// The candidates that can be, each once, in their order.
    fn fitted(&self, candidates: Vec<f64>) -> Vec<f64> {
        let mut fitted: Vec<f64> = Vec::new();
        for candidate in candidates {
            let options = if self.whole { vec![candidate.floor(), candidate.ceil()] } else { vec![candidate] };
            for option in options {
                if (self.lo..=self.hi).contains(&option) && !fitted.contains(&option) {
                    fitted.push(option);
                }
            }
        }
        fitted
    }
}

/// Values, to be judged.
struct Scene<'s> {
    values: &'s Values,
    known: Known<'s>,
}

impl Scene<'_> {
    /// How far what is asked is from being otherwise, as a part of what is compared; below nothing where it is not so.
    /// Nothing where that is unknown.
    fn satisfied(&self, asked: &Asked) -> Option<f64> {
        let margin = self.margin(asked.condition)?;
        let margin = if asked.holds { margin } else { -margin };
        // At the threshold itself what must not hold may hold.
        let undecided = margin == 0.0 && !asked.holds;
        Some(if undecided { -f64::MIN_POSITIVE } else { margin })
    }

    fn margin(&self, condition: &Condition) -> Option<f64> {
        match condition {
            Condition::Compare(comparison) => self.compared(comparison),
            Condition::And(a, b) => Some(self.margin(a)?.min(self.margin(b)?)),
            Condition::Or(a, b) => match (self.margin(a), self.margin(b)) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (one, other) => one.or(other).filter(|margin| *margin >= 0.0),
            },
            Condition::Not(inner) => {
                let margin = self.margin(inner)?;
                Some(if margin == 0.0 { -f64::MIN_POSITIVE } else { -margin })
            }
            Condition::Likely(inner) => self.margin(inner),
            Condition::Constant(value) => Some(if *value { 1.0 } else { -1.0 }),
            Condition::Steady => None,
        }
    }

    fn compared(&self, comparison: &Comparison) -> Option<f64> {
        let (left, right) = self.sides(comparison)?;
        let scale = left.abs().max(right.abs()).max(1e-9);
        let by = (left - right) / scale;
        let strict = |by: f64| if by == 0.0 { -f64::MIN_POSITIVE } else { by };
        let equal = by.abs() <= 1e-12;
        Some(match comparison.comparator {
            Comparator::AtLeast => by,
            Comparator::AtMost => -by,
            Comparator::Above => strict(by),
            Comparator::Below => strict(-by),
            Comparator::Equal => {
                if equal {
                    ENOUGH
                } else {
                    -by.abs()
                }
            }
            Comparator::Unequal => {
                if equal {
                    -ENOUGH
                } else {
                    by.abs()
                }
            }
        })
    }

    fn sides(&self, comparison: &Comparison) -> Option<(f64, f64)> {
        let left = self.value(&comparison.left, Some(&comparison.right))?;
        Some((left, self.value(&comparison.right, Some(&comparison.left))?))
    }

    fn value(&self, term: &Term, other: Option<&Term>) -> Option<f64> {
        match term {
            Term::Constant(value) => Some(*value),
            Term::Reading(reading) => self.read(reading),
            Term::Answer(step) => self.get(&Variable::Answer(step.clone())),
            Term::Says(step, text) => self.get(&Variable::Says(step.clone(), text.clone())),
            Term::Baseline => self.before()?.value(other?, None),
            Term::Spike(of) => {
                let (now, before) = (self.value(of, None)?, self.before()?.value(of, None)?);
                let spread = if before == 0.0 { 1.0 } else { 0.01 * before.abs() };
                Some((now - before) / spread)
            }
            Term::Arithmetic(operator, a, b) => Some(operator.apply(self.value(a, other)?, self.value(b, other)?)),
            Term::Parameter(_) | Term::Limit(_) | Term::Error => None,
        }
    }

    fn before(&self) -> Option<Scene<'_>> {
        Some(Scene { values: self.known.baseline?, known: self.known })
    }

    fn get(&self, variable: &Variable) -> Option<f64> {
        self.values.get(variable).or_else(|| self.known.fixed.get(variable)).copied()
    }

    /// What a reading of a value that does not change comes to.
    fn read(&self, reading: &Reading) -> Option<f64> {
        let value = self.get(&Variable::Metric(reading.metric.clone()))?;
        let window = reading.window.unwrap_or(self.known.window);
        Some(match reading.aggregate {
            Aggregate::Increase | Aggregate::Sum => value * window,
            _ => value,
        })
    }
}

/// The value of a metric of which nothing is asked.
pub fn ordinary(ty: &Type) -> f64 {
    match ty {
        Type::Distribution(of) | Type::Signal(of) => ordinary(of),
        Type::Ratio => 1.0,
        Type::Duration => 0.1,
        Type::Frequency => 100.0,
        _ => 0.0,
    }
}

/// Everything that a condition reads, with what it can be.
fn variables(condition: &Condition) -> Vec<(Variable, Domain)> {
    let readings = condition.readings().into_iter();
    let mut found: Vec<(Variable, Domain)> =
        readings.map(|reading| (Variable::Metric(reading.metric.clone()), domain(&reading.ty))).collect();
    for comparison in condition.comparisons() {
        answers(&comparison.left, &mut found);
        answers(&comparison.right, &mut found);
    }
    found
}

fn answers(term: &Term, found: &mut Vec<(Variable, Domain)>) {
    match term {
        Term::Answer(step) => {
            let any = Domain { lo: f64::NEG_INFINITY, hi: f64::INFINITY, whole: false, counter: false };
            found.push((Variable::Answer(step.clone()), any));
        }
        Term::Says(step, text) => {
            let truth = Domain { lo: 0.0, hi: 1.0, whole: true, counter: false };
            found.push((Variable::Says(step.clone(), text.clone()), truth));
        }
        Term::Arithmetic(_, a, b) => {
            answers(a, found);
            answers(b, found);
        }
        _ => {}
    }
}

fn domain(ty: &Type) -> Domain {
    let of = match ty {
        Type::Distribution(of) | Type::Signal(of) => of,
        other => other,
    };
    let range = of.range();
    let counter = *of == Type::Counter;
    let whole = matches!(of, Type::Count | Type::Int) && !counter;
    let lo = if counter { 0.0 } else { range.lo };
    Domain { lo, hi: if counter { f64::INFINITY } else { range.hi }, whole, counter }
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
        Condition::Compare(Comparison { left, comparator, right, ty: Type::Float, text: String::new(), span })
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
