//! The instants of a plan: where each step begins and ends, and how much time passes between them.
//!
//! Instants are numbered so that each comes after those it waits for: 0 is the start of the run, the last one its end.

use crate::plan::graph::StepId;
use crate::plan::{self, Edge, Plan};
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
    /// For each instant the last one before it through which every way to it leads.
    dominator: Vec<usize>,
    /// For each instant the first one behind it through which every way from it leads.
    meets: Vec<usize>,
    /// For each instant the numbers of it and of all that it dominates: from, to.
    below: Vec<(usize, usize)>,
    /// For each step, the ways on which it lies.
    guards: Vec<&'p [Way]>,
}

/// When an instant can be at the earliest and at the latest, in seconds from another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub lo: f64,
    pub hi: f64,
}

/// Where a step begins.
pub fn start(step: usize) -> usize {
    2 * step + 1
}

/// Whether a step begins at an instant.
pub fn is_start(event: usize) -> bool {
    event % 2 == 1
}

/// Where it is over, taken back and all.
pub fn end(step: usize) -> usize {
    2 * step + 2
}

impl<'p> Events<'p> {
    /// Those of a plan. Steps are numbered in the plan's order.
    pub fn of(plan: &'p Plan) -> Self {
        let order = plan.graph.order();
        let numbers: BTreeMap<StepId, usize> = order.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let last = 2 * order.len() + 1;
        let mut next: Vec<Vec<Arc>> = (0..=last).map(|_| Vec::new()).collect();
        let mut guards: Vec<&[Way]> = Vec::new();
        for (at, id) in order.iter().enumerate() {
            let Some(step) = plan.graph.step(*id) else { continue };
            guards.push(&step.guards);
            let (lo, hi) = (plan::shortest(step), plan::longest(step, plan.no_data));
            next[start(at)].push(Arc { to: end(at), lo, hi, step: at });
            let before = plan.graph.before(*id);
            if before.is_empty() {
                next[ROOT].push(Arc { to: start(at), lo: 0.0, hi: 0.0, step: at });
            }
            for (earlier, edge) in before {
                let Some(earlier) = numbers.get(&earlier).copied() else { continue };
                let (from, passes) = match edge {
                    Edge::End => (end(earlier), 0.0),
                    Edge::Start(offset) => (start(earlier), offset),
                };
                next[from].push(Arc { to: start(at), lo: passes, hi: passes, step: earlier });
            }
        }
        for event in (ROOT..last).filter(|event| event % 2 == 0) {
            if next[event].is_empty() {
                next[event].push(Arc { to: last, lo: 0.0, hi: 0.0, step: usize::MAX });
            }
        }
        let (dominator, meets) = (dominators(&next), meeting_points(&next));
        let below = numbered(&dominator);
        Self { next, dominator, meets, below, guards }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.next.len()
    }

    /// The step that begins or ends at an instant.
    pub fn step(&self, event: usize) -> Option<usize> {
        event.checked_sub(1).map(|event| event / 2).filter(|step| *step < self.guards.len())
    }

    /// The ways on which an instant lies.
    pub fn guards(&self, event: usize) -> &'p [Way] {
        self.step(event).map_or(&[], |step| self.guards[step])
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
                let guards = self.guards.get(arc.step).copied().unwrap_or_default();
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

/// Whether something lies on a way that was not taken.
pub fn is_skipped(guards: &[Way], ways: &[Way]) -> bool {
    guards.iter().any(|(choice, way)| ways.contains(&(*choice, !way)))
}

/// Dominators of a graph whose nodes are numbered in their order (Cooper, Harvey, Kennedy 2001: one pass is enough then).
fn dominators(next: &[Vec<Arc>]) -> Vec<usize> {
    let mut known: Vec<Option<usize>> = vec![None; next.len()];
    known[ROOT] = Some(ROOT);
    for from in 0..next.len() {
        for arc in &next[from] {
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
