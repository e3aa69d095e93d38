//! Which faults can be active at one time, by the clock.
//!
//! Faults that are active together have a last instant before all of them that each comes from: a fork. Counted from there,
//! each is active within a window. What happened before the fork has shifted all of them alike and does not count. So each
//! fork's windows are swept once, for each way that the choices in between can go.

use super::Fault;
use super::events::{Events, Way, Window, is_skipped};
use crate::plan::graph::StepId;
use crate::plan::{self, Injection};
use std::collections::BTreeSet;

/// So many choices at one fork are followed both ways; of further ones both ways count together, which is never too low.
const MOST_CHOICES: usize = 6;

/// Instants that differ by less, in seconds, are the same.
const SAME: f64 = 1e-6;

/// A fault, and when it can be active, in seconds from a fork.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Active {
    /// Its number among the faults.
    pub fault: usize,
    /// At the earliest.
    pub from: f64,
    /// At the latest.
    pub until: f64,
}

/// Shows every set of faults whose windows share an instant, as long as none holds it, to `visit`, with the fork from
/// which it counts.
pub fn each(events: &Events, faults: &[Fault], mut visit: impl FnMut(usize, &[Active])) {
    let numbers = numbers(events, faults);
    for fork in (0..events.count()).filter(|event| events.forks(*event)) {
        let region = events.region(fork);
        let begins = std::iter::once(&fork).chain(&region);
        let members: Vec<usize> = begins
            .filter(|event| events.dominates(fork, **event))
            .filter_map(|event| numbers[events.begins(*event)?])
            .collect();
        if members.len() < 2 {
            continue;
        }
        for ways in ways(events, fork, faults, &members) {
            let windows = events.windows(fork, &region, &ways);
            let active = members.iter().filter(|member| !is_skipped(&faults[**member].step.guards, &ways));
            let active = active.filter_map(|member| {
                let fault = &faults[*member];
                let (begins, over) =
                    (windows.get(&events.start(fault.number))?, windows.get(&events.end(fault.number))?);
                let until = latest(*begins, *over, fault.injection);
                Some(Active { fault: *member, from: begins.lo, until })
            });
            sweep(active.collect(), |set| visit(fork, set));
        }
    }
}

/// When a fault is gone at the latest: it is prepared before it is injected, and its step is over only later.
pub fn latest(begins: Window, over: Window, injection: &Injection) -> f64 {
    over.hi.min(begins.hi + plan::APPLY_TIMEOUT + plan::active(injection))
}

/// For each step the number of its fault.
fn numbers(events: &Events, faults: &[Fault]) -> Vec<Option<usize>> {
    let mut numbers = vec![None; events.count() / 2 + 1];
    for (at, fault) in faults.iter().enumerate() {
        numbers[fault.number] = Some(at);
    }
    numbers
}

/// Every way that the choices can go on which some of the faults depend.
fn ways(events: &Events, fork: usize, faults: &[Fault], members: &[usize]) -> Vec<Vec<Way>> {
    let here = events.guards(fork);
    let guards = members.iter().flat_map(|member| &faults[*member].step.guards);
    let choices: BTreeSet<StepId> = guards.filter(|guard| !here.contains(guard)).map(|(choice, _)| *choice).collect();
    let mut all = vec![Vec::new()];
    for choice in choices.into_iter().take(MOST_CHOICES) {
        let both = |ways: Vec<Way>| [true, false].map(|way| [ways.as_slice(), &[(choice, way)]].concat());
        all = all.into_iter().flat_map(both).collect();
    }
    all
}

/// The greatest sets of windows that share an instant.
fn sweep(mut windows: Vec<Active>, mut visit: impl FnMut(&[Active])) {
    windows.sort_by(|a, b| a.from.total_cmp(&b.from));
    let mut open: Vec<Active> = Vec::new();
    for window in windows {
        let over = |other: &Active| other.until < window.from - SAME;
        if open.iter().any(over) {
            in_order(&open, &mut visit);
            open.retain(|other| !over(other));
        }
        open.push(window);
    }
    in_order(&open, &mut visit);
}

/// In the plan's order, in which each stands behind those that it waits for.
fn in_order(open: &[Active], visit: &mut impl FnMut(&[Active])) {
    let mut open = open.to_vec();
    open.sort_by_key(|active| active.fault);
    visit(&open);
}

#[cfg(test)]
mod tests {
    use super::{Active, sweep};

    #[test]
    fn windows_that_touch_are_open_together() {
        let window = |fault: usize, from: f64, until: f64| Active { fault, from, until };
        let mut sets = Vec::new();
        let windows = vec![window(0, 0.0, 10.0), window(1, 10.0, 20.0), window(2, 10.1, 11.0), window(3, 30.0, 31.0)];
        sweep(windows, |set| sets.push(set.iter().map(|active| active.fault).collect::<Vec<_>>()));
        assert_eq!(sets, [vec![0, 1], vec![1, 2], vec![3]]);
    }
}
