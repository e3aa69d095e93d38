//! Many files at once: on all processors, with each file that several use read once.

use super::{Analysis, analyse_from};
use crate::base::{FileError, SourceId, Sources, parallel};
use crate::diagnostics::{Diagnostic, tidy_files};
use crate::names::{Guard, GuardPlace, Shelf, stdlib, unreadable};
use crate::project::Project;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A file that is checked, and where its experiments are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The file.
    pub path: PathBuf,
    /// The environment that was asked for.
    pub environment: Option<String>,
    /// What its project names for its policies.
    pub guards: Vec<Guard>,
}

impl Target {
    /// A file that no project says anything of.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), environment: None, guards: Vec::new() }
    }
}

/// What a project names for its policies. A path ends like a file of the language or has folders; all else is a module.
/// `shown` says how a path is written.
pub fn guards(project: &Project, shown: impl Fn(&Path) -> PathBuf) -> Vec<Guard> {
    let guard = |(text, span): &(String, _)| {
        let is_path = text.contains('/') || text.ends_with(".chaos");
        let place = match is_path && stdlib::module(text).is_none() {
            true => GuardPlace::File(shown(&project.folder.join(text))),
            false => GuardPlace::Module(text.clone()),
        };
        Guard { place, span: *span }
    };
    project.policies.iter().map(guard).collect()
}

/// What was found in many files.
#[derive(Debug)]
pub struct Survey {
    /// The texts, those of used files among them.
    pub sources: Sources,
    /// Everything that is wrong, by path and place, each once.
    pub findings: Vec<Diagnostic>,
    /// For each file the texts that were read for it.
    read: Vec<(PathBuf, BTreeSet<SourceId>)>,
}

impl Survey {
    /// What was found in each of the targets, in their order, all read from one shelf.
    pub fn new(targets: &[Target], found: Vec<Found>, sources: Sources) -> Self {
        let (mut findings, mut read) = (Vec::new(), Vec::new());
        for (target, found) in targets.iter().zip(found) {
            findings.extend(found.findings);
            read.push((target.path.clone(), found.read));
        }
        tidy_files(&mut findings, &sources);
        Self { sources, findings, read }
    }

    /// Adds what was found elsewhere, in texts that were numbered with these.
    #[must_use]
    pub fn with(mut self, findings: &[Diagnostic], sources: &Sources) -> Self {
        self.sources.join(sources);
        self.findings.extend_from_slice(findings);
        tidy_files(&mut self.findings, &self.sources);
        self
    }

    /// The files that were checked, whether something was found in them or not.
    pub fn files(&self) -> Vec<PathBuf> {
        self.read.iter().map(|(path, _)| path.clone()).collect()
    }

    /// Whether a file was read to check another.
    pub fn is_used_by(&self, path: &Path, user: &Path) -> bool {
        let Some(source) = self.sources.find(path) else { return false };
        self.read.iter().any(|(known, read)| known == user && read.contains(&source))
    }
}

/// What was found in one file.
#[derive(Debug, Default)]
pub struct Found {
    findings: Vec<Diagnostic>,
    read: BTreeSet<SourceId>,
}

impl Found {
    /// In one that was read.
    pub fn in_file(analysis: &Analysis, findings: Vec<Diagnostic>) -> Self {
        Self { findings, read: analysis.program.sources.all().map(|(id, _)| id).collect() }
    }

    /// In one that cannot be read.
    pub fn unreadable(target: &Target, error: &FileError) -> Self {
        Self { findings: vec![unreadable(&target.path, error, None)], read: BTreeSet::new() }
    }
}

/// Analyses each file and does `work` with it; the results come in the order of the files.
pub fn each<T: Send>(
    targets: &[Target],
    shelf: &Shelf,
    work: impl Fn(&Target, Result<Analysis, FileError>) -> T + Sync,
) -> Vec<T> {
    // All are parsed first: whoever looks for an environment beside a file would else wait for one thread to parse them.
    parallel::map(targets, |target| shelf.prepare(&target.path));
    parallel::map(targets, |target| work(target, analyse_from(shelf, target)))
}

/// Everything that is wrong with these files. One that cannot be read is a finding, too.
pub fn survey(targets: &[Target], shelf: &Shelf) -> Survey {
    let found = each(targets, shelf, |target, read| match read {
        Ok(mut analysis) => {
            let findings = std::mem::take(&mut analysis.findings);
            Found::in_file(&analysis, findings)
        }
        Err(error) => Found::unreadable(target, &error),
    });
    Survey::new(targets, found, shelf.sources())
}
