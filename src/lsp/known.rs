//! A document that was checked.

use super::index::{self, Occurrence};
use crate::analysis::{Analysis, Planned};
use crate::base::SourceId;
use crate::diagnostics::any_error;
use crate::names::DeclarationId;
use std::path::PathBuf;
use std::sync::OnceLock;

/// A document that was checked.
#[derive(Debug)]
pub struct Known {
    /// What it means, and everything that is wrong with it; the linter's findings among that.
    pub analysis: Analysis,
    occurrences: OnceLock<Vec<Occurrence>>,
}

impl Known {
    /// What was found in checking it.
    pub fn new(analysis: Analysis) -> Self {
        Self { analysis, occurrences: OnceLock::new() }
    }

    /// The names in the document and what they mean, by place.
    pub fn occurrences(&self) -> &[Occurrence] {
        self.occurrences.get_or_init(|| index::occurrences(&self.analysis.program))
    }

    /// The plans of an experiment. None where anything is wrong: what could not be read may be what does the harm.
    pub fn plans(&self, of: DeclarationId) -> impl Iterator<Item = &Planned> {
        let sound = !any_error(&self.analysis.findings);
        self.analysis.plans.iter().filter(move |(id, _)| sound && *id == of).map(|(_, planned)| planned)
    }

    /// The files that it was made from: texts and components.
    pub fn made_from(&self) -> Vec<PathBuf> {
        let program = &self.analysis.program;
        let texts = program.sources.all().map(|(_, source)| source.path.clone());
        texts.chain(program.components.keys().cloned()).collect()
    }

    /// The document's own text.
    pub fn source(&self) -> Option<SourceId> {
        self.analysis.program.modules.first().map(|module| module.source)
    }
}
