//! What rules look at: one checked file, with what is sound in it.

use super::{Gathered, Study, walk};
use crate::analysis::Analysis;
use crate::base::{SourceId, Sources, Span};
use crate::diagnostics::{Diagnostic, Severity};
use crate::names::{DeclarationId, Kind, Module, ModuleId};
use crate::syntax::File;
use crate::syntax::tree;
use crate::types::model::System;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// One file, checked.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Everything that is known of it.
    pub analysis: &'a Analysis,
    /// Its tree.
    pub file: &'a File,
    /// The environment that was asked for; none: any that is known.
    pub environment: Option<&'a str>,
    /// What is known of all files that are checked together.
    pub gathered: &'a Gathered,
    /// Where declarations with mistakes begin.
    broken: &'a Broken,
    /// Its experiments as they are understood, once somebody asked for them.
    studies: OnceCell<Vec<Study<'a>>>,
}

/// The declarations in which something is wrong, each by the place of its name.
#[derive(Debug, Default)]
pub struct Broken {
    declarations: BTreeSet<Span>,
    sources: BTreeSet<SourceId>,
}

impl Broken {
    /// The declarations of an analysis in which a text, a name or a type is wrong.
    pub fn of(analysis: &Analysis) -> Self {
        let mut broken = Self::default();
        let starts: Vec<Vec<Span>> = analysis.program.modules.iter().map(|module| starts(&module.file)).collect();
        // What is wrong in an environment, or with limits, leaves a declaration what it is.
        let timely = analysis.findings.iter().filter(|finding| finding.code.name < "E05");
        let findings = analysis.program.findings.iter().chain(&analysis.checked.findings).chain(timely);
        for place in findings.filter(|it| it.severity == Severity::Error).filter_map(Diagnostic::place) {
            broken.sources.insert(place.source);
            let module = analysis.program.modules.iter().position(|module| module.source == place.source);
            let starts = module.and_then(|at| starts.get(at)).map_or(&[][..], Vec::as_slice);
            let behind = starts.partition_point(|start| start.start <= place.start);
            broken.declarations.extend(behind.checked_sub(1).and_then(|at| starts.get(at)));
        }
        broken
    }
}

/// Where the names of a file's declarations stand, in order. A mistake belongs to the last one before it.
fn starts(file: &File) -> Vec<Span> {
    let mut starts: Vec<Span> = walk::declarations(file).iter().map(|declared| declared.name.span).collect();
    starts.extend(file.uses.iter().map(|it| it.span));
    starts.sort_unstable();
    starts
}

impl<'a> Subject<'a> {
    /// The file that was asked for; nothing where there is none.
    pub fn new(
        analysis: &'a Analysis,
        environment: Option<&'a str>,
        gathered: &'a Gathered,
        broken: &'a Broken,
    ) -> Option<Self> {
        let file = &analysis.program.modules.first()?.file;
        Some(Self { analysis, file, environment, gathered, broken, studies: OnceCell::new() })
    }

    /// The file as part of the program.
    pub fn module(&self) -> Option<&'a Module> {
        self.analysis.program.module(ModuleId(0))
    }

    /// All texts.
    pub fn sources(&self) -> &'a Sources {
        &self.analysis.program.sources
    }

    /// The author's own words.
    pub fn text(&self, at: Span) -> &'a str {
        self.sources().text(at)
    }

    /// Where what a name means in this file is declared.
    pub fn declared(&self, kind: Kind, name: &str) -> Option<Span> {
        self.module()?.scope.place(kind, name)
    }

    /// Whether nothing is wrong with any text, name or type of the file.
    pub fn is_whole(&self) -> bool {
        self.module().is_some_and(|module| !self.broken.sources.contains(&module.source))
    }

    /// Whether nothing is wrong with any text, name or type of the file and of all that it uses.
    pub fn is_well_founded(&self) -> bool {
        self.broken.sources.is_empty()
    }

    /// Whether nothing is wrong with the declaration that has its name here.
    pub fn is_sound(&self, name: Span) -> bool {
        !self.broken.declarations.contains(&name)
    }

    /// The file's experiments in which nothing is wrong, as they are written.
    pub fn experiments(&self) -> impl Iterator<Item = &'a tree::Experiment> + '_ {
        self.file.experiments.iter().filter(|it| self.is_sound(it.name.span))
    }

    /// The file's scenarios in which nothing is wrong, as they are written.
    pub fn scenarios(&self) -> impl Iterator<Item = &'a tree::Scenario> + '_ {
        self.file.scenarios.iter().filter(|it| self.is_sound(it.name.span))
    }

    /// The steps of experiments and scenarios in which nothing is wrong.
    pub fn runs(&self) -> impl Iterator<Item = &'a [tree::Step]> + '_ {
        let runs = self.experiments().filter_map(|it| it.run.as_ref()).map(|run| run.steps.as_slice());
        runs.chain(self.scenarios().map(|it| it.steps.as_slice()))
    }

    /// The file's environments in which nothing is wrong, as they are written.
    pub fn environments(&self) -> impl Iterator<Item = &'a tree::Environment> + '_ {
        self.file.environments.iter().filter(|it| self.is_sound(it.name.span))
    }

    /// A system, if nothing is wrong with it.
    pub fn system(&self, id: DeclarationId) -> Option<&'a System> {
        let written = self.analysis.program.module(id.module)?.file.systems.get(id.index)?;
        self.is_sound(written.name.span).then(|| self.analysis.checked.systems.get(&id))?
    }

    /// The file's systems in which nothing is wrong: each as it is written, and what it means.
    pub fn systems(&self) -> impl Iterator<Item = (&'a tree::System, &'a System)> + '_ {
        let all = self.file.systems.iter().enumerate();
        all.filter_map(|(index, written)| Some((written, self.system(DeclarationId { module: ModuleId(0), index })?)))
    }

    /// The system of an environment of this file.
    pub fn placed_system(&self, environment: &tree::Environment) -> Option<&'a System> {
        let index = self.file.environments.iter().position(|it| it.name.span == environment.name.span)?;
        let (_, system) = self.analysis.checked.environments.get(&DeclarationId { module: ModuleId(0), index })?;
        self.system((*system)?)
    }

    /// The file's experiments in which nothing is wrong, nor in their systems, nor in anything that they may name.
    pub fn studies(&self) -> &[Study<'a>] {
        self.studies.get_or_init(|| Study::all(self))
    }
}
