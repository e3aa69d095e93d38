//! Policies that guard files which do not use them: those that a project names.

use super::shelf::{Origin, Shelf};
use super::{ModuleId, Program, errors};
use crate::base::Span;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Where such policies are, and where that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The place.
    pub place: GuardPlace,
    /// What names it.
    pub span: Span,
}

/// A file or a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardPlace {
    /// A file, by the path by which it would be checked.
    File(PathBuf),
    /// A module of the standard library.
    Module(String),
}

impl Program {
    /// Reads what guards the program, as far as it is not part of it yet. What cannot be read, or holds no policy, becomes
    /// a finding.
    pub fn load_guard(&mut self, guard: &Guard, shelf: &Shelf) -> Option<ModuleId> {
        let (found, shown) = match &guard.place {
            GuardPlace::Module(name) => {
                (self.used_module(None, name, guard.span, shelf, &mut Vec::new()), name.clone())
            }
            GuardPlace::File(path) => (self.guard_file(path, guard.span, shelf), path.display().to_string()),
        };
        let id = found?;
        let reach = self.reach([id]);
        let mut files = reach.iter().filter_map(|id| self.module(*id)).map(|module| &module.file);
        if !files.any(|file| !file.policies.is_empty() || !file.lost.is_empty()) {
            self.findings.push(errors::no_policy(&shown, guard.span));
        }
        Some(id)
    }

    fn guard_file(&mut self, path: &std::path::Path, at: Span, shelf: &Shelf) -> Option<ModuleId> {
        let origin = Origin::file(path);
        if let Some(known) = self.known.get(&origin) {
            return Some(*known);
        }
        let added = self.add(origin, shelf, &mut Vec::new());
        added.map_err(|error| self.findings.push(errors::unreadable(path, &error, Some(at)))).ok()
    }

    /// These modules, and all that they use, directly or not.
    pub fn reach(&self, from: impl IntoIterator<Item = ModuleId>) -> BTreeSet<ModuleId> {
        let mut next: Vec<ModuleId> = from.into_iter().collect();
        let mut reached = BTreeSet::new();
        while let Some(id) = next.pop() {
            if reached.insert(id) {
                next.extend(self.module(id).into_iter().flat_map(|module| module.uses.iter().flatten()).copied());
            }
        }
        reached
    }
}
