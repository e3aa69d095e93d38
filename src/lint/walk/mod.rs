//! The one place that knows the forms of tree and model: what is declared, named, said and done in a file, in flat lists.

mod course;
mod expressions;
mod names;

pub use course::{Course, injects};
pub use expressions::{
    all_inside, argument_lists, bare_texts, expressions, inside, of_environment, of_experiment, of_experiment_itself,
    of_model, of_policy, of_scenario, of_schedule, of_step_itself, of_steps, of_test, path, text,
};
pub use names::{Declared, declarations, first_names, inner_names, mentions, parameter_lists, used_model, variable};

use crate::syntax::File;
use crate::syntax::tree::{Expect, Inject, Step, StepKind};

/// The lists of steps of a file: of each experiment's run and of each scenario.
pub fn runs(file: &File) -> impl Iterator<Item = &[Step]> {
    let runs = file.experiments.iter().filter_map(|it| it.run.as_ref()).map(|run| run.steps.as_slice());
    runs.chain(file.scenarios.iter().map(|it| it.steps.as_slice()))
}

/// All steps of a list, those of blocks behind their block.
pub fn steps(list: &[Step]) -> Vec<&Step> {
    let mut found = Vec::new();
    for step in list {
        found.push(step);
        found.extend(step.blocks().into_iter().flat_map(steps));
    }
    found
}

/// What a step injects.
pub fn injected(step: &Step) -> Option<&Inject> {
    if let StepKind::Inject(inject) = &step.kind { Some(inject) } else { None }
}

/// The expectations of a step: its own, and those of its block.
pub fn expected(step: &Step) -> &[Expect] {
    match &step.kind {
        StepKind::Inject(inject) => &inject.expectations,
        StepKind::Expect(expect) => std::slice::from_ref(expect),
        _ => &[],
    }
}

/// All expectations of a file, on experiments, as steps and in blocks.
pub fn expectations(file: &File) -> Vec<&Expect> {
    let own = file.experiments.iter().flat_map(|it| &it.expectations);
    own.chain(runs(file).flat_map(steps).flat_map(expected)).collect()
}
