//! An experiment as it is understood: its conditions, its injects, and the course of its run.

use crate::base::Span;
use crate::plan::{self, Edge};
use crate::types::model::{Experiment, Inject, Step, StepKind};
use crate::types::term::Known;
use std::collections::BTreeMap;

/// All injects of an experiment, those of scenarios among them.
pub fn injects(experiment: &Experiment) -> Vec<(&Step, &Inject)> {
    let mut found = Vec::new();
    each(&experiment.steps, &mut |step| {
        if let StepKind::Inject(inject) = &step.kind {
            found.push((step, inject.as_ref()));
        }
    });
    found
}

fn each<'m>(steps: &'m [Step], see: &mut impl FnMut(&'m Step)) {
    for step in steps {
        see(step);
        for block in step.kind.blocks() {
            each(block, see);
        }
    }
}

/// The course of a run: every step with its name and what comes after it, scenarios, rounds and levels unrolled.
#[derive(Debug)]
pub struct Course<'m> {
    /// The steps; each stands behind those that it waits for.
    pub steps: Vec<plan::Placed<'m>>,
    /// For a step of a scenario, where the experiment uses that.
    homes: BTreeMap<*const Step, Span>,
}

impl<'m> Course<'m> {
    /// The course of an experiment's run.
    pub fn of(experiment: &'m Experiment, known: &Known) -> Self {
        let mut homes = BTreeMap::new();
        for step in &experiment.steps {
            home(step, None, &mut homes);
        }
        Self { steps: plan::arrange(experiment, known).0, homes }
    }

    /// Where the experiment says that a step is done: the step, or the use of the scenario that has it.
    pub fn place(&self, step: &Step) -> Span {
        self.homes.get(&std::ptr::from_ref(step)).copied().unwrap_or(step.span)
    }

    /// Every step that the experiment says, by name, with the place where it says it.
    pub fn places(&self) -> impl Iterator<Item = (&str, Span)> {
        self.steps.iter().filter_map(|placed| match placed.leaf {
            plan::Leaf::Step(step) => Some((placed.name.as_str(), self.place(step))),
            _ => None,
        })
    }

    /// For each step, whether another that `fits` begins after its end.
    pub fn followed(&self, fits: impl Fn(&Step) -> bool) -> Vec<bool> {
        let fits = |placed: &plan::Placed| matches!(placed.leaf, plan::Leaf::Step(step) if fits(step));
        // Whether such a step is this one, or begins after this one has begun; and after it has ended.
        let mut begun: Vec<bool> = self.steps.iter().map(fits).collect();
        let mut ended = vec![false; self.steps.len()];
        for (at, placed) in self.steps.iter().enumerate().rev() {
            for (before, edge) in &placed.before {
                ended[*before] |= begun[at] && *edge == Edge::End;
                begun[*before] |= begun[at];
            }
        }
        ended
    }
}

fn home(step: &Step, used: Option<Span>, homes: &mut BTreeMap<*const Step, Span>) {
    homes.extend(used.map(|used| (std::ptr::from_ref(step), used)));
    let used = used.or(matches!(step.kind, StepKind::Scenario(..)).then_some(step.span));
    for inner in step.kind.blocks().into_iter().flatten() {
        home(inner, used, homes);
    }
}
