//! An experiment that means something: nothing is wrong with it, nor with its system, nor with anything that it may name.

use super::Subject;
use super::walk::{self, Course};
use crate::analysis::whole_ranges;
use crate::diagnostics::any_error;
use crate::names::{DeclarationId, ModuleId};
use crate::plan::{self, Plan};
use crate::syntax::tree;
use crate::types::model::{self, System};

/// An experiment with what it means.
#[derive(Debug)]
pub struct Study<'a> {
    /// Which it is.
    pub id: DeclarationId,
    /// As it is written.
    pub written: &'a tree::Experiment,
    /// As it is understood.
    pub model: &'a model::Experiment,
    /// The system it is about.
    pub system: &'a System,
    /// The course of its run.
    pub course: Course<'a>,
    system_id: DeclarationId,
}

impl<'a> Study<'a> {
    /// All of a file, in order.
    pub fn all(subject: &Subject<'a>) -> Vec<Self> {
        let files = subject.analysis.program.modules.iter().map(|module| &*module.file);
        let mut parts = files.flat_map(walk::declarations).filter(walk::Declared::is_part);
        if !parts.all(|part| subject.is_sound(part.name.span)) {
            return Vec::new();
        }
        let all = subject.file.experiments.iter().enumerate();
        all.filter_map(|(index, written)| Self::of(DeclarationId { module: ModuleId(0), index }, written, subject))
            .collect()
    }

    fn of(id: DeclarationId, written: &'a tree::Experiment, subject: &Subject<'a>) -> Option<Self> {
        let (model, system_id) = subject.analysis.checked.experiments.get(&id)?;
        let system_id = (*system_id)?;
        let system = subject.is_sound(written.name.span).then(|| subject.system(system_id))??;
        let course = Course::of(model, &whole_ranges(model));
        Some(Self { id, written, model, system, course, system_id })
    }

    /// Its plan in each environment that is known for it, or in the one that was asked for, parameters as ranges; only where
    /// it could run.
    pub fn plans(&self, subject: &Subject) -> Vec<Plan> {
        let known = whole_ranges(self.model);
        let fits = |name: &str| subject.environment.is_none_or(|wanted| wanted == name);
        let all = subject.analysis.checked.environments.values();
        let placed = all.filter(|(it, system)| *system == Some(self.system_id) && fits(&it.name) && !it.flawed);
        let plans = placed.map(|(environment, _)| {
            let stage = plan::Stage::of(self.system, environment);
            plan::lower(plan::Choice { stage: &stage, experiment: self.model, known: &known })
        });
        plans.filter(|(_, findings)| !any_error(findings)).map(|(plan, _)| plan).collect()
    }
}
