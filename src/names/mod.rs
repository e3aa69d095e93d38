//! Rank 3: files to a program: what `use` brings in, and what a name means in a file.

mod added;
pub mod component;
mod errors;
mod guard;
mod load;
mod scope;
mod shelf;
pub mod stdlib;

pub use added::{Added, Plugins, ReadPlugin, Trouble, held_against, taken};
pub use errors::{name_taken, other_than_pinned, unbuilt_component, unreadable, unusable_component};
pub use guard::{Guard, GuardPlace};
pub use scope::{Kind, Scope};
pub use shelf::Shelf;

use crate::base::{FileError, SourceId, Sources};
use crate::diagnostics::Diagnostic;
use crate::syntax::File;
use component::ComponentFile;
use shelf::Origin;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

/// The number of a module in a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub usize);

/// A declaration: its module and its place in that module's list of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeclarationId {
    /// The module.
    pub module: ModuleId,
    /// Its place in the list.
    pub index: usize,
}

/// One file with what it can see.
#[derive(Debug)]
pub struct Module {
    /// Its text.
    pub source: SourceId,
    /// Its tree.
    pub file: Arc<File>,
    /// Where relative imports start.
    pub folder: PathBuf,
    /// What each of its `use`s brings in, in order; none where that could not be read.
    pub uses: Vec<Option<ModuleId>>,
    /// Whether it is part of the standard library.
    pub standard: bool,
    /// The plugin whose module it is.
    pub plugin: Option<String>,
    /// The plugins that it names, as modules or components.
    pub plugins: BTreeMap<String, ReadPlugin>,
    /// The components that are built in its folder and that it names, each with its file.
    pub own: BTreeMap<String, PathBuf>,
    /// The plugins that it could name.
    pub offered: Arc<Plugins>,
    /// What names mean in it.
    pub scope: Scope,
}

/// A file and all it uses.
#[derive(Debug, Default)]
pub struct Program {
    /// All texts.
    pub sources: Sources,
    /// All modules; the first is the file that was asked for.
    pub modules: Vec<Module>,
    /// What is wrong with texts and names.
    pub findings: Vec<Diagnostic>,
    /// Components that are named by their files, each with what is read of it or why it cannot be.
    pub components: BTreeMap<PathBuf, ReadComponent>,
    known: HashMap<Origin, ModuleId>,
}

/// What comes of reading a component's file.
pub type ReadComponent = Arc<Result<ComponentFile, Unreadable>>;

/// Why a component cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub enum Unreadable {
    /// Its file.
    File(FileError),
    /// What is in it, for a message.
    Content(String),
}

impl Program {
    /// A module.
    pub fn module(&self, id: ModuleId) -> Option<&Module> {
        self.modules.get(id.0)
    }

    /// The module of the standard library, or of a plugin, that `allow` calls by this name.
    pub fn called(&self, name: &str) -> Option<ModuleId> {
        (0..self.modules.len()).map(ModuleId).find(|id| self.home(*id) == Some(name))
    }

    /// The last name of the module that a declaration stands in, where that is a standard one or a plugin's: what `allow` calls
    /// it.
    pub fn home(&self, id: ModuleId) -> Option<&str> {
        let module = self.module(id)?;
        match &module.plugin {
            Some(name) => name.rsplit('.').next(),
            None => stdlib::named_by_file(&self.sources.get(module.source).filter(|_| module.standard)?.path),
        }
    }
}
