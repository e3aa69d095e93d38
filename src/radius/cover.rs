//! How long faults cover the clock together, at worst.
//!
//! A union is no longer than the sum of its parts, nor than the time from when the first part can begin to when the last
//! must be over. The second is known between an instant at which ways part and the one at which they meet again; of what
//! stands one after the other the parts add up, and of the two ways of a choice the longer counts.

use super::events::Events;
use crate::plan::graph::StepId;
use crate::plan::{self, Plan, Step, StepKind};
use std::collections::BTreeMap;

/// A list of names that is longer, in bytes, is not continued.
const LONGEST_LIST: usize = 200;

/// For each instant how long what it dominates covers at most.
pub struct Cover<'p> {
    events: &'p Events<'p>,
    /// For each step that injects: the step, and the seconds from its inject to when it is surely gone.
    faults: Vec<Option<(&'p Step, f64)>>,
    below: Vec<Vec<usize>>,
    /// For each instant the seconds of all that it dominates.
    seconds: Vec<f64>,
    /// For forks whose ways cover less than their sum: the seconds between it and where they meet.
    hulls: BTreeMap<usize, f64>,
}

impl<'p> Cover<'p> {
    pub fn new(plan: &'p Plan, events: &'p Events<'p>) -> Self {
        let fault = |id: &StepId| match plan.graph.step(*id) {
            Some(step) => match &step.kind {
                StepKind::Inject(injection) => Some((step, plan::active(injection))),
                _ => None,
            },
            None => None,
        };
        let faults = plan.graph.order().iter().map(fault).collect();
        let mut below = vec![Vec::new(); events.count()];
        (1..events.count()).for_each(|event| below[events.dominator(event)].push(event));
        let seconds = vec![0.0; events.count()];
        let mut cover = Self { events, faults, below, seconds, hulls: BTreeMap::new() };
        (0..events.count()).rev().for_each(|event| cover.count(event));
        cover
    }

    /// The parts that add up to the worst case, each with its faults' names.
    pub fn parts(&self) -> Vec<(String, f64)> {
        let mut parts: BTreeMap<usize, (String, f64)> = BTreeMap::new();
        let mut open = vec![0];
        while let Some(event) = open.pop() {
            if let Some(hull) = self.hulls.get(&event) {
                parts.insert(event, (self.names(event), *hull));
                open.extend(self.meeting(event));
                continue;
            }
            parts.extend(self.own(event).map(|(step, seconds)| (event, (step.name.clone(), seconds))));
            open.extend(self.meeting(event));
            open.extend(self.worst(event));
        }
        parts.into_values().collect()
    }

    /// Works out an instant, once all behind it are.
    fn count(&mut self, event: usize) {
        let own = self.own(event).map_or(0.0, |(_, seconds)| seconds);
        let inner: f64 = self.worst(event).into_iter().map(|next| self.seconds[next]).sum();
        let behind = self.meeting(event).map_or(0.0, |next| self.seconds[next]);
        let mut here = own + inner;
        if inner > 0.0 && self.events.forks(event) {
            let hull = self.hull(event);
            if hull < here {
                self.hulls.insert(event, hull);
                here = hull;
            }
        }
        self.seconds[event] = here + behind;
    }

    fn own(&self, event: usize) -> Option<(&'p Step, f64)> {
        *self.faults.get(self.events.begins(event)?)?
    }

    /// The instant where the ways meet, if it is this one's own.
    fn meeting(&self, event: usize) -> Option<usize> {
        let meeting = self.events.meeting(event);
        self.below[event].contains(&meeting).then_some(meeting)
    }

    /// What follows an instant before its ways meet; of choices the way that covers more.
    fn worst(&self, event: usize) -> Vec<usize> {
        let here = self.events.guards(event);
        let meeting = self.meeting(event);
        let mut all = Vec::new();
        let mut choices: BTreeMap<StepId, [Vec<usize>; 2]> = BTreeMap::new();
        for next in self.below[event].iter().copied().filter(|next| Some(*next) != meeting) {
            match self.events.guards(next).iter().find(|guard| !here.contains(guard)) {
                Some((choice, way)) => choices.entry(*choice).or_default()[usize::from(*way)].push(next),
                None => all.push(next),
            }
        }
        let sum = |way: &[usize]| way.iter().map(|next| self.seconds[*next]).sum::<f64>();
        for [otherwise, then] in choices.into_values() {
            all.extend(if sum(&then) >= sum(&otherwise) { then } else { otherwise });
        }
        all
    }

    /// The steps with faults between a fork and where its ways meet, the fork's own among them.
    fn steps(&self, fork: usize, region: &[usize]) -> Vec<usize> {
        let events = std::iter::once(&fork).chain(region);
        let own = events.filter(|event| self.own(**event).is_some() && self.events.dominates(fork, **event));
        own.filter_map(|event| self.events.begins(*event)).collect()
    }

    /// From when the first fault can begin to when the last must be over.
    fn hull(&self, fork: usize) -> f64 {
        let region = self.events.region(fork);
        let windows = self.events.windows(fork, &region, &[]);
        let (mut from, mut until) = (f64::INFINITY, 0.0_f64);
        for step in self.steps(fork, &region) {
            let begins = windows.get(&self.events.start(step));
            let active = self.faults[step].map_or(0.0, |(_, seconds)| seconds);
            from = from.min(begins.map_or(0.0, |window| window.lo));
            // It is prepared before it is injected.
            let over = begins.map_or(f64::INFINITY, |window| window.hi + plan::APPLY_TIMEOUT + active);
            until = until.max(over.min(windows.get(&self.events.end(step)).map_or(f64::INFINITY, |window| window.hi)));
        }
        (until - from).max(0.0)
    }

    fn names(&self, fork: usize) -> String {
        let steps = self.steps(fork, &self.events.region(fork));
        let mut names = String::new();
        for (step, _) in steps.into_iter().filter_map(|step| self.faults[step]) {
            if names.len() > LONGEST_LIST {
                return names + ", …";
            }
            names = if names.is_empty() { step.name.clone() } else { format!("{names} with {}", step.name) };
        }
        names
    }
}
