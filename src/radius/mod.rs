//! Rank 6: the blast radius: what the whole graph can do at worst, and the proof that it stays within the limits.

mod antichain;
mod budget;
mod cancel;
mod contest;
mod cover;
mod dilution;
mod errors;
mod events;
mod exposure;
mod instances;
mod order;
mod overlap;
mod places;
mod repair;
mod requests;
mod samples;
pub mod timeline;
mod triggers;

use crate::base::Span;
use crate::diagnostics::Diagnostic;
use crate::plan::graph::StepId;
use crate::plan::{Injection, Plan, Step, StepKind};
use crate::types::term::{LimitName, MetricId};
use contest::Contest;
use events::{Events, Moment, ROOT};
use order::Order;
use overlap::Active;
use repair::{Excess, Repair};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use timeline::Row;

pub use budget::Spent;
pub use cancel::Cancel;
pub use dilution::Diluted;
pub use exposure::detection;
pub use instances::Hit;

/// The worst a plan can do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bounds {
    /// The share of each faulted service's requests that faults can touch at one time.
    pub traffic: BTreeMap<String, f64>,
    /// The share of each faulted service's requests that faults can fail at one time.
    pub fails: BTreeMap<String, f64>,
    /// Instances of each faulted service that can be hit at one time, by faults that hit instances.
    pub instances: BTreeMap<String, Hit>,
    /// What can be spent of each error budget that is limited, by the SLO's metric.
    pub budgets: BTreeMap<MetricId, Spent>,
    /// Faults active at one time.
    pub concurrent: usize,
    /// Seconds under fault, time to safe included.
    pub exposure: f64,
    /// Seconds from the start of the baseline to the end.
    pub length: f64,
    /// Seconds until the triggers have seen a breach.
    pub detection: f64,
    /// What taking everything back can take when the run is cancelled.
    pub cancel: Cancel,
    /// When each fault can be active, in the order of the steps.
    #[serde(skip)]
    pub windows: Vec<When>,
    /// What is expected under fault that the faults' direct effect cannot refute.
    pub diluted: Vec<Diluted>,
    /// The faulted services and everybody who calls them, directly or not: who can feel it.
    pub reach: BTreeSet<String>,
}

/// When a fault can be active, in seconds from the end of the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct When {
    /// The step.
    pub step: String,
    /// At the earliest.
    pub from: f64,
    /// At the latest: taken back, at worst.
    pub until: f64,
}

/// Services and everybody who calls them, directly or not.
fn reach_of(plan: &Plan, mut next: Vec<String>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
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
    /// The number of its step.
    number: usize,
    id: StepId,
    step: &'p Step,
    injection: &'p Injection,
}

/// Computes the bounds and reports each limit that they exceed, with the smallest change that helps.
pub fn prove(plan: &Plan) -> (Bounds, Vec<Diagnostic>) {
    let (bounds, excesses) = examine(plan);
    (bounds, repair::offer(plan, excesses))
}

fn examine(plan: &Plan) -> (Bounds, Vec<Excess>) {
    let faults = faults(plan);
    let mut findings = Vec::new();
    places::check(plan, &faults, &mut findings);
    requests::check(plan, &faults, &mut findings);
    triggers::check(plan, &faults, &mut findings);
    samples::check(plan, &faults, &mut findings);
    let proof = Proof::of(plan, &faults);
    let traffic = proof.traffic(&mut findings);
    proof.concurrent(&mut findings);
    proof.interference(&mut findings);
    let instances = instances::check(&proof, &mut findings);
    let budgets = budget::check(plan, &proof.events, &mut findings);
    let detection = detection(plan);
    let (exposure, length) = exposure::check(plan, &proof.events, detection, &mut findings);
    let diluted = dilution::check(&proof, &mut findings);
    let cancel = cancel::check(&proof, &mut findings);
    let bounds = Bounds {
        traffic,
        fails: proof.fails.iter().map(|(service, contest)| (service.clone(), contest.most.min(1.0))).collect(),
        instances,
        budgets,
        concurrent: proof.concurrent.most.round() as usize,
        exposure,
        length,
        detection,
        cancel,
        windows: proof.windows(),
        diluted,
        reach: reach_of(plan, faults.iter().map(|fault| fault.injection.target.clone()).collect()),
    };
    (bounds, findings)
}

fn faults(plan: &Plan) -> Vec<Fault<'_>> {
    let steps = plan.graph.order().into_iter().enumerate();
    let injects = steps.filter_map(|(number, id)| {
        let step = plan.graph.step(id)?;
        match &step.kind {
            StepKind::Inject(injection) => Some(Fault { number, id, step, injection }),
            _ => None,
        }
    });
    injects.collect()
}

/// What faults can do together.
struct Proof<'p> {
    plan: &'p Plan,
    faults: &'p [Fault<'p>],
    events: Events<'p>,
    concurrent: Contest,
    /// By faulted service: the share of requests that is touched, and the share that fails.
    traffic: BTreeMap<String, Contest>,
    instances: BTreeMap<String, Contest>,
    fails: BTreeMap<String, Contest>,
    cancel: cancel::Contests,
    /// Pairs that may be active together on one resource of a service.
    clashes: BTreeSet<(usize, usize)>,
}

impl<'p> Proof<'p> {
    fn of(plan: &'p Plan, faults: &'p [Fault<'p>]) -> Self {
        let order = Order::new(plan, faults);
        // What hits instances counts against `instances`.
        let requests = |it: &Injection| it.resource == "requests";
        let mut proof = Self {
            plan,
            faults,
            events: Events::of(plan),
            concurrent: Contest::new(vec![1.0; faults.len()]),
            traffic: per_service(faults, |it| requests(it).then_some(it.touches.hi)),
            instances: per_service(faults, |it| (it.resource == "instance").then_some(it.touches.hi)),
            fails: per_service(faults, |it| Some(it.fails.hi)),
            cancel: cancel::contests(faults),
            clashes: BTreeSet::new(),
        };
        let Self { events, concurrent, traffic, instances, fails, cancel: (all, unleased), clashes, .. } = &mut proof;
        overlap::each(events, faults, |since, open| {
            let by_service = traffic.values_mut().chain(instances.values_mut()).chain(fails.values_mut());
            let undone = all.values_mut().chain(unleased.values_mut());
            let contests = std::iter::once(&mut *concurrent).chain(by_service).chain(undone);
            contests.for_each(|contest| contest.consider(since, open, &order));
            clash(faults, &order, open, clashes);
        });
        proof
    }

    fn name(&self, fault: usize) -> &'p str {
        &self.faults[fault].step.name
    }

    /// When the faults of a worst case can be active, drawn for a note.
    fn timeline(&self, contest: &Contest) -> Option<String> {
        let (since, active) = contest.when.as_ref()?;
        let row = |it: &Active| Row { name: self.name(it.fault), from: it.from, until: it.until };
        let rows: Vec<Row> = active.iter().map(row).collect();
        Some(timeline::overlap(&rows, &self.instant(*since)))
    }

    fn windows(&self) -> Vec<When> {
        let region: Vec<usize> = (ROOT + 1..self.events.count()).collect();
        let windows = self.events.windows(ROOT, &region, &[]);
        let one = |fault: &Fault| {
            let (begins, over) =
                (windows.get(&self.events.start(fault.number))?, windows.get(&self.events.end(fault.number))?);
            let until = overlap::latest(*begins, *over, fault.injection);
            Some(When { step: fault.step.name.clone(), from: begins.lo, until })
        };
        self.faults.iter().filter_map(one).collect()
    }

    fn ids(&self, contest: &Contest) -> Vec<StepId> {
        contest.who.iter().map(|at| self.faults[*at].id).collect()
    }

    fn instant(&self, event: usize) -> String {
        let order = self.plan.graph.order();
        let name = |step: usize| order.get(step).and_then(|id| self.plan.graph.step(*id)).map_or("", |step| &step.name);
        match self.events.moment(event) {
            Moment::Between if event == ROOT => "the start of the run".to_owned(),
            Moment::Between => "the end of all before them".to_owned(),
            Moment::Start(step) => format!("the start of `{}`", name(step)),
            Moment::End(step) => format!("the end of `{}`", name(step)),
        }
    }

    fn traffic(&self, findings: &mut Vec<Excess>) -> BTreeMap<String, f64> {
        let bound = self.plan.limits.bound(LimitName::Traffic);
        for (service, contest) in &self.traffic {
            let share = contest.most.min(1.0);
            let Some(bound) = bound.filter(|bound| share > bound.value + 1e-9) else { continue };
            let part = |at: &usize| {
                let fault = &self.faults[*at];
                (fault.step.name.as_str(), fault.injection.touches.hi, fault.step.span)
            };
            let parts: Vec<(&str, f64, Span)> = contest.who.iter().map(part).collect();
            let finding = errors::traffic(service, share, bound, &parts, self.timeline(contest));
            findings.push(Excess { finding, repairs: self.less_traffic(contest, bound.value) });
        }
        self.traffic.iter().map(|(service, contest)| (service.clone(), contest.most.min(1.0))).collect()
    }

    /// Another order, or a smaller share of the fault that adds most. A single one takes the limit itself.
    fn less_traffic(&self, contest: &Contest, most: f64) -> Vec<Repair> {
        if contest.who.len() < 2 {
            return Vec::new();
        }
        let share = |at: &usize| self.faults[*at].injection.touches.hi;
        let chooses = |at: &usize| self.faults[*at].injection.arguments.contains_key("traffic");
        let largest = contest.who.iter().filter(|at| chooses(at)).max_by(|a, b| share(a).total_cmp(&share(b)));
        let smaller = largest.and_then(|at| {
            let left = share(at) - (contest.who.iter().map(share).sum::<f64>() - most);
            // Whole thousandths: a share that people can write.
            let left = (left * 1000.0 + 1e-6).floor() / 1000.0;
            (left > 0.0).then_some(Repair::Traffic(self.faults[*at].id, left))
        });
        Repair::waits(&self.ids(contest)).into_iter().chain(smaller).collect()
    }

    fn concurrent(&self, findings: &mut Vec<Excess>) {
        let bound = self.plan.limits.bound(LimitName::Concurrent);
        if let Some(bound) = bound.filter(|bound| self.concurrent.most > bound.value + 1e-9) {
            let who = self.concurrent.who.iter().map(|at| &self.faults[*at].step);
            let steps: Vec<(&str, Span)> = who.map(|step| (step.name.as_str(), step.span)).collect();
            let finding = errors::concurrent(bound, &steps, self.timeline(&self.concurrent));
            findings.push(Excess { finding, repairs: Repair::waits(&self.ids(&self.concurrent)) });
        }
    }

    fn interference(&self, findings: &mut Vec<Excess>) {
        let pairs = self.clashes.iter().map(|(a, b)| (&self.faults[*a], &self.faults[*b]));
        let meant = |fault: &Fault| fault.injection.may_interfere;
        for (first, second) in pairs.filter(|(first, second)| !meant(first) && !meant(second)).take(MOST_PAIRS) {
            let finding = errors::interference(first.step, second.step, &first.injection.target);
            findings.push(Excess { finding, repairs: Repair::waits(&[first.id, second.id]) });
        }
    }
}

/// For each service of which some fault says how much, who adds what.
fn per_service(faults: &[Fault], weight: impl Fn(&Injection) -> Option<f64>) -> BTreeMap<String, Contest> {
    let counted = faults.iter().filter(|fault| weight(fault.injection).is_some());
    let targets: BTreeSet<&String> = counted.map(|fault| &fault.injection.target).collect();
    let one = |target: &String| {
        let of = |fault: &Fault| if fault.injection.target == *target { weight(fault.injection) } else { None };
        (target.clone(), Contest::new(faults.iter().map(|fault| of(fault).unwrap_or(0.0)).collect()))
    };
    targets.into_iter().map(one).collect()
}

/// Pairs of faults that disturb each other and are shown, at most.
const MOST_PAIRS: usize = 50;

/// So many pairs are enough to know of.
const ENOUGH_PAIRS: usize = 2_000;

/// Pairs that may be active together on the same resource of one service.
fn clash(faults: &[Fault], order: &Order, open: &[Active], pairs: &mut BTreeSet<(usize, usize)>) {
    let resource = |at: usize| (&faults[at].injection.target, &faults[at].injection.resource);
    for (at, first) in open.iter().enumerate() {
        if pairs.len() >= ENOUGH_PAIRS {
            return;
        }
        for second in &open[at + 1..] {
            let (a, b) = (first.fault, second.fault);
            if resource(a) == resource(b) && !order.ordered(a, b) {
                pairs.insert((a, b));
            }
        }
    }
}

/// Where the injects stand that may be active together with another on the same resource, allowed or not.
pub fn interfering(plan: &Plan) -> BTreeSet<Span> {
    let faults = faults(plan);
    let proof = Proof::of(plan, &faults);
    proof.clashes.iter().flat_map(|(a, b)| [faults[*a].step.span, faults[*b].step.span]).collect()
}
