//! The instants of a plan: where each step begins and ends, and how much time passes between them.
//!
//! Instants are numbered so that each comes after those it waits for: 0 is the start of the run, the last one its end.

use crate::plan::graph::StepId;
use crate::plan::{self, Edge, Plan, Step};
use std::collections::{BTreeMap, HashMap};

/// A choice and the way that it took.
pub type Way = (StepId, bool);

/// Where the run begins.
pub const ROOT: usize = 0;

/// Time passes between two instants: from `lo` to `hi` seconds.
struct Arc {
    to: usize,
    lo: f64,
    hi: f64,
    /// On which ways it lies; on others it takes no time.
    step: usize,
}

/// All instants.
pub struct Events<'p> {
    next: Vec<Vec<Arc>>,
    /// What happens at each.
    moments: Vec<Moment>,
    /// Where each step begins. It is over at the next instant.
    starts: Vec<usize>,
    /// For each instant the last one before it through which every way to it leads.
    dominator: Vec<usize>,
    /// For each instant the first one behind it through which every way from it leads.
    meets: Vec<usize>,
    /// For each instant the numbers of it and of all that it dominates: from, to.
    below: Vec<(usize, usize)>,
    /// The ways on which each instant lies.
    ways: Vec<&'p [Way]>,
}

/// What happens at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A step begins.
    Start(usize),
    /// A step is over, taken back and all.
    End(usize),
    /// Steps for which several others wait are over; or the run begins, or is over.
    Between,
}

/// When an instant can be at the earliest and at the latest, in seconds from another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub lo: f64,
    pub hi: f64,
}

/// Numbers the instants, each behind those that it waits for.
#[derive(Default)]
struct Numbering<'p> {
    next: Vec<Vec<Arc>>,
    moments: Vec<Moment>,
    starts: Vec<usize>,
    ways: Vec<&'p [Way]>,
    /// The steps by their place in the graph.
    steps: BTreeMap<StepId, usize>,
    /// Where several steps are over for which others wait.
    joins: BTreeMap<Vec<usize>, usize>,
}

impl<'p> Numbering<'p> {
    fn add(&mut self, moment: Moment, ways: &'p [Way]) -> usize {
        self.moments.push(moment);
        self.ways.push(ways);
        self.next.push(Vec::new());
        self.moments.len() - 1
    }

    fn arc(&mut self, from: usize, arc: Arc) {
        self.next[from].push(arc);
    }

    fn step(&mut self, plan: &'p Plan, id: StepId, step: &'p Step) {
        let before = plan.graph.before(id);
        let ends = before.iter().filter(|(_, edge)| *edge == Edge::End);
        let mut ends: Vec<usize> = ends.filter_map(|(id, _)| Some(self.starts[*self.steps.get(id)?] + 1)).collect();
        ends.sort_unstable();
        let gate = self.gate(ends, before.is_empty());
        let number = self.starts.len();
        let start = self.add(Moment::Start(number), &step.guards);
        self.steps.insert(id, number);
        self.starts.push(start);
        if let Some(from) = gate {
            self.arc(from, Arc { to: start, lo: 0.0, hi: 0.0, step: number });
        }
        for (earlier, edge) in before {
            if let (Edge::Start(offset), Some(earlier)) = (edge, self.steps.get(&earlier).copied()) {
                self.arc(self.starts[earlier], Arc { to: start, lo: offset, hi: offset, step: earlier });
            }
        }
        let end = self.add(Moment::End(number), &step.guards);
        let (lo, hi) = (plan::shortest(step, plan), plan::longest(step, plan));
        self.arc(start, Arc { to: end, lo, hi, step: number });
    }

    /// What is waited for, as one instant: where several steps are over there is one of its own, so that what goes on from
    /// there counts from there.
    fn gate(&mut self, ends: Vec<usize>, first: bool) -> Option<usize> {
        match ends.as_slice() {
            [] => first.then_some(ROOT),
            [one] => Some(*one),
            _ => Some(self.join(ends)),
        }
    }

    fn join(&mut self, ends: Vec<usize>) -> usize {
        if let Some(join) = self.joins.get(&ends) {
            return *join;
        }
        let ways = ends.iter().map(|end| self.ways[*end]).reduce(common).unwrap_or_default();
        let join = self.add(Moment::Between, ways);
        for end in &ends {
            self.arc(*end, Arc { to: join, lo: 0.0, hi: 0.0, step: usize::MAX });
        }
        self.joins.insert(ends, join);
        join
    }

    /// Adds the end of the run behind everything.
    fn close(&mut self) {
        let last = self.add(Moment::Between, &[]);
        for event in ROOT..last {
            if self.next[event].is_empty() {
                self.arc(event, Arc { to: last, lo: 0.0, hi: 0.0, step: usize::MAX });
            }
        }
    }
}

impl<'p> Events<'p> {
    /// Those of a plan. Steps are numbered in the plan's order.
    pub fn of(plan: &'p Plan) -> Self {
        let mut all = Numbering::default();
        all.add(Moment::Between, &[]);
        for id in plan.graph.order() {
            if let Some(step) = plan.graph.step(id) {
                all.step(plan, id, step);
            }
        }
        all.close();
        let Numbering { next, moments, starts, ways, .. } = all;
        let (dominator, meets) = (dominators(&next), meeting_points(&next));
        let below = numbered(&dominator);
        Self { next, moments, starts, dominator, meets, below, ways }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.next.len()
    }

    /// What happens at an instant.
    pub fn moment(&self, event: usize) -> Moment {
        self.moments[event]
    }

    /// The step that begins at an instant.
    pub fn begins(&self, event: usize) -> Option<usize> {
        match self.moments[event] {
            Moment::Start(step) => Some(step),
            Moment::End(_) | Moment::Between => None,
        }
    }

    /// Where a step begins.
    pub fn start(&self, step: usize) -> usize {
        self.starts[step]
    }

    /// Where it is over.
    pub fn end(&self, step: usize) -> usize {
        self.starts[step] + 1
    }

    /// The ways on which an instant lies.
    pub fn guards(&self, event: usize) -> &'p [Way] {
        self.ways[event]
    }

    /// Whether several things go on from an instant.
    pub fn forks(&self, event: usize) -> bool {
        self.next[event].len() > 1
    }

    /// The last instant before this one through which every way to it leads.
    pub fn dominator(&self, event: usize) -> usize {
        self.dominator[event]
    }

    /// Where all ways from an instant meet again.
    pub fn meeting(&self, event: usize) -> usize {
        self.meets[event]
    }

    /// Whether every way to `event` leads through `by`, so that its time counts from there alone.
    pub fn dominates(&self, by: usize, event: usize) -> bool {
        let (from, to) = self.below[by];
        (from..=to).contains(&self.below[event].0)
    }

    /// What goes on between an instant and the one where all its ways meet again; both excluded.
    pub fn region(&self, fork: usize) -> Vec<usize> {
        let meeting = self.meets[fork];
        let mut found = vec![false; meeting.saturating_sub(fork)];
        let mut open = vec![fork];
        let mut all = Vec::new();
        while let Some(event) = open.pop() {
            for arc in self.next[event].iter().filter(|arc| arc.to < meeting) {
                if !std::mem::replace(&mut found[arc.to - fork], true) {
                    all.push(arc.to);
                    open.push(arc.to);
                }
            }
        }
        all.sort_unstable();
        all
    }

    /// When the instants of a region are, counted from its fork, where choices have gone the given ways.
    ///
    /// A step that may be skipped takes no time at the least; one that is skipped takes none at all.
    pub fn windows(&self, fork: usize, region: &[usize], ways: &[Way]) -> HashMap<usize, Window> {
        let here = self.guards(fork);
        let mut windows = HashMap::from([(fork, Window { lo: 0.0, hi: 0.0 })]);
        for from in std::iter::once(&fork).chain(region) {
            let Some(at) = windows.get(from).copied() else { continue };
            for arc in &self.next[*from] {
                let guards = self.starts.get(arc.step).map_or(&[][..], |start| self.ways[*start]);
                let certain = guards.iter().all(|guard| here.contains(guard) || ways.contains(guard));
                let skipped = is_skipped(guards, ways);
                let lo = at.lo + if certain { arc.lo } else { 0.0 };
                let hi = at.hi + if skipped { 0.0 } else { arc.hi };
                let window = windows.entry(arc.to).or_insert(Window { lo, hi });
                *window = Window { lo: window.lo.max(lo), hi: window.hi.max(hi) };
            }
        }
        windows
    }
}

/// The ways on which both lie.
fn common<'p>(a: &'p [Way], b: &'p [Way]) -> &'p [Way] {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    &a[..same]
}

/// Whether something lies on a way that was not taken.
pub fn is_skipped(guards: &[Way], ways: &[Way]) -> bool {
    guards.iter().any(|(choice, way)| ways.contains(&(*choice, !way)))
}

/// Dominators of a graph whose nodes are numbered in their order (Cooper, Harvey, Kennedy 2001: one pass is enough then).
fn dominators(next: &[Vec<Arc>]) -> Vec<usize> {
    let mut known: Vec<Option<usize>> = vec![None; next.len()];
    known[ROOT] = Some(ROOT);
    for (from, arcs) in next.iter().enumerate() {
        for arc in arcs {
            let both = known[arc.to].map_or(from, |other| meet(&known, from, other));
            known[arc.to] = Some(both);
        }
    }
    known.into_iter().map(|dominator| dominator.unwrap_or(ROOT)).collect()
}

fn meet(known: &[Option<usize>], mut a: usize, mut b: usize) -> usize {
    while a != b {
        let higher = a.max(b);
        let above = known[higher].unwrap_or(ROOT);
        (a, b) = (a.min(b), above);
    }
    a
}

/// The same from the other end.
fn meeting_points(next: &[Vec<Arc>]) -> Vec<usize> {
    let last = next.len() - 1;
    let mut known = vec![last; next.len()];
    for from in (0..last).rev() {
        let ways = next[from].iter().map(|arc| arc.to);
        let all = ways.reduce(|mut a, mut b| {
            while a != b {
                let behind = known[a.min(b)];
                (a, b) = (a.max(b), behind);
            }
            a
        });
        known[from] = all.unwrap_or(last);
    }
    known
}

/// Numbers the tree of dominators so that what is below a node is a range.
fn numbered(dominator: &[usize]) -> Vec<(usize, usize)> {
    let mut sizes = vec![1_usize; dominator.len()];
    for event in (1..dominator.len()).rev() {
        sizes[dominator[event]] += sizes[event];
    }
    let mut free: Vec<usize> = vec![1; dominator.len()];
    let mut below = vec![(0, dominator.len() - 1); dominator.len()];
    for event in 1..dominator.len() {
        let above = dominator[event];
        let from = below[above].0 + free[above];
        free[above] += sizes[event];
        below[event] = (from, from + sizes[event] - 1);
    }
    below
}
