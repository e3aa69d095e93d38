//! Findings that the client asks for: of one document, or of the whole workspace.
//!
//! A report is named after what it says. Whoever names the report that it has is told only whether that still holds.

use super::findings::{self, Board, Findings, named};
use super::workspace::Workspace;
use super::{address, closed};
use gen_lsp_types as lsp;
use gen_lsp_types::{Diagnostic, FullDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport};
use lsp_server::RequestId;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Files that are checked before the next message is looked at.
const AT_ONCE: usize = 16;

/// What is wrong with one document.
pub fn of_document(board: &Board, path: &Path, previous: Option<&str>) -> lsp::DocumentDiagnosticReport {
    let items = board.of(path);
    let result_id = name(&items);
    if previous == Some(result_id.as_str()) {
        let report = UnchangedDocumentDiagnosticReport { result_id };
        let report = lsp::RelatedUnchangedDocumentDiagnosticReport {
            related_documents: None,
            unchanged_document_diagnostic_report: report,
        };
        return lsp::DocumentDiagnosticReport::RelatedUnchangedDocumentDiagnosticReport(report);
    }
    let report = FullDocumentDiagnosticReport { result_id: Some(result_id), items };
    lsp::DocumentDiagnosticReport::RelatedFullDocumentDiagnosticReport(lsp::RelatedFullDocumentDiagnosticReport {
        related_documents: None,
        full_document_diagnostic_report: report,
    })
}

/// A question about the whole workspace. It is worked on while no other message waits.
pub struct Pull {
    /// The request that is to be answered.
    pub id: RequestId,
    /// The reports that the client has.
    previous: BTreeMap<PathBuf, String>,
    programs: Vec<PathBuf>,
}

impl Pull {
    /// What is asked, of the programs that there are now.
    pub fn new(id: RequestId, params: lsp::WorkspaceDiagnosticParams, workspace: &mut Workspace) -> Self {
        let previous = params.previous_result_ids.into_iter().map(|it| (address::path(&it.uri), it.value)).collect();
        Self { id, previous, programs: workspace.programs() }
    }

    /// Checks some of the files that are not open and were not checked yet; whether none are left.
    pub fn work(&self, workspace: &mut Workspace) -> bool {
        let unknown = |path: &&PathBuf| !workspace.documents.contains_key(*path) && !workspace.closed.has(path);
        let next: Vec<PathBuf> = self.programs.iter().filter(unknown).take(AT_ONCE).cloned().collect();
        closed::check(workspace, &next);
        next.is_empty()
    }

    /// The answer, once everything is checked. A file of which there was a report and which is gone has no findings.
    pub fn report(&self, workspace: &Workspace, board: &Board) -> lsp::WorkspaceDiagnosticReport {
        let mut found = self.gather(workspace, board);
        mention(&mut found, self.previous.keys());
        let items = found.into_iter().filter(|(path, _)| !address::is_own(path));
        lsp::WorkspaceDiagnosticReport { items: items.map(|(path, items)| self.one(&path, items, workspace)).collect() }
    }

    /// Of open documents what is said where only they are asked for; of all others whatever was found in any file.
    fn gather(&self, workspace: &Workspace, board: &Board) -> Findings {
        let mut found = board.all().clone();
        mention(&mut found, &self.programs);
        let closed = self.programs.iter().filter(|path| !workspace.documents.contains_key(*path));
        for (path, more) in closed.filter_map(|path| workspace.closed.found(path)).flatten() {
            if workspace.documents.contains_key(path) {
                continue;
            }
            let list = found.entry(path.clone()).or_default();
            let new: Vec<Diagnostic> = more.iter().filter(|it| !list.contains(it)).cloned().collect();
            list.extend(new);
            findings::sort(list);
        }
        found
    }

    fn one(
        &self,
        path: &Path,
        items: Vec<Diagnostic>,
        workspace: &Workspace,
    ) -> lsp::WorkspaceDocumentDiagnosticReport {
        let (uri, version) = named(path, workspace);
        let result_id = name(&items);
        if self.previous.get(path) == Some(&result_id) {
            let unchanged_document_diagnostic_report = UnchangedDocumentDiagnosticReport { result_id };
            return lsp::WorkspaceUnchangedDocumentDiagnosticReport {
                uri,
                version,
                unchanged_document_diagnostic_report,
            }
            .into();
        }
        let full_document_diagnostic_report = FullDocumentDiagnosticReport { result_id: Some(result_id), items };
        lsp::WorkspaceFullDocumentDiagnosticReport { uri, version, full_document_diagnostic_report }.into()
    }
}

/// Something is said of these files, if only that nothing is wrong.
fn mention<'p>(found: &mut Findings, paths: impl IntoIterator<Item = &'p PathBuf>) {
    for path in paths {
        found.entry(path.clone()).or_default();
    }
}

/// The name of a report: the same findings have the same.
fn name(items: &[Diagnostic]) -> String {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(items).unwrap_or_default().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
