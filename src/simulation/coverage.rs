//! Which expectations and triggers the tests have seen violated. One that no test breaks may be one that nothing breaks.

use super::trial::Record;
use crate::base::Span;
use crate::plan::{Plan, StepKind};
use crate::run::Verdict;
use std::collections::BTreeMap;

/// A condition that can be violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The step it belongs to, without the numbers of rounds; the experiment for those on the whole run.
    pub of: String,
    /// The author's words.
    pub text: String,
    /// Whether it is a trigger, and not an expectation.
    pub is_trigger: bool,
    /// How many tests have seen it violated.
    pub violated: usize,
}

/// The coverage of experiments, by their names; conditions by where they stand.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    experiments: BTreeMap<String, BTreeMap<(Span, String), Covered>>,
}

impl Coverage {
    /// Takes in what a run has shown.
    pub fn take(&mut self, record: &Record, plan: &Plan) {
        let own = self.experiments.entry(plan.experiment.clone()).or_default();
        for (span, of, text, is_trigger) in conditions(plan) {
            let fresh = Covered { of, text: text.clone(), is_trigger, violated: 0 };
            let covered = own.entry((span, text)).or_insert(fresh);
            covered.violated += usize::from(is_violated(covered, record));
        }
    }

    /// Adds another.
    pub fn join(&mut self, other: Coverage) {
        for (experiment, conditions) in other.experiments {
            let own = self.experiments.entry(experiment).or_default();
            for (place, one) in conditions {
                own.entry(place).and_modify(|known| known.violated += one.violated).or_insert(one);
            }
        }
    }

    /// By experiment, in the order of the text.
    pub fn experiments(&self) -> impl Iterator<Item = (&str, Vec<&Covered>)> {
        self.experiments.iter().map(|(name, conditions)| (name.as_str(), conditions.values().collect()))
    }
}

/// Everything of a plan that can be violated: its place, its step, its words, and whether it is a trigger.
fn conditions(plan: &Plan) -> Vec<(Span, String, String, bool)> {
    let name = crate::types::trial::without_rounds;
    let steps = plan.graph.steps().flat_map(|step| match &step.kind {
        StepKind::Inject(injection) => {
            injection.judged().map(|it| (it.span, name(&step.name), it.text.clone(), false)).collect()
        }
        StepKind::Expect(it) => vec![(it.span, name(&step.name), it.text.clone(), false)],
        StepKind::Stable(_) => vec![(step.span, name(&step.name), "stable".to_owned(), false)],
        _ => Vec::new(),
    });
    let overall = plan.expectations.iter().map(|it| (it.span, plan.experiment.clone(), it.text.clone(), false));
    let aborts = plan.aborts.iter().map(|it| (it.span, plan.experiment.clone(), it.text.clone(), true));
    let slos = plan.watched().map(|it| (it.span, it.service.clone(), it.text.clone(), true));
    steps.chain(overall).chain(aborts).chain(slos).collect()
}

fn is_violated(condition: &Covered, record: &Record) -> bool {
    let ending = &record.ending;
    if condition.is_trigger {
        let stopped = ending.reasons.iter().filter(|reason| reason.verdict == Verdict::Aborted);
        return stopped.into_iter().any(|reason| reason.text.contains(&condition.text));
    }
    let violated = ending.judged.iter().filter(|it| it.verdict == Verdict::Refuted);
    violated.into_iter().any(|it| {
        let same = it.text == condition.text || condition.text == "stable" && it.text.starts_with("stable ");
        same && crate::types::trial::without_rounds(&it.of) == condition.of
    })
}
