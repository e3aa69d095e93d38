//! What texts would mean with other names in them, found out before the names are given.

use super::asked::Asked;
use super::index::What;
use super::known::Known;
use super::workspace::Workspace;
use crate::analysis::Planned;
use crate::base::{Files, Overlay, Span};
use crate::diagnostics::{Diagnostic, Edit, Severity, apply};
use crate::names::{DeclarationId, Shelf};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Programs that are held in memory at one time.
const AT_ONCE: usize = 16;

/// Edits of texts, by their paths; each in order, and none in another.
pub type Edits = BTreeMap<PathBuf, Vec<Edit>>;

/// What stands against edits that change names: an error in one of the programs that was not there before, or a name that would
/// mean something else.
pub fn objection(workspace: &Workspace, edits: &Edits, programs: &[PathBuf]) -> Option<String> {
    let files = match edited(workspace, edits) {
        Ok(files) => files,
        Err(why) => return Some(why),
    };
    let (old, new) = (Shelf::new(workspace.files), Shelf::new(&files));
    let mut before = workspace.over(workspace.files, &old);
    let mut after = workspace.over(&files, &new);
    programs.chunks(AT_ONCE).find_map(|some| {
        let pairs = before.check_all(some).into_iter().zip(after.check_all(some));
        let mut pairs = pairs.filter_map(|(before, after)| Some((before?, after?)));
        pairs.find_map(|(before, after)| {
            let wrong = new_error(&before, &after).or_else(|| lost(&before, &after));
            wrong.or_else(|| other_meaning(&before, &after, edits))
        })
    })
}

/// Whether edits of the document would make an error that it does not have.
pub fn adds_error(asked: &Asked, edits: &Edits) -> bool {
    let Some((before, files)) = asked.known.zip(edited(asked.workspace, edits).ok()) else { return true };
    let shelf = Shelf::new(&files);
    let mut after = asked.workspace.over(&files, &shelf);
    let after = after.check_all(&[asked.path.to_path_buf()]).pop().flatten();
    after.is_none_or(|after| new_error(before, &after).is_some())
}

/// The files with edits in them.
fn edited<'w>(workspace: &'w Workspace, edits: &Edits) -> Result<Overlay<'w>, String> {
    let files = Overlay::over(workspace.files);
    for (path, edits) in edits {
        let text = workspace.files.read(path).ok().and_then(|text| apply(&text, edits));
        files.put(path, text.ok_or_else(|| format!("`{}` has changed meanwhile", path.display()))?);
    }
    Ok(files)
}

/// An error that was not there before.
fn new_error(before: &Known, after: &Known) -> Option<String> {
    let (old, new) = (count(before), count(after));
    let more = |finding: &&Diagnostic| {
        let kind = kind(after, finding);
        new.get(&kind) > old.get(&kind)
    };
    // Of several of a kind, one in words that were not said before.
    let said = |finding: &&Diagnostic| errors(before).any(|it| it.headline == finding.headline);
    let found: Vec<&Diagnostic> = errors(after).filter(more).collect();
    let finding = found.iter().find(|it| !said(it)).or_else(|| found.last())?;
    Some(told(&finding.headline, after, finding.place()))
}

/// A bound or a policy that would not be checked any more: it goes by the name, in a text or by what `chaos.toml` says.
fn lost(before: &Known, after: &Known) -> Option<String> {
    let (old, new) = (count(before), count(after));
    let is_lost = |finding: &&Diagnostic| {
        let kind = kind(before, finding);
        ["E05", "E06"].iter().any(|group| kind.0.starts_with(group)) && old.get(&kind) > new.get(&kind)
    };
    if let Some(finding) = errors(before).find(is_lost) {
        return Some(told(&format!("this would not be found any more: {}", finding.headline), before, finding.place()));
    }
    let (planned, left) = (&before.analysis.plans, &after.analysis.plans);
    let (id, gone) = planned.iter().find(|(id, _)| {
        let of = |plans: &[(DeclarationId, Planned)]| plans.iter().filter(|(other, _)| other == id).count();
        of(planned) > of(left)
    })?;
    let experiment = before.analysis.checked.experiments.get(id).map(|(experiment, _)| experiment)?;
    let headline = format!(
        "`{}` would not be checked in `{}` any more; say `[check] environment` in `chaos.toml` first",
        experiment.name, gone.plan.environment
    );
    Some(told(&headline, before, Some(experiment.span)))
}

/// What is said, with its place.
fn told(what: &str, known: &Known, place: Option<Span>) -> String {
    let at = place.and_then(|place| shown(known, place));
    format!("{what}{}", at.map(|at| format!(", {at}")).unwrap_or_default())
}

fn errors(known: &Known) -> impl Iterator<Item = &Diagnostic> {
    known.analysis.findings.iter().filter(|finding| finding.severity == Severity::Error)
}

/// What is wrong, and in which file.
fn kind<'k>(known: &'k Known, finding: &Diagnostic) -> (&'static str, Option<&'k Path>) {
    (finding.code.name, finding.place().and_then(|place| path(known, place)))
}

fn count(known: &Known) -> BTreeMap<(&'static str, Option<&Path>), i64> {
    let mut counts = BTreeMap::new();
    errors(known).for_each(|finding| *counts.entry(kind(known, finding)).or_default() += 1);
    counts
}

/// A name that is of another thing than before.
fn other_meaning(before: &Known, after: &Known, edits: &Edits) -> Option<String> {
    let place = |known, span: Span| Some((path(known, span)?, i64::from(span.start)));
    let was = |span: Span| place(before, span).map(|(path, start)| (path, start + shift(edits.get(path), span)));
    let is = |span: Span| place(after, span);
    let was: Vec<Meaning> =
        before.occurrences().iter().map(|it| (was(it.at), it.what, it.declared.and_then(was))).collect();
    let is: Vec<Meaning> =
        after.occurrences().iter().map(|it| (is(it.at), it.what, it.declared.and_then(is))).collect();
    let other = (0..was.len().max(is.len())).find(|at| was.get(*at) != is.get(*at))?;
    let at = after.occurrences().get(other).map(|it| it.at);
    Some(told("a name would mean something else", after, at))
}

/// Where a name stands, what it is of, and where that is declared.
type Meaning<'k> = (Option<(&'k Path, i64)>, What, Option<(&'k Path, i64)>);

/// How far what begins with a span is moved by edits before it.
fn shift(edits: Option<&Vec<Edit>>, span: Span) -> i64 {
    let before = edits.into_iter().flatten().filter(|edit| edit.span.start < span.start);
    before.map(|edit| edit.text.len() as i64 - edit.span.len() as i64).sum()
}

fn path(known: &Known, place: Span) -> Option<&Path> {
    known.analysis.program.sources.get(place.source).map(|source| source.path.as_path())
}

/// A place as people read it: `shop.chaos:12`.
fn shown(known: &Known, place: Span) -> Option<String> {
    let source = known.analysis.program.sources.get(place.source)?;
    Some(format!("{}:{}", source.path.file_name()?.to_string_lossy(), source.line(place.start as usize)))
}
