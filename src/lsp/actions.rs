//! What can be done about what is found: fixes, what is allowed in place, and what an experiment lacks.

use super::additions::additions;
use super::asked::Asked;
use super::findings::{diagnostic, location};
use super::shape::Shape;
use crate::base::Span;
use crate::diagnostics::{Diagnostic, Edit, Fix, lints};
use crate::format::newline;
use gen_lsp_types::{CodeAction, CodeActionKind, TextEdit, Uri, WorkspaceEdit};
use std::collections::HashMap;
use std::ops::Range;

/// All that can be done in a part of a document, or what is of the kinds that are asked for.
pub fn actions(asked: &Asked, bytes: Range<usize>, only: Option<&[CodeActionKind]>) -> Vec<CodeAction> {
    let Some(known) = asked.known else { return Vec::new() };
    let here =
        |finding: &&Diagnostic| finding.place().is_some_and(|place| is_own(asked, place) && touches(place, &bytes));
    let shape = Shape::of(asked.page.text);
    let mut found = Vec::new();
    for finding in known.analysis.findings.iter().filter(here) {
        found.extend(finding.fixes.iter().map(|fix| quick(asked, finding, fix)));
        found.extend(allowed(asked, &shape, finding).map(|fix| quick(asked, finding, &fix)));
    }
    let file = known.analysis.program.modules.first().map(|module| &module.file);
    for experiment in file.iter().flat_map(|file| &file.experiments) {
        let extent = shape.statement_at(experiment.name.span.start as usize);
        if extent.is_some_and(|it| it.start <= bytes.start && bytes.start <= it.end) {
            found.extend(additions(asked, experiment).iter().map(|fix| action(asked, fix, CodeActionKind::QuickFix)));
        }
    }
    found.extend(fix_all(asked));
    found.retain(|it| only.is_none_or(|only| only.iter().any(|kind| is_of(it, kind))));
    found
}

/// Whether an action is of a kind, which holds those with its name and a dot before theirs.
fn is_of(action: &CodeAction, kind: &CodeActionKind) -> bool {
    let own = action.kind.clone().map(String::from).unwrap_or_default();
    let kind = String::from(kind.clone());
    kind.is_empty() || own.strip_prefix(&kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn is_own(asked: &Asked, place: Span) -> bool {
    asked.source() == Some(place.source)
}

fn touches(place: Span, bytes: &Range<usize>) -> bool {
    place.start as usize <= bytes.end && bytes.start <= place.end as usize
}

fn quick(asked: &Asked, finding: &Diagnostic, fix: &Fix) -> CodeAction {
    let shown = asked.known.map(|known| diagnostic(finding, &known.analysis.program.sources, asked.workspace));
    CodeAction {
        diagnostics: shown.map(|shown| vec![shown]),
        is_preferred: fix.safe.then_some(true),
        ..action(asked, fix, CodeActionKind::QuickFix)
    }
}

fn action(asked: &Asked, fix: &Fix, kind: CodeActionKind) -> CodeAction {
    let edit = Some(workspace_edit(asked, &fix.edits));
    CodeAction { title: fix.title.clone(), kind: Some(kind), edit, ..Default::default() }
}

/// Edits of any files.
fn workspace_edit(asked: &Asked, edits: &[Edit]) -> WorkspaceEdit {
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    let sources = asked.known.map(|known| &known.analysis.program.sources);
    for edit in edits {
        if let Some(at) = sources.and_then(|sources| location(edit.span, sources, asked.workspace)) {
            changes.entry(at.uri).or_default().push(TextEdit { range: at.range, new_text: edit.text.clone() });
        }
    }
    WorkspaceEdit { changes: Some(changes), ..Default::default() }
}

/// Allows what a rule finds, in the statement in which it finds it.
fn allowed(asked: &Asked, shape: &Shape, finding: &Diagnostic) -> Option<Fix> {
    let rule = lints::find(finding.code.name)?.name;
    let place = finding.place()?;
    let statement = shape.statement_outside_lists(place.start as usize)?;
    let line = asked.page.text.get(..statement.start)?.rsplit('\n').next()?;
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    let at = Span::new(place.source, statement.start, statement.start);
    let edits = vec![Edit::new(at, format!("@allow({rule}){}{indent}", newline(asked.page.text)))];
    Some(Fix { title: format!("allow `{rule}` here"), edits, safe: false })
}

/// All fixes of the document that need nobody to decide, as far as they do not touch each other.
fn fix_all(asked: &Asked) -> Option<CodeAction> {
    let mut edits: Vec<Edit> = Vec::new();
    for fix in asked.known?.analysis.findings.iter().flat_map(|finding| finding.safe_fixes().take(1)) {
        let own = fix.edits.iter().all(|edit| is_own(asked, edit.span));
        if own && !fix.edits.iter().any(|edit| edits.iter().any(|other| edit.touches(other))) {
            edits.extend(fix.edits.iter().cloned());
        }
    }
    let fix = Fix { title: "apply all safe fixes".to_owned(), edits, safe: true };
    (!fix.edits.is_empty()).then(|| action(asked, &fix, CodeActionKind::SourceFixAll))
}
