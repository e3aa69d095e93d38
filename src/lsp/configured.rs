//! An environment that `chaos.toml` names, when it gets another name.

use super::asked::Asked;
use super::text::{Lines, Page};
use crate::base::{Files, SourceId, Span};
use crate::diagnostics::Edit;
use crate::project::{self, Project};
use gen_lsp_types::TextEdit;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The edits of project files that name the environment that is declared at `wanted`. One that names another of the same name,
/// too, is left as it is.
pub fn edits(asked: &Asked, wanted: Span, to: &str, programs: &[PathBuf]) -> Vec<(PathBuf, Edit, TextEdit)> {
    let files = asked.workspace.files;
    let found = programs.iter().filter_map(|path| project::find(path.parent()?, files));
    let found: BTreeSet<PathBuf> = found.collect();
    found.iter().filter_map(|file| edit(asked, file, wanted, to, programs)).collect()
}

fn edit(asked: &Asked, file: &Path, wanted: Span, to: &str, programs: &[PathBuf]) -> Option<(PathBuf, Edit, TextEdit)> {
    let (text, folder) = (asked.workspace.files.read(file).ok()?, file.parent()?);
    let (project, _) = Project::read(folder, SourceId(0), &text);
    let (name, at) = project.environment?;
    let inside = programs.iter().filter(|path| path.starts_with(folder));
    let mut called = inside.flat_map(|path| called(asked, path, &name)).peekable();
    called.peek()?;
    if called.any(|place| place != wanted) {
        return None;
    }
    let new_text = format!("\"{to}\"");
    let range = Page::new(&text, &Lines::of(&text), asked.workspace.encoding).of(at);
    Some((file.to_path_buf(), Edit::new(at, new_text.clone()), TextEdit { range, new_text }))
}

/// The environments of a name that a file has.
fn called(asked: &Asked, path: &Path, name: &str) -> Vec<Span> {
    let Some(program) = asked.workspace.program(path) else { return Vec::new() };
    let own = program.modules.first().map(|module| module.file.environments.as_slice()).unwrap_or_default();
    own.iter().filter(|it| it.name.text == name).map(|it| it.name.span).collect()
}
