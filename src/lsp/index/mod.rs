//! Every name in a file, and where what it means is declared. From the tree alone, so that it works in broken files.

mod declarations;
mod expressions;
mod places;
pub mod scene;
mod steps;

pub use places::lacks_environment;
pub use scene::{Scene, every_step, scene_at};

use crate::base::{SourceId, Span};
use crate::names::{Kind, Module, ModuleId, Program};
use crate::syntax::File;
use crate::syntax::tree::{Name, Path, Use, Used};

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A declaration of a file.
    Declaration(Kind),
    /// A module of the standard library, or a file under a name.
    Module,
    /// A file that is used.
    File,
    /// A service of a system.
    Service,
    /// A metric of a service.
    Metric,
    /// A parameter, or the level of an escalation.
    Parameter,
    /// A step of a run.
    Step,
    /// A source of an environment.
    Source,
    /// A function that is part of the language.
    Function,
    /// A type.
    Type,
    /// A limit.
    Limit,
    /// A rule that is allowed.
    Lint,
    /// A fact that policies read.
    Fact,
    /// A word that the language gives a meaning in its place.
    Word,
}

/// A name in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Where it stands.
    pub at: Span,
    /// What it is of.
    pub what: What,
    /// The place of the name that declares it; none of what is part of the language.
    pub declared: Option<Span>,
}

impl Occurrence {
    /// Whether it is the name that declares.
    pub fn declares(&self) -> bool {
        self.declared == Some(self.at)
    }
}

/// All names of a program's first file, by place.
pub fn occurrences(program: &Program) -> Vec<Occurrence> {
    let Some(module) = program.modules.first() else { return Vec::new() };
    let mut indexer = Indexer { program, module, found: Vec::new() };
    indexer.file();
    let mut found = indexer.found;
    found.retain(|it| it.at.source == module.source && !it.at.is_empty());
    found.sort_by_key(|it| (it.at, it.what, it.declared));
    found.dedup_by_key(|it| it.at);
    found
}

/// The name that holds a byte, or ends right before it.
pub fn at(occurrences: &[Occurrence], offset: usize) -> Option<&Occurrence> {
    let holds = |it: &&Occurrence| it.at.start as usize <= offset && offset <= it.at.end as usize;
    let all = occurrences.iter().filter(holds);
    all.min_by_key(|it| (it.at.end as usize == offset, it.at.len()))
}

/// Reads one file.
struct Indexer<'p> {
    program: &'p Program,
    module: &'p Module,
    found: Vec<Occurrence>,
}

impl<'p> Indexer<'p> {
    fn add(&mut self, at: Span, what: What, declared: Option<Span>) {
        self.found.push(Occurrence { at, what, declared });
    }

    fn declare(&mut self, name: &Name, what: What) {
        self.add(name.span, what, Some(name.span));
    }

    fn word(&mut self, name: &Name) {
        self.add(name.span, What::Word, None);
    }

    /// A path to a declaration.
    fn declaration(&mut self, kind: Kind, path: &Path) {
        let text = path.text();
        let Some((last, before)) = path.parts.split_last() else { return };
        self.qualifier(before);
        let place = self.module.scope.place(kind, &text);
        if place.is_some() || !before.is_empty() {
            self.add(last.span, What::Declaration(kind), place);
        }
    }

    /// The names before the last one of a path: a module, or the name of a file.
    fn qualifier(&mut self, names: &[Name]) {
        let [name] = names else { return };
        self.add(name.span, What::Module, self.used_as(&name.text));
    }

    /// Where a module or file gets a name.
    fn used_as(&self, name: &str) -> Option<Span> {
        self.module.file.uses.iter().filter_map(called).find(|known| known.text == name).map(|known| known.span)
    }

    /// The text that another module is, from its start.
    fn start_of(&self, module: ModuleId) -> Option<Span> {
        self.program.module(module).map(|module| start(module.source))
    }
}

fn tree(program: &Program, module: ModuleId) -> Option<&File> {
    program.module(module).map(|module| &*module.file)
}

/// The start of a text.
pub fn start(source: SourceId) -> Span {
    Span::new(source, 0, 0)
}

/// The name by which the names of what is used are qualified.
pub fn called(used: &Use) -> Option<&Name> {
    used.alias.as_ref().or(match &used.what {
        Used::Module(path) => path.parts.last(),
        Used::File(..) => None,
    })
}
