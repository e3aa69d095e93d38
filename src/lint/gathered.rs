//! What is known of all files that are checked together.

use super::subject::Broken;
use super::{Subject, walk};
use crate::analysis::Analysis;
use crate::names::DeclarationId;
use crate::types::term::{Condition, MetricId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// A declaration by its file and name.
type Declaration = (PathBuf, String);

/// What is known of all files that are checked together.
#[derive(Debug, Default)]
pub struct Gathered {
    /// For each system that an experiment is about, the metrics that are read.
    read: BTreeMap<Declaration, BTreeSet<MetricId>>,
    /// Systems that an experiment with a mistake is about: what that one reads is not known.
    blurred: BTreeSet<Declaration>,
    /// The experiments with each `id`.
    ids: BTreeMap<String, BTreeSet<Declaration>>,
}

impl Gathered {
    /// Adds what one file says.
    pub fn add(&mut self, analysis: &Analysis) {
        let (broken, nothing) = (Broken::of(analysis), Self::default());
        let Some(subject) = Subject::new(analysis, None, &nothing, &broken) else { return };
        for (index, written) in subject.file.experiments.iter().enumerate() {
            let id = DeclarationId { module: crate::names::ModuleId(0), index };
            self.experiment(analysis, id, subject.is_sound(written.name.span));
            let own = declaration(analysis, id, &written.name.text);
            let named = written.id.as_ref().and_then(walk::text).zip(own);
            if let Some((text, own)) = named.filter(|(text, _)| !text.is_empty()) {
                self.ids.entry(text.to_owned()).or_default().insert(own);
            }
        }
    }

    fn experiment(&mut self, analysis: &Analysis, id: DeclarationId, sound: bool) {
        let Some((experiment, Some(system_id))) = analysis.checked.experiments.get(&id) else { return };
        let Some(system) = analysis.checked.systems.get(system_id) else { return };
        let Some(key) = declaration(analysis, *system_id, &system.name) else { return };
        if !sound {
            self.blurred.insert(key.clone());
        }
        let slos = system.services.iter().flat_map(|service| &service.slos).map(|slo| &slo.condition);
        let conditions: Vec<&Condition> = experiment.conditions().into_iter().chain(slos).collect();
        let metrics = conditions.into_iter().flat_map(Condition::readings).map(|reading| reading.metric.clone());
        self.read.entry(key).or_default().extend(metrics);
    }

    /// The metrics that some experiment or SLO reads, of a system that experiments are about; nothing where that is not
    /// known.
    pub fn read(&self, file: &Path, system: &str) -> Option<&BTreeSet<MetricId>> {
        let key = (plain(file), system.to_owned());
        self.read.get(&key).filter(|_| !self.blurred.contains(&key))
    }

    /// The experiments with an `id`, each with its file, but for the one in `file` with `name`.
    pub fn others_with_id(&self, id: &str, file: &Path, name: &str) -> Vec<&Declaration> {
        let own = (plain(file), name.to_owned());
        self.ids.get(id).into_iter().flatten().filter(|other| **other != own).collect()
    }
}

/// The path without `.`, so that one file has one path.
pub(super) fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

fn declaration(analysis: &Analysis, id: DeclarationId, name: &str) -> Option<Declaration> {
    let source = analysis.program.sources.get(analysis.program.module(id.module)?.source)?;
    Some((plain(&source.path), name.to_owned()))
}
