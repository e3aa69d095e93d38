//! `given steady`: every metric of which nothing is said satisfies the conditions of the steps that are being run, keeps
//! every SLO and fires no trigger.

use super::solver::{Asked, Known, Values, Variable, ordinary, solve};
use super::steps::{Steps, expectations};
use crate::base::{Instant, Interval};
use crate::plan::{Plan, StepKind};
use crate::run::compared;
use crate::types::model::Expectation;
use crate::types::term::{Condition, Demand, MetricId, Term};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of the metrics at a moment, beside what is sought.
#[derive(Clone, Debug, Default)]
pub struct Others {
    /// Values that are given.
    pub given: Values,
    /// What nobody can know here.
    pub unknown: BTreeSet<Variable>,
}

/// Steady values of one plan.
#[derive(Debug)]
pub struct Steady {
    plan: Arc<Plan>,
    ranges: BTreeMap<MetricId, Interval>,
    book: Mutex<Book>,
}

/// On what values depend: the steps that are run, whether anything was injected, of what is known whether it is given, and
/// the given values that count, as bits.
type Key = (Vec<String>, bool, Vec<Variable>, BTreeSet<Variable>, Vec<(Variable, u64)>);

#[derive(Debug, Default)]
struct Book {
    found: BTreeMap<Key, Arc<Vec<Values>>>,
    baseline: Values,
    open: BTreeSet<String>,
}

impl Steady {
    /// Of a plan.
    pub fn new(plan: Arc<Plan>) -> Self {
        let ranges = plan.bindings.iter().map(|(metric, binding)| (metric.clone(), binding.range)).collect();
        Self { plan, ranges, book: Mutex::default() }
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What cannot be satisfied, in the author's words.
    pub fn open(&self) -> Vec<String> {
        self.book().open.iter().cloned().collect()
    }

    /// The value of a metric; of a counter, how much it grows a second.
    pub fn value(&self, metric: &MetricId, at: Instant, steps: &Steps, others: &Others) -> Option<f64> {
        let courses = self.courses(at, steps, others);
        let since = steps.running(at).into_iter().filter_map(|step| steps.began(step)).max().unwrap_or(Instant(0));
        let round = (at.since(since).as_secs_f64() / self.turn()) as usize;
        let variable = Variable::Metric(metric.clone());
        let found = courses.get(round % courses.len().max(1)).and_then(|values| values.get(&variable).copied());
        found.or_else(|| self.book().baseline.get(&variable).copied())
    }

    /// Adds what nothing was asked of: a part of the traffic is as the whole, all else is ordinary.
    fn complete(&self, values: &mut Values) {
        for reading in compared(&self.plan).into_iter().flat_map(|condition| condition.readings()) {
            let variable = Variable::Metric(reading.metric.clone());
            if values.contains_key(&variable) {
                continue;
            }
            let is_whole = |of: &Variable| matches!(of, Variable::Metric(of) if of.is_of(&reading.metric));
            let whole = values.iter().find(|(of, _)| is_whole(of)).map(|(_, value)| *value);
            values.insert(variable, whole.unwrap_or_else(|| ordinary(&reading.ty)));
        }
    }

    /// Where not all can hold at once that must hold at some time, each has its turn, of so many seconds.
    fn turn(&self) -> f64 {
        let slowest = self.plan.sources.values().map(|source| source.lag()).fold(1.0, f64::max);
        self.plan.window + 3.0 * slowest
    }

    fn courses(&self, at: Instant, steps: &Steps, others: &Others) -> Arc<Vec<Values>> {
        let running = steps.running(at);
        let injected = self.plan.injections().any(|(step, _)| steps.began(&step.name).is_some_and(|began| began <= at));
        let asked = self.asked(&running, injected);
        let steps = running.iter().map(|it| (*it).to_owned()).collect();
        let given = others.given.keys().cloned().collect();
        let key = (steps, injected, given, others.unknown.clone(), mixed(&asked, &others.given));
        if let Some(known) = self.book().found.get(&key) {
            return Arc::clone(known);
        }
        let in_baseline = !injected && running.is_empty();
        let baseline = (!in_baseline).then(|| self.book().baseline.clone());
        let known = Known {
            fixed: &others.given,
            unknown: &others.unknown,
            baseline: baseline.as_ref(),
            ranges: &self.ranges,
            window: self.plan.window,
        };
        let (courses, open) = in_turns(&asked, known);
        let mut book = self.book();
        if in_baseline && let Some(first) = courses.first() {
            let mut baseline = others.given.clone();
            baseline.extend(first.clone());
            self.complete(&mut baseline);
            book.baseline = baseline;
        }
        book.open.extend(open);
        let courses = Arc::new(courses);
        book.found.insert(key, Arc::clone(&courses));
        courses
    }

    /// What is asked while these steps are run.
    fn asked(&self, running: &[&str], injected: bool) -> Vec<Asked<'_>> {
        let plan = &self.plan;
        let mut asked = Vec::new();
        let mut faulted: Vec<&str> = Vec::new();
        for step in plan.graph.steps().filter(|step| running.contains(&step.name.as_str())) {
            if let StepKind::Inject(injection) = &step.kind {
                faulted.push(&injection.target);
            }
            asked.extend(expectations(step).into_iter().map(expected));
        }
        for slo in &plan.steady {
            let bends = |service: &String| plan.bends.contains(service) || faulted.contains(&service.as_str());
            let must = faulted.is_empty() || !bends(&slo.service);
            asked.push(Asked { condition: &slo.condition, holds: true, must, once: false, text: &slo.text });
        }
        let aborts = plan.aborts.iter();
        asked.extend(aborts.map(|it| Asked {
            condition: &it.condition,
            holds: false,
            must: true,
            once: false,
            text: &it.text,
        }));
        if injected {
            asked.extend(plan.expectations.iter().map(expected));
        }
        asked
    }

    /// What a call of a probe finds, so that what is expected of it holds.
    pub fn answer(&self, step: &str) -> BTreeMap<Variable, f64> {
        let mentions = |condition: &Condition| mentions(condition, step);
        let steps = self.plan.graph.steps();
        let asked = steps.flat_map(expectations).map(expected).filter(|asked| mentions(asked.condition));
        let asked: Vec<Asked> = asked.collect();
        let (fixed, unknown) = (Values::new(), BTreeSet::new());
        let (ranges, window) = (&self.ranges, self.plan.window);
        let known = Known { fixed: &fixed, unknown: &unknown, baseline: None, ranges, window };
        match solve(&asked, known) {
            Ok(values) => values,
            Err(open) => {
                self.book().open.extend(open);
                Values::new()
            }
        }
    }
}

/// Whether a condition needs what the call of a step has found.
pub fn mentions(condition: &Condition, step: &str) -> bool {
    fn inside(term: &Term, step: &str) -> bool {
        match term {
            Term::Answer(of) | Term::Says(of, _) => of == step,
            Term::Arithmetic(_, a, b) => inside(a, step) || inside(b, step),
            _ => false,
        }
    }
    condition.comparisons().iter().any(|it| inside(&it.left, step) || inside(&it.right, step))
}

fn expected(expectation: &Expectation) -> Asked<'_> {
    Asked {
        condition: &expectation.condition,
        holds: expectation.demand != Demand::Never,
        must: true,
        once: matches!(expectation.demand, Demand::Within { .. }),
        text: &expectation.text,
    }
}

/// The given values on which what is asked of others depends.
fn mixed(asked: &[Asked], given: &Values) -> Vec<(Variable, u64)> {
    let mut found = BTreeMap::new();
    for asked in asked {
        let read: BTreeSet<&MetricId> = asked.condition.readings().into_iter().map(|it| &it.metric).collect();
        let read: Vec<Variable> = read.into_iter().map(|metric| Variable::Metric(metric.clone())).collect();
        let (known, free): (Vec<_>, Vec<_>) = read.into_iter().partition(|it| given.contains_key(it));
        if !free.is_empty() {
            found.extend(known.into_iter().filter_map(|it| Some((it.clone(), given.get(&it)?.to_bits()))));
        }
    }
    found.into_iter().collect()
}

/// Values for all that is asked at once; else, for what is enough at some time, one after the other. Also what stays open.
fn in_turns(asked: &[Asked], known: Known) -> (Vec<Values>, Vec<String>) {
    let together = match solve(asked, known) {
        Ok(values) => return (vec![values], Vec::new()),
        Err(open) => open,
    };
    let (once, always): (Vec<Asked>, Vec<Asked>) = asked.iter().cloned().partition(|it| it.once);
    let mut turns: Result<Vec<Values>, Vec<String>> = Ok(Vec::new());
    for one in &once {
        let with: Vec<Asked> = always.iter().chain([one]).cloned().collect();
        turns = match (turns, solve(&with, known)) {
            (Ok(mut turns), Ok(values)) => {
                turns.push(values);
                Ok(turns)
            }
            (Err(open), _) | (_, Err(open)) => Err(open),
        };
    }
    match turns {
        Ok(turns) if !turns.is_empty() => (turns, Vec::new()),
        Ok(_) => (best(&always, known), together),
        Err(open) => (best(&always, known), open),
    }
}

/// Values for as much as can be satisfied.
fn best(asked: &[Asked], known: Known) -> Vec<Values> {
    let mut asked = asked.to_vec();
    while !asked.is_empty() {
        match solve(&asked, known) {
            Ok(values) => return vec![values],
            Err(open) => {
                let last = asked.iter().rposition(|it| open.iter().any(|text| text == it.text));
                asked.remove(last.unwrap_or(asked.len() - 1));
            }
        }
    }
    Vec::new()
}
