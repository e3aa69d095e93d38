//! Where names are declared, and where else they stand.

use super::asked::Asked;
use super::findings::location;
use super::index::{self, Occurrence};
use crate::base::Span;
use crate::names::Program;
use gen_lsp_types::{DocumentHighlight, DocumentHighlightKind, Location};
use std::path::PathBuf;

/// The name at a byte.
pub fn named<'a>(asked: &Asked<'a>, offset: usize) -> Option<&'a Occurrence> {
    index::at(asked.known?.occurrences(), offset)
}

/// Where the name at a byte is declared.
pub fn definition(asked: &Asked, offset: usize) -> Option<Location> {
    let place = named(asked, offset)?.declared?;
    location(place, &asked.known?.analysis.program.sources, asked.workspace)
}

/// The same name in the document.
pub fn highlights(asked: &Asked, offset: usize) -> Option<Vec<DocumentHighlight>> {
    let wanted = named(asked, offset)?.declared?;
    let same = asked.known?.occurrences().iter().filter(|it| it.declared == Some(wanted));
    let highlight = |it: &Occurrence| {
        let kind = if it.declares() { DocumentHighlightKind::Write } else { DocumentHighlightKind::Read };
        DocumentHighlight { range: asked.page.of(it.at), kind: Some(kind) }
    };
    Some(same.map(highlight).collect())
}

/// The same name in all files.
pub fn references(asked: &Asked, offset: usize, programs: &[PathBuf], declaration: bool) -> Option<Vec<Location>> {
    let wanted = named(asked, offset)?.declared?;
    let mut found = Vec::new();
    if declaration && !wanted.is_empty() {
        found.extend(location(wanted, &asked.known?.analysis.program.sources, asked.workspace));
    }
    for (_, program) in readers(asked, wanted, programs) {
        let others = places(&program, wanted).filter(|at| *at != wanted);
        found.extend(others.filter_map(|at| location(at, &program.sources, asked.workspace)));
    }
    Some(found)
}

/// The programs that read the file in which something is declared. No other can name it.
pub fn readers<'p>(asked: &Asked, wanted: Span, programs: &'p [PathBuf]) -> Vec<(&'p PathBuf, Program)> {
    let loaded = programs.iter().filter_map(|path| Some((path, asked.workspace.program(path)?)));
    loaded.filter(|(_, program)| program.sources.get(wanted.source).is_some()).collect()
}

/// The places in a program's first file of what is declared at `wanted`.
pub fn places(program: &Program, wanted: Span) -> impl Iterator<Item = Span> {
    index::occurrences(program).into_iter().filter(move |it| it.declared == Some(wanted)).map(|it| it.at)
}
