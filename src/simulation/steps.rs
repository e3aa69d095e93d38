//! The steps of a plan by the names that a test gives them, and when they began and ended.

use crate::base::{Instant, unit};
use crate::plan::{Plan, Step, StepKind};
use crate::run::{Moments, Times};
use crate::types::model::Expectation;
use crate::types::trial::{Since, is_named};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The blocks in which each step of a plan lies, by the step's name. Marks are no steps.
pub type Blocks = Arc<BTreeMap<String, Vec<String>>>;

/// The blocks of a plan.
pub fn blocks(plan: &Plan) -> Blocks {
    let steps = plan.graph.steps().filter(|step| !matches!(step.kind, StepKind::Mark));
    Arc::new(steps.map(|step| (step.name.clone(), step.blocks.clone())).collect())
}

/// What is expected in a step.
pub fn expectations(step: &Step) -> Vec<&Expectation> {
    match &step.kind {
        StepKind::Inject(injection) => injection.judged().collect(),
        StepKind::Expect(expectation) => vec![expectation],
        _ => Vec::new(),
    }
}

/// When the steps of a run began and ended, as far as that is known.
#[derive(Clone, Debug)]
pub struct Steps {
    blocks: Blocks,
    times: BTreeMap<String, Times>,
}

impl Steps {
    /// As far as they are known now.
    pub fn of(blocks: &Blocks, moments: &Moments) -> Self {
        Self { blocks: Arc::clone(blocks), times: moments.all() }
    }

    /// Whether a step of the plan is one that this name stands for.
    pub fn is_named(&self, step: &str, name: &str) -> bool {
        let inside = || self.blocks.get(step).into_iter().flatten().any(|block| is_named(block, name));
        is_named(step, name) || inside()
    }

    /// The steps that a name stands for.
    pub fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.blocks.keys().map(String::as_str).filter(move |step| self.is_named(step, name))
    }

    fn times<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Times> + 's {
        self.named(name).map(|step| self.times.get(step).copied().unwrap_or_default())
    }

    /// When the first of the steps of this name began.
    pub fn began(&self, name: &str) -> Option<Instant> {
        self.times(name).filter_map(|times| times.began).min()
    }

    /// When the last of the steps of this name ended, if all have.
    pub fn ended(&self, name: &str) -> Option<Instant> {
        let ends: Option<Vec<Instant>> = self.times(name).map(|times| times.ended).collect();
        ends?.into_iter().max()
    }

    /// Whether all steps of this name were passed over.
    pub fn skipped(&self, name: &str) -> bool {
        self.times(name).next().is_some() && self.times(name).all(|times| times.skipped)
    }

    /// The steps that are being run at a moment.
    pub fn running(&self, at: Instant) -> Vec<&str> {
        let runs =
            |times: &Times| times.began.is_some_and(|began| began <= at) && times.ended.is_none_or(|ended| ended > at);
        self.times.iter().filter(|(_, times)| runs(times)).map(|(step, _)| step.as_str()).collect()
    }

    /// The moment that is meant, if it is known yet.
    pub fn moment(&self, since: &Since) -> Option<Instant> {
        let origin = match &since.step {
            None => Instant(0),
            Some((step, false)) => self.began(step)?,
            Some((step, true)) => self.ended(step)?,
        };
        Some(origin + unit::to_duration(since.offset))
    }
}
