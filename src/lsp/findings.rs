//! What is wrong, as the client shows it.

use super::known::Known;
use super::workspace::Workspace;
use super::{address, links};
use crate::base::{Sources, Span};
use crate::diagnostics::{self, Severity};
use gen_lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location,
    Message, PublishDiagnosticsParams, Range, Uri,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is wrong, file by file.
pub type Findings = BTreeMap<PathBuf, Vec<Diagnostic>>;

/// What the client was told last.
#[derive(Debug, Default)]
pub struct Board(Findings);

impl Board {
    /// Everything that is known to be wrong with open documents and what they use.
    pub fn all(&self) -> &Findings {
        &self.0
    }

    /// What is known to be wrong with a file.
    pub fn of(&self, path: &Path) -> Vec<Diagnostic> {
        self.0.get(path).cloned().unwrap_or_default()
    }

    /// Gathers what is wrong now; gives what differs from what was told.
    pub fn update(&mut self, workspace: &Workspace) -> Vec<(PathBuf, PublishDiagnosticsParams)> {
        let now = gather(workspace);
        let before = std::mem::take(&mut self.0);
        let all: BTreeSet<&PathBuf> = before.keys().chain(now.keys()).collect();
        let changed = all.into_iter().filter(|path| before.get(*path) != now.get(*path));
        let told = changed.map(|path| {
            let (uri, version) = named(path, workspace);
            let diagnostics = now.get(path).cloned().unwrap_or_default();
            (path.clone(), PublishDiagnosticsParams { uri, version, diagnostics })
        });
        let told = told.collect();
        self.0 = now;
        told
    }
}

/// How the client calls a file, and the version that it knows, of an open one.
pub fn named(path: &Path, workspace: &Workspace) -> (Uri, Option<i32>) {
    match workspace.documents.get(path) {
        Some(document) => (document.address.clone(), Some(document.version)),
        None => (address::address(path), None),
    }
}

/// Everything that is wrong with open documents and what they use. Every open document is among the files.
fn gather(workspace: &Workspace) -> Findings {
    let mut found: Findings = workspace.documents.keys().map(|path| (path.clone(), Vec::new())).collect();
    for (path, known) in workspace.all_known().filter(|(path, _)| !address::is_own(path)) {
        add(path, known, workspace, &mut found);
    }
    found.values_mut().for_each(|list| sort(list));
    found
}

/// Adds what was found in checking a file, of it and of those that it uses.
pub fn add(path: &Path, known: &Known, workspace: &Workspace, found: &mut Findings) {
    let sources = &known.analysis.program.sources;
    for finding in &known.analysis.findings {
        let of = finding.path(sources).unwrap_or(path);
        let mut shown = diagnostic(finding, sources, workspace);
        // What is wrong with a plugin's module is told where it is used: no editor has that text open.
        let of = if workspace.is_standard(of) { path } else { of };
        if of != finding.path(sources).unwrap_or(path) {
            shown.range = Range::default();
        }
        let list = found.entry(of.to_path_buf()).or_default();
        if !list.contains(&shown) {
            list.push(shown);
        }
    }
}

/// Brings the findings of a file into the order in which they are shown.
pub fn sort(list: &mut [Diagnostic]) {
    list.sort_by_key(|it| (it.range, it.severity.map(u32::from)));
}

/// One finding.
pub fn diagnostic(finding: &diagnostics::Diagnostic, sources: &Sources, workspace: &Workspace) -> Diagnostic {
    let place = |span: Span| location(span, sources, workspace);
    let range = finding.place().and_then(place).map(|it| it.range).unwrap_or_default();
    let related = finding.labels.iter().skip(1).filter_map(|label| {
        let message = if label.text.is_empty() { "here".to_owned() } else { label.text.clone() };
        Some(DiagnosticRelatedInformation { location: place(label.span)?, message })
    });
    let related: Vec<DiagnosticRelatedInformation> = related.collect();
    Diagnostic {
        range,
        severity: Some(severity(finding.severity)),
        code: Some(Code::String(finding.code.name.to_owned())),
        code_description: Some(CodeDescription { href: links::page_of(finding.code.name) }),
        source: Some("chaos".to_owned()),
        message: Message::String(message(finding)),
        tags: finding.code.name.starts_with("unused-").then(|| vec![DiagnosticTag::Unnecessary]),
        related_information: Some(related).filter(|related| !related.is_empty()),
        data: None,
    }
}

/// The headline, what is there, facts, and things to do.
fn message(finding: &diagnostics::Diagnostic) -> String {
    let first = finding.labels.first().map(|label| label.text.as_str()).filter(|text| !text.is_empty());
    let mut lines = vec![finding.headline.clone()];
    lines.extend(first.map(str::to_owned));
    lines.extend(finding.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(finding.all_help().iter().map(|help| format!("help: {help}")));
    lines.join("\n")
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::Error,
        Severity::Warning => DiagnosticSeverity::Warning,
        Severity::Note => DiagnosticSeverity::Information,
    }
}

/// Where a span is; none where its text is part of the program.
pub fn location(span: Span, sources: &Sources, workspace: &Workspace) -> Option<Location> {
    let source = sources.get(span.source)?;
    let range: Range = workspace.with_page(source, |page| page.of(span));
    let uri = match workspace.documents.get(&source.path) {
        Some(document) => document.address.clone(),
        None if source.path.is_absolute() => address::address(&source.path),
        None => links::module_at(&source.path),
    };
    Some(Location { uri, range })
}
