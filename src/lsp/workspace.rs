//! What the server knows: open documents, what they mean, and the files around them.
//!
//! A file is read and parsed once, until it changes; an open document is checked again when a text that it was made from has
//! changed. Nothing is checked before somebody asks, or nothing else is left to do.

use super::World;
use super::closed::Closed;
use super::completion::Inserting;
use super::documents::Document;
use super::home::Home;
use super::index;
use super::known::Known;
use super::text::{Encoding, Lines, Page};
use crate::analysis::{Target, analyse_from, guards};
use crate::base::{Files, Overlay, Source, parallel};
use crate::lint::{self, Gathered, Levels};
use crate::names::{ModuleId, Program, Shelf};
use crate::project::{self, Project};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The ending of files in the language.
const ENDING: &str = "chaos";

/// Everything that the server knows.
pub struct Workspace<'w> {
    world: &'w dyn World,
    /// The files, with the texts of the open documents.
    pub files: &'w Overlay<'w>,
    shelf: &'w Shelf<'w>,
    /// How columns are counted.
    pub encoding: Encoding,
    /// Whether the linter's findings are shown, too.
    pub lints: bool,
    /// How the client writes what it is offered.
    pub inserting: Inserting,
    /// The folders that the editor has open.
    pub roots: BTreeSet<PathBuf>,
    /// The open documents.
    pub documents: BTreeMap<PathBuf, Document>,
    known: BTreeMap<PathBuf, Known>,
    /// Open documents that must be checked again.
    stale: BTreeSet<PathBuf>,
    homes: BTreeMap<PathBuf, Option<Arc<Home>>>,
    /// What is wrong with files that are not open, as far as somebody asked.
    pub closed: Closed,
}

impl<'w> Workspace<'w> {
    /// Nothing is open yet.
    pub fn new(world: &'w dyn World, files: &'w Overlay<'w>, shelf: &'w Shelf<'w>) -> Self {
        Self {
            world,
            files,
            shelf,
            encoding: Encoding::Utf16,
            lints: true,
            inserting: Inserting::default(),
            roots: BTreeSet::new(),
            documents: BTreeMap::new(),
            known: BTreeMap::new(),
            stale: BTreeSet::new(),
            homes: BTreeMap::new(),
            closed: Closed::default(),
        }
    }

    /// The same project with other texts; no document is open there, and nothing is linted.
    pub fn over<'o>(&'o self, files: &'o Overlay<'o>, shelf: &'o Shelf<'o>) -> Workspace<'o> {
        Workspace { lints: false, ..Workspace::new(self.world, files, shelf) }
    }

    /// A document was opened, or its text has changed.
    pub fn put(&mut self, path: &Path, document: Document) {
        let is_new = self.documents.insert(path.to_path_buf(), document).is_none();
        if is_new && self.differs(path) {
            self.closed.clear();
        }
        self.publish(path);
        if is_new { self.moved(path) } else { self.edited(path) }
    }

    /// Changes an open document; nothing happens where it is not open.
    pub fn change(&mut self, path: &Path, change: impl FnOnce(&mut Document, Encoding)) {
        let Some(document) = self.documents.get_mut(path) else { return };
        change(document, self.encoding);
        self.publish(path);
        self.edited(path);
    }

    /// A document was closed: the file counts again.
    pub fn close(&mut self, path: &Path) {
        if self.differs(path) {
            self.closed.clear();
        }
        self.documents.remove(path);
        self.known.remove(path);
        self.stale.remove(path);
        self.files.lift(path);
        self.moved(path);
    }

    /// Says that files have changed, came or went outside the editor. Whether any of them counts: of what is open the
    /// document does.
    pub fn changed_outside(&mut self, paths: &[PathBuf]) -> bool {
        let closed: Vec<&PathBuf> = paths.iter().filter(|path| !self.documents.contains_key(*path)).collect();
        // A folder may have had one.
        let of_project = |path: &PathBuf| {
            path.ends_with(project::FILE_NAME) || path.ends_with(project::LOCK_NAME) || may_be_folder(path)
        };
        let of_project = paths.iter().any(of_project);
        let counts = of_project || !closed.is_empty();
        for path in closed {
            if may_be_folder(path) {
                self.shelf.forget_inside(path);
            }
            self.moved(path);
        }
        if of_project {
            self.homes.clear();
        }
        if counts {
            self.closed.clear();
        }
        counts
    }

    /// Forgets everything that was read of files; whoever cannot be told of changes calls it now and then.
    pub fn doubt(&mut self) {
        let known = self.known.values().flat_map(|it| it.made_from());
        let known: BTreeSet<PathBuf> = known.chain(self.closed.made_from()).collect();
        for path in known.iter().filter(|path| !self.documents.contains_key(*path)) {
            self.shelf.forget(path);
        }
        self.shelf.forget(Path::new(project::LOCK_NAME));
        self.homes.clear();
        self.closed.clear();
        self.stale.extend(self.documents.keys().cloned());
    }

    /// Whether an open document has another text than its file.
    fn differs(&self, path: &Path) -> bool {
        let file = self.world.read(path);
        self.documents.get(path).is_some_and(|document| !file.as_ref().is_ok_and(|text| *text == document.text))
    }

    /// Lets the text of an open document stand for the file's.
    fn publish(&self, path: &Path) {
        let text = self.documents.get(path).map(|document| document.text.clone());
        self.files.put(path, text.unwrap_or_default());
    }

    /// A file came, went, or may have become any other.
    fn moved(&mut self, path: &Path) {
        self.shelf.forget(path);
        self.stale.extend(self.documents.keys().cloned());
    }

    /// An open document has another text: whatever was made from it is stale, and so is what lies beside it if it has an
    /// environment now.
    fn edited(&mut self, path: &Path) {
        self.shelf.forget(path);
        let has_environment = self.documents.get(path).is_some_and(|it| it.text.contains("environment"));
        let beside = |other: &Path| has_environment && other.parent() == path.parent();
        let made = |known: &Known| known.analysis.program.sources.find(path).is_some();
        let stale = self.known.iter().filter(|(other, known)| beside(other) || made(known)).map(|(other, _)| other);
        let stale: Vec<PathBuf> = stale.cloned().collect();
        self.stale.extend(stale);
        self.stale.insert(path.to_path_buf());
        self.closed.edited(path, has_environment);
    }

    /// Whether some open document must be checked again.
    pub fn is_stale(&self) -> bool {
        !self.stale.is_empty()
    }

    /// Checks again whatever has changed, and gives what was known before: to throw that away takes a while, too.
    pub fn refresh(&mut self) -> Vec<Known> {
        let stale: Vec<PathBuf> = std::mem::take(&mut self.stale).into_iter().collect();
        let checked = self.check_all(&stale);
        let replace = |(path, known): (&PathBuf, Option<Known>)| match known {
            Some(known) => self.known.insert(path.clone(), known),
            None => self.known.remove(path),
        };
        stale.iter().zip(checked).filter_map(replace).collect()
    }

    /// Checks files, open or not, each by itself.
    pub fn check_all(&mut self, paths: &[PathBuf]) -> Vec<Option<Known>> {
        let homes: Vec<Option<Arc<Home>>> = paths.iter().map(|path| self.home(path)).collect();
        let work: Vec<(&PathBuf, &Option<Arc<Home>>)> = paths.iter().zip(&homes).collect();
        parallel::map(&work, |(path, home)| self.check(path, home.as_deref()))
    }

    fn check(&self, path: &Path, home: Option<&Home>) -> Option<Known> {
        let target = self.target(path, home);
        let mut analysis = analyse_from(self.shelf, &target).ok()?;
        if self.lints {
            let mut levels = Levels::default();
            home.iter().for_each(|home| levels.set_all(&home.project.levels));
            let found = lint::lint(&analysis, target.environment.as_deref(), &Gathered::default(), &levels);
            analysis.findings.extend(found);
        }
        if let Some(home) = home {
            analysis.program.sources.join(&home.sources);
            analysis.findings.extend_from_slice(&home.findings);
        }
        analysis.program.load_allowed(ModuleId(0), self.shelf);
        Some(Known::new(analysis))
    }

    fn target(&self, path: &Path, home: Option<&Home>) -> Target {
        let project = home.map(|home| &home.project);
        Target {
            path: path.to_path_buf(),
            environment: project.and_then(Project::environment_name),
            guards: project.map(|project| guards(project, crate::base::files::plain)).unwrap_or_default(),
        }
    }

    /// The project that a file belongs to.
    fn home(&mut self, path: &Path) -> Option<Arc<Home>> {
        let folder = path.parent()?.to_path_buf();
        if !self.homes.contains_key(&folder) {
            let home = project::find(&folder, self.files).and_then(|file| Home::read(&file, self.files, self.shelf));
            self.homes.insert(folder.clone(), home);
        }
        self.homes.get(&folder).cloned().flatten()
    }

    /// What an open document means, as far as its text is known.
    pub fn known(&self, path: &Path) -> Option<&Known> {
        self.known.get(path)
    }

    /// All open documents with what they mean.
    pub fn all_known(&self) -> impl Iterator<Item = (&Path, &Known)> {
        self.known.iter().map(|(path, known)| (path.as_path(), known))
    }

    /// All programs of the open folders, and the open documents.
    pub fn programs(&self) -> Vec<PathBuf> {
        let mut found: BTreeSet<PathBuf> = self.documents.keys().cloned().collect();
        found.extend(self.roots.iter().flat_map(|root| self.world.programs(root)));
        found.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == ENDING)).collect()
    }

    /// All programs, and what the open documents use outside the open folders.
    pub fn programs_in_reach(&self) -> Vec<PathBuf> {
        let used = self.known.values().flat_map(Known::made_from);
        let used = used.filter(|path| path.is_absolute() && path.extension().is_some_and(|ending| ending == ENDING));
        let mut all: BTreeSet<PathBuf> = used.collect();
        all.extend(self.programs());
        all.into_iter().collect()
    }

    /// A file and all it uses, and the environments beside it if it names one there; names only.
    pub fn program(&self, path: &Path) -> Option<Program> {
        let mut program = Program::load_from(self.shelf, path).ok()?;
        if index::lacks_environment(&program) {
            program.load_environments_beside(ModuleId(0), self.shelf);
        }
        program.load_allowed(ModuleId(0), self.shelf);
        Some(program)
    }

    /// The programs in a folder, open documents among them.
    pub fn siblings(&self, folder: &Path) -> Vec<PathBuf> {
        self.files.siblings(folder)
    }

    /// The text of a plugin's module, by the path by which it is called.
    pub fn plugin_module(&self, path: &Path) -> Option<&str> {
        let programs = self.known.values().map(|known| &known.analysis.program);
        let modules = programs.flat_map(|program| program.modules.iter().map(move |module| (program, module)));
        let plugins = modules.filter(|(_, module)| module.plugin.is_some());
        let mut texts = plugins.filter_map(|(program, module)| program.sources.get(module.source));
        texts.find(|source| source.path == path).map(|source| source.text.as_str())
    }

    /// Whether a text is of the standard library, or a plugin's: those are called by a path that no file has.
    pub fn is_standard(&self, path: &Path) -> bool {
        !path.is_absolute()
    }

    /// How the last run of a program's experiment ended.
    pub fn last_run(&self, program: &Path, experiment: &str) -> Option<String> {
        self.world.last_run(program, experiment)
    }

    /// Does something with a text and its lines.
    pub fn with_page<T>(&self, source: &Source, work: impl FnOnce(Page) -> T) -> T {
        match self.documents.get(&source.path).filter(|document| document.text == source.text) {
            Some(document) => work(document.page(self.encoding)),
            None => work(Page::new(&source.text, &Lines::of(&source.text), self.encoding)),
        }
    }
}

/// Whether a path that has changed may be a folder: the files that are watched have these endings.
fn may_be_folder(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    !ending.is_some_and(|ending| [ENDING, "wasm", "toml", "lock"].contains(&ending))
}
