//! Other names for things.

use super::address::address;
use super::asked::Asked;
use super::configured;
use super::findings::location;
use super::goto::{named, places, readers};
use super::index::{Occurrence, What, occurrences};
use super::rehearsal::{Edits, objection};
use crate::base::Span;
use crate::diagnostics::{Diagnostic, Edit, codes};
use crate::format::{Kind as Token, placed_tokens};
use crate::names::{Kind, Program};
use crate::syntax::is_name;
use gen_lsp_types::{PrepareRenamePlaceholder, PrepareRenameResult, TextEdit, Uri, WorkspaceEdit};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

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
    let written = written(asked, it, to)?;
    let readers = readers(asked, wanted, programs);
    let from = bare(asked.page.text, it.at);
    if let Some(place) = readers.iter().find_map(|(_, program)| unread(program, from)) {
        return Err(format!("`{from}` may be named in what cannot be read, {place}: mend that first"));
    }
    let mut change = Change::default();
    readers.iter().for_each(|(path, program)| change.in_program(asked, path, program, wanted, &written));
    let mut concerned: BTreeSet<PathBuf> = readers.into_iter().map(|(path, _)| path.clone()).collect();
    if it.what == What::Declaration(Kind::Environment) {
        change.in_projects(configured::edits(asked, wanted, to, programs));
        concerned.extend(beside(&change.edits, programs));
    }
    match objection(asked.workspace, &change.edits, &concerned.into_iter().collect::<Vec<_>>()) {
        Some(why) => Err(format!("`{to}` cannot be its name: {why}")),
        None => Ok(WorkspaceEdit { changes: Some(change.shown), ..Default::default() }),
    }
}

/// A name as it is written where another one stands.
fn written(asked: &Asked, it: &Occurrence, to: &str) -> Result<String, String> {
    let is_text = asked.page.text.get(it.at.start as usize..).is_some_and(|text| text.starts_with('"'));
    match is_text {
        true if to.contains(['"', '\\', '\n', '\r']) => Err("a quote would end the text".to_owned()),
        true => Ok(format!("\"{to}\"")),
        false if !is_name(to) => Err(format!("`{to}` is no name that can stand here")),
        false => Ok(to.to_owned()),
    }
}

/// What is to be changed, as texts have it and as the client does.
#[derive(Default)]
struct Change {
    edits: Edits,
    shown: HashMap<Uri, Vec<TextEdit>>,
}

impl Change {
    /// All places of a name in a program's own text.
    fn in_program(&mut self, asked: &Asked, path: &Path, program: &Program, wanted: Span, written: &str) {
        for at in places(program, wanted) {
            let Some(place) = location(at, &program.sources, asked.workspace) else { continue };
            self.edits.entry(path.to_path_buf()).or_default().push(Edit::new(at, written));
            let edit = TextEdit { range: place.range, new_text: written.to_owned() };
            self.shown.entry(place.uri).or_default().push(edit);
        }
    }

    fn in_projects(&mut self, found: Vec<(PathBuf, Edit, TextEdit)>) {
        for (path, edit, shown) in found {
            self.shown.entry(address(&path)).or_default().push(shown);
            self.edits.entry(path).or_default().push(edit);
        }
    }
}

/// The programs beside those that are edited: experiments are checked in environments that lie there, without naming one.
fn beside(edits: &Edits, programs: &[PathBuf]) -> Vec<PathBuf> {
    let folders: BTreeSet<&Path> = edits.keys().filter_map(|path| path.parent()).collect();
    programs.iter().filter(|path| path.parent().is_some_and(|folder| folders.contains(folder))).cloned().collect()
}

/// Where a word stands in a program's first file that no name was read from, since the statement around it does not parse.
fn unread(program: &Program, word: &str) -> Option<String> {
    let source = program.sources.get(program.modules.first()?.source)?;
    let is_syntax = |it: &Diagnostic| it.code.name.starts_with("E01") && it.code != codes::E0100;
    if !program.findings.iter().any(|it| is_syntax(it) && it.path(&program.sources) == Some(&source.path)) {
        return None;
    }
    let read = occurrences(program);
    let is_read = |at: usize| read.iter().any(|it| it.at.start as usize <= at && at < it.at.end as usize);
    let words = placed_tokens(&source.text).into_iter().filter(|(_, token)| token.kind == Token::Word);
    let parts = words.flat_map(|(at, token)| {
        token.text.split('.').scan(at, |next, part| Some((std::mem::replace(next, *next + part.len() + 1), part)))
    });
    let at = parts.filter(|(_, part)| *part == word).map(|(at, _)| at).find(|at| !is_read(*at))?;
    Some(format!("{}:{}", source.path.file_name()?.to_string_lossy(), source.line(at)))
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
