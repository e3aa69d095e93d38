//! Rank 6: the blast radius: what the whole graph can do at worst, and the proof that it stays within the limits.

mod antichain;
mod errors;
mod exposure;

use crate::base::Span;
use crate::diagnostics::Diagnostic;
use crate::plan::graph::StepId;
use crate::plan::{Edge, Injection, Plan, Step, StepKind};
use crate::types::term::LimitName;
use antichain::heaviest;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

pub use exposure::detection;

/// The worst a plan can do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bounds {
    /// The share of each faulted service's requests that faults can touch at one time.
    pub traffic: BTreeMap<String, f64>,
    /// The share of each faulted service's requests that faults can fail at one time.
    pub fails: BTreeMap<String, f64>,
    /// Faults active at one time.
    pub concurrent: usize,
    /// Seconds under fault, time to safe included.
    pub exposure: f64,
    /// Seconds from the start of the baseline to the end.
    pub length: f64,
    /// Seconds until the triggers have seen a breach.
    pub detection: f64,
    /// The faulted services and everybody who calls them, directly or not: who can feel it.
    pub reach: BTreeSet<String>,
}

fn reach(plan: &Plan, faults: &[Fault]) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<String> = faults.iter().map(|fault| fault.injection.target.clone()).collect();
    while let Some(service) = next.pop() {
        next.extend(
            plan.callers.get(&service).into_iter().flatten().filter(|caller| !reached.contains(*caller)).cloned(),
        );
        reached.insert(service);
    }
    reached
}

/// A fault of the graph.
struct Fault<'p> {
    id: StepId,
    step: &'p Step,
    injection: &'p Injection,
}

/// Computes the bounds and reports each limit that they exceed.
pub fn prove(plan: &Plan) -> (Bounds, Vec<Diagnostic>) {
    let faults = faults(plan);
    let order = Order::new(plan, &faults);
    let mut findings = Vec::new();
    services(plan, &faults, &mut findings);
    let traffic = traffic(plan, &faults, &order, &mut findings);
    let fails = per_service(&faults, &order, |injection| injection.fails.hi).into_iter();
    let concurrent = concurrent(plan, &faults, &order, &mut findings);
    interference(&faults, &order, &mut findings);
    let (exposure, length) = exposure::check(plan, &mut findings);
    let bounds = Bounds {
        traffic,
        fails: fails.map(|(service, (share, _))| (service, share)).collect(),
        concurrent,
        exposure,
        length,
        detection: detection(plan),
        reach: reach(plan, &faults),
    };
    (bounds, findings)
}

fn faults(plan: &Plan) -> Vec<Fault<'_>> {
    let steps = plan.graph.order().into_iter().filter_map(|id| plan.graph.step(id).map(|step| (id, step)));
    let injects = steps.filter_map(|(id, step)| match &step.kind {
        StepKind::Inject(injection) => Some(Fault { id, step, injection }),
        _ => None,
    });
    injects.collect()
}

/// Which faults can never be active together: one waits for the other's end, or they lie on different ways of a choice.
/// For each fault a bit set of the faults that begin after its end.
struct Order<'p> {
    after: Vec<Vec<u64>>,
    guards: Vec<&'p [(StepId, bool)]>,
}

impl<'p> Order<'p> {
    fn new(plan: &Plan, faults: &[Fault<'p>]) -> Self {
        let numbers: BTreeMap<StepId, usize> = faults.iter().enumerate().map(|(at, fault)| (fault.id, at)).collect();
        // What begins after a step has begun, and what begins after it has ended.
        let mut begun: BTreeMap<StepId, Vec<u64>> = BTreeMap::new();
        let mut ended: BTreeMap<StepId, Vec<u64>> = BTreeMap::new();
        for id in plan.graph.order().into_iter().rev() {
            let mut sets = [vec![0_u64; faults.len().div_ceil(64)], vec![0_u64; faults.len().div_ceil(64)]];
            for (next, edge) in plan.graph.after(id) {
                let waits_for_end = edge == Edge::End;
                for set in sets.iter_mut().skip(usize::from(!waits_for_end)) {
                    for (word, more) in set.iter_mut().zip(begun.get(&next).into_iter().flatten()) {
                        *word |= more;
                    }
                    if let Some(at) = numbers.get(&next) {
                        set[at / 64] |= 1 << (at % 64);
                    }
                }
            }
            let [after_end, after_begin] = sets;
            ended.insert(id, after_end);
            begun.insert(id, after_begin);
        }
        Self {
            after: faults.iter().map(|fault| ended.remove(&fault.id).unwrap_or_default()).collect(),
            guards: faults.iter().map(|fault| fault.step.guards.as_slice()).collect(),
        }
    }

    fn ordered(&self, a: usize, b: usize) -> bool {
        let after = |a: usize, b: usize| self.after[a].get(b / 64).is_some_and(|word| word >> (b % 64) & 1 == 1);
        after(a, b) || after(b, a) || self.excluded(a, b)
    }

    /// Whether they lie on different ways of one choice.
    fn excluded(&self, a: usize, b: usize) -> bool {
        self.guards[a].iter().any(|(choice, way)| self.guards[b].contains(&(*choice, !way)))
    }
}

fn services(plan: &Plan, faults: &[Fault], findings: &mut Vec<Diagnostic>) {
    for fault in faults {
        let target = &fault.injection.target;
        if !plan.limits.services.contains(target) && plan.limits.services_span.is_some() {
            findings.push(errors::service(target, fault.injection.target_span, plan.limits.services_span));
        }
    }
}

/// For each service, the heaviest set of faults that can be active together, and who is in it.
fn per_service(
    faults: &[Fault],
    order: &Order,
    weight: impl Fn(&Injection) -> f64,
) -> BTreeMap<String, (f64, Vec<usize>)> {
    let targets: BTreeSet<&String> = faults.iter().map(|fault| &fault.injection.target).collect();
    let one = |target: &String| {
        let here: Vec<usize> = (0..faults.len()).filter(|at| faults[*at].injection.target == *target).collect();
        let weights: Vec<f64> = here.iter().map(|at| weight(faults[*at].injection)).collect();
        let (sum, chosen) = heaviest(&weights, |a, b| !order.ordered(here[a], here[b]));
        (target.clone(), (sum.min(1.0), chosen.into_iter().map(|at| here[at]).collect()))
    };
    targets.into_iter().map(one).collect()
}

fn traffic(plan: &Plan, faults: &[Fault], order: &Order, findings: &mut Vec<Diagnostic>) -> BTreeMap<String, f64> {
    // What hits instances counts against `instances`.
    let share = |injection: &Injection| if injection.resource == "requests" { injection.touches.hi } else { 0.0 };
    let mut all = per_service(faults, order, share);
    all.retain(|service, _| {
        faults.iter().any(|it| it.injection.target == *service && it.injection.resource == "requests")
    });
    if let Some(bound) = plan.limits.bound(LimitName::Traffic) {
        for (service, (share, who)) in all.iter().filter(|(_, (share, _))| *share > bound.value + 1e-12) {
            let parts: Vec<(&str, f64, Span)> = who
                .iter()
                .map(|at| (faults[*at].step.name.as_str(), faults[*at].injection.touches.hi, faults[*at].step.span))
                .collect();
            findings.push(errors::traffic(service, *share, bound, &parts));
        }
    }
    all.into_iter().map(|(service, (share, _))| (service, share)).collect()
}

fn concurrent(plan: &Plan, faults: &[Fault], order: &Order, findings: &mut Vec<Diagnostic>) -> usize {
    let weights = vec![1.0; faults.len()];
    let (_, together) = heaviest(&weights, |a, b| !order.ordered(a, b));
    if let Some(bound) = plan.limits.bound(LimitName::Concurrent)
        && together.len() as f64 > bound.value
    {
        let steps: Vec<(&str, Span)> =
            together.iter().map(|at| (faults[*at].step.name.as_str(), faults[*at].step.span)).collect();
        findings.push(errors::concurrent(bound, &steps));
    }
    together.len()
}

/// Pairs of faults that disturb each other and are shown, at most.
const MOST_PAIRS: usize = 50;

fn interference(faults: &[Fault], order: &Order, findings: &mut Vec<Diagnostic>) {
    let pairs = clashes(faults, order).into_iter().map(|(a, b)| (&faults[a], &faults[b]));
    let meant = |fault: &Fault| fault.injection.may_interfere;
    for (first, second) in pairs.filter(|(first, second)| !meant(first) && !meant(second)).take(MOST_PAIRS) {
        findings.push(errors::interference(first.step, second.step, &first.injection.target));
    }
}

/// Pairs of faults that may be active together on the same resource of one service.
fn clashes(faults: &[Fault], order: &Order) -> Vec<(usize, usize)> {
    let pairs = (0..faults.len()).flat_map(|a| (a + 1..faults.len()).map(move |b| (a, b)));
    let same = |(a, b): &(usize, usize)| {
        let (first, second) = (faults[*a].injection, faults[*b].injection);
        first.target == second.target && first.resource == second.resource && !order.ordered(*a, *b)
    };
    pairs.filter(same).collect()
}

/// Where the injects stand that may be active together with another on the same resource, allowed or not.
pub fn interfering(plan: &Plan) -> BTreeSet<Span> {
    let faults = faults(plan);
    let pairs = clashes(&faults, &Order::new(plan, &faults));
    pairs.into_iter().flat_map(|(a, b)| [faults[a].step.span, faults[b].step.span]).collect()
}
