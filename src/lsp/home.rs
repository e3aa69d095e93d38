//! The project that files lie in.

use crate::base::{Files, Sources};
use crate::diagnostics::Diagnostic;
use crate::names::Shelf;
use crate::project::{Pins, Project};
use std::path::Path;
use std::sync::Arc;

/// A project with its text.
#[derive(Debug)]
pub struct Home {
    /// What it says.
    pub project: Project,
    /// Its text, and that of its lock file.
    pub sources: Sources,
    /// What is wrong with them.
    pub findings: Vec<Diagnostic>,
}

impl Home {
    /// Reads a `chaos.toml`; none where it cannot be read.
    pub fn read(file: &Path, files: &dyn Files, shelf: &Shelf) -> Option<Arc<Self>> {
        let text = files.read(file).ok()?;
        let mut sources = Sources::numbered_by(shelf.numbers());
        let source = sources.add(file, text.clone());
        let (project, mut findings) = Project::read(file.parent()?, source, &text);
        let pins = Pins::of(&project, files);
        findings.extend(pins.findings(&project, &pins.path, &mut sources));
        Some(Arc::new(Self { project, sources, findings }))
    }
}
