//! What is wrong with files that are not open, kept until one of the texts behind it changes.

use super::findings::{self, Findings};
use super::workspace::Workspace;
use crate::base::{Files, Sources};
use crate::names;
use gen_lsp_types::Diagnostic;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Files that were checked without being open. Only what was found is kept: trees and plans of a whole project would fill
/// the memory.
#[derive(Debug, Default)]
pub struct Closed(BTreeMap<PathBuf, Checked>);

#[derive(Debug)]
struct Checked {
    findings: Findings,
    made_from: BTreeSet<PathBuf>,
}

impl Closed {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// An open document has another text: forgets what was made from it, and what lies beside it if it has an environment now.
    pub fn edited(&mut self, path: &Path, has_environment: bool) {
        let beside = |other: &Path| has_environment && other.parent() == path.parent();
        self.0.retain(|other, checked| !beside(other) && !checked.made_from.contains(path));
    }

    /// Whether a file was checked.
    pub fn has(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    /// What was found in checking a file, of it and of those that it uses.
    pub fn found(&self, path: &Path) -> Option<&Findings> {
        self.0.get(path).map(|checked| &checked.findings)
    }

    /// Everything that the files were made from.
    pub fn made_from(&self) -> impl Iterator<Item = PathBuf> {
        self.0.values().flat_map(|checked| checked.made_from.iter().cloned())
    }
}

/// Checks files that are not open.
pub fn check(workspace: &mut Workspace, paths: &[PathBuf]) {
    for (path, known) in paths.iter().zip(workspace.check_all(paths)) {
        let mut checked = Checked { findings: Findings::new(), made_from: BTreeSet::from([path.clone()]) };
        match known {
            Some(known) => {
                findings::add(path, &known, workspace, &mut checked.findings);
                checked.made_from.extend(known.made_from());
            }
            None => checked.findings.extend(unreadable(path, workspace)),
        }
        workspace.closed.0.insert(path.clone(), checked);
    }
}

/// That a file cannot be read, and why.
fn unreadable(path: &Path, workspace: &Workspace) -> Option<(PathBuf, Vec<Diagnostic>)> {
    let error = workspace.files.read(path).err()?;
    let finding = names::unreadable(path, &error, None);
    Some((path.to_path_buf(), vec![findings::diagnostic(&finding, &Sources::default(), workspace)]))
}
