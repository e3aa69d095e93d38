//! Other names for things.

use super::asked::Asked;
use super::findings::location;
use super::goto::{everywhere, named};
use super::index::{Occurrence, What};
use crate::base::Span;
use crate::syntax::is_name;
use gen_lsp_types::{PrepareRenamePlaceholder, PrepareRenameResult, TextEdit, Uri, WorkspaceEdit};
use std::collections::HashMap;
use std::path::PathBuf;

/// Whether the name at a byte can be another, and which one it is now.
pub fn prepare(asked: &Asked, offset: usize) -> Option<PrepareRenameResult> {
    let it = named(asked, offset)?;
    renamable(asked, it).ok()?;
    let placeholder = bare(asked.page.text, it.at).to_owned();
    let range = asked.page.of(it.at);
    Some(PrepareRenameResult::PrepareRenamePlaceholder(PrepareRenamePlaceholder { range, placeholder }))
}

/// Gives what is named at a byte another name, wherever it is named.
///
/// # Errors
/// Why that cannot be.
pub fn rename(asked: &Asked, offset: usize, to: &str, programs: &[PathBuf]) -> Result<WorkspaceEdit, String> {
    let it = named(asked, offset).ok_or("there is no name here")?;
    let wanted = renamable(asked, it)?;
    let is_text = asked.page.text.get(it.at.start as usize..).is_some_and(|text| text.starts_with('"'));
    let written = match is_text {
        true if to.contains(['"', '\\', '\n', '\r']) => return Err("a quote would end the text".to_owned()),
        true => format!("\"{to}\""),
        false if !is_name(to) => return Err(format!("`{to}` is no name that can stand here")),
        false => to.to_owned(),
    };
    if let What::Declaration(kind) = it.what
        && asked
            .known
            .and_then(|known| known.analysis.program.modules.first())
            .is_some_and(|module| module.scope.place(kind, to).is_some())
    {
        return Err(format!("there is a {} `{to}` already", kind.word()));
    }
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for (program, places) in everywhere(asked, wanted, programs) {
        for at in places.iter().filter_map(|at| location(*at, &program.sources, asked.workspace)) {
            changes.entry(at.uri).or_default().push(TextEdit { range: at.range, new_text: written.clone() });
        }
    }
    Ok(WorkspaceEdit { changes: Some(changes), ..Default::default() })
}

/// The place of the declaration, where the user can change it.
fn renamable(asked: &Asked, it: &Occurrence) -> Result<Span, String> {
    let place = it.declared.filter(|place| !place.is_empty()).ok_or("this word is part of the language")?;
    let sources = &asked.known.ok_or("the file cannot be read")?.analysis.program.sources;
    let home = sources.get(place.source).ok_or("its declaration cannot be read")?;
    if asked.workspace.is_standard(&home.path) {
        return Err("it is declared in the standard library, or by a plugin".to_owned());
    }
    if it.what == What::Module && !is_alias(asked, place) {
        return Err("a module is called as it is; `as` gives it another name in this file".to_owned());
    }
    Ok(place)
}

fn is_alias(asked: &Asked, place: Span) -> bool {
    let file = asked.known.and_then(|known| known.analysis.program.modules.first()).map(|module| &module.file);
    file.is_some_and(|file| file.uses.iter().filter_map(|it| it.alias.as_ref()).any(|alias| alias.span == place))
}

/// A name without its quotes.
fn bare(text: &str, at: Span) -> &str {
    at.of(text).trim_matches('"')
}
