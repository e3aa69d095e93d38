//! What files declare, as outlines and lists.

use super::asked::Asked;
use super::findings::location;
use super::index::{self, Occurrence, What};
use super::shape::Shape;
use super::text::Page;
use super::workspace::Workspace;
use crate::names::Kind;
use gen_lsp_types::{BaseSymbolInformation, DocumentSymbol, SymbolKind, WorkspaceSymbol, WorkspaceSymbolLocation};
use std::path::PathBuf;

/// The kind of symbol that editors know it by.
fn kind(what: What) -> Option<SymbolKind> {
    Some(match what {
        What::Declaration(kind) => match kind {
            Kind::System => SymbolKind::Module,
            Kind::Environment => SymbolKind::Namespace,
            Kind::Experiment | Kind::Scenario => SymbolKind::Function,
            Kind::Fault | Kind::Probe => SymbolKind::Interface,
            Kind::Constant => SymbolKind::Constant,
            Kind::Policy => SymbolKind::Class,
            Kind::Model => SymbolKind::Struct,
            Kind::Test | Kind::Schedule => SymbolKind::Event,
        },
        What::Service => SymbolKind::Object,
        What::Metric => SymbolKind::Property,
        What::Parameter => SymbolKind::Variable,
        What::Step => SymbolKind::Method,
        What::Source => SymbolKind::Field,
        _ => return None,
    })
}

fn detail(what: What) -> &'static str {
    match what {
        What::Declaration(kind) => kind.word(),
        What::Service => "service",
        What::Metric => "metric",
        What::Parameter => "param",
        What::Step => "step",
        What::Source => "source",
        _ => "",
    }
}

/// The outline of a document: what stands in the statement of another belongs to it.
pub fn of_document(asked: &Asked) -> Vec<DocumentSymbol> {
    let Some(known) = asked.known else { return Vec::new() };
    let shape = Shape::of(asked.page.text);
    let mut open: Vec<(usize, DocumentSymbol)> = Vec::new();
    let mut roots = Vec::new();
    for it in known.occurrences().iter().filter(|it| it.declares()) {
        let Some(symbol) = symbol(asked.page, it, &shape) else { continue };
        let (start, end) = extent(it, &shape);
        while open.last().is_some_and(|(outer, _)| *outer < end || *outer <= start) {
            close(&mut open, &mut roots);
        }
        open.push((end, symbol));
    }
    while !open.is_empty() {
        close(&mut open, &mut roots);
    }
    roots
}

fn close(open: &mut Vec<(usize, DocumentSymbol)>, roots: &mut Vec<DocumentSymbol>) {
    let Some((_, done)) = open.pop() else { return };
    match open.last_mut() {
        Some((_, outer)) => outer.children.get_or_insert_default().push(done),
        None => roots.push(done),
    }
}

/// The statement that declares it.
fn extent(it: &Occurrence, shape: &Shape) -> (usize, usize) {
    let (start, end) = (it.at.start as usize, it.at.end as usize);
    shape.statement_at(start).map_or((start, end), |statement| (statement.start.min(start), statement.end.max(end)))
}

#[allow(deprecated)]
fn symbol(page: Page, it: &Occurrence, shape: &Shape) -> Option<DocumentSymbol> {
    let (start, end) = extent(it, shape);
    let name = it.at.of(page.text).trim_matches('"');
    Some(DocumentSymbol {
        name: if name.trim().is_empty() { detail(it.what).to_owned() } else { name.to_owned() },
        detail: Some(detail(it.what).to_owned()),
        kind: kind(it.what)?,
        tags: None,
        deprecated: None,
        range: page.range(start, end),
        selection_range: page.of(it.at),
        children: None,
    })
}

/// Symbols that are given at once; more would not be read.
const MOST: usize = 500;

/// Everything that some file declares and whose name holds the letters of the query in their order: what is called so, then
/// what begins so, then the rest.
pub fn of_workspace(workspace: &Workspace, query: &str, programs: &[PathBuf]) -> Vec<WorkspaceSymbol> {
    let mut ranked: [Vec<WorkspaceSymbol>; 3] = Default::default();
    for program in programs.iter().filter_map(|path| workspace.program(path)) {
        for it in index::occurrences(&program).iter().filter(|it| it.declares()) {
            let name = program.sources.text(it.at).trim_matches('"');
            let (Some(kind), Some(rank)) = (kind(it.what), rank(name, query)) else { continue };
            if ranked[rank].len() >= MOST {
                continue;
            }
            let Some(location) = location(it.at, &program.sources, workspace) else { continue };
            let container_name = Some(detail(it.what).to_owned());
            let base = BaseSymbolInformation { name: name.to_owned(), kind, tags: None, container_name };
            let location = WorkspaceSymbolLocation::Location(location);
            ranked[rank].push(WorkspaceSymbol { location, data: None, base_symbol_information: base });
        }
        // No other could come before these.
        if ranked[0].len() >= MOST {
            break;
        }
    }
    ranked.into_iter().flatten().take(MOST).collect()
}

/// How well a name fits a query, 0 being best. Nothing fits everything alike.
fn rank(name: &str, query: &str) -> Option<usize> {
    let (name, query) = (name.to_lowercase(), query.to_lowercase());
    if query.is_empty() || name == query {
        return Some(0);
    }
    let mut letters = name.chars();
    let fits = query.chars().all(|wanted| letters.any(|letter| letter == wanted));
    fits.then(|| if name.starts_with(&query) { 1 } else { 2 })
}
