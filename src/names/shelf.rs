//! Files that were read and parsed: each once, for any number of programs and threads.

use crate::base::files::plain;
use crate::base::{FileError, Files, Numbers, Source, SourceId, Sources};
use crate::diagnostics::Diagnostic;
use crate::names::added::{Plugins, ReadPlugin, module_path};
use crate::names::{ReadComponent, Unreadable, component, stdlib};
use crate::project;
use crate::syntax::{self, File};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Where a text comes from. A file may be called like a standard module's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// The standard library, by the module's path.
    Standard(&'static str),
    /// A file, by its path without detours.
    File(PathBuf),
    /// The module of a plugin, by the folder of its project and its name.
    Plugin(PathBuf, String),
}

impl Origin {
    pub(super) fn file(path: &Path) -> Self {
        Origin::File(plain(path))
    }
}

/// A text with its tree.
#[derive(Debug)]
pub(super) struct Volume {
    pub(super) id: SourceId,
    pub(super) source: Arc<Source>,
    pub(super) file: Arc<File>,
    /// What is wrong with the text as such.
    pub(super) findings: Vec<Diagnostic>,
}

/// The word that every declaration of an environment begins with.
const ENVIRONMENT: &str = "environment";

type Read = Result<Arc<Volume>, FileError>;

/// Reads files, and keeps what it has read.
pub struct Shelf<'f> {
    files: &'f dyn Files,
    numbers: Numbers,
    volumes: Kept<Origin, Read>,
    environments: Kept<PathBuf, Arc<Vec<PathBuf>>>,
    components: Kept<PathBuf, ReadComponent>,
    projects: Kept<PathBuf, Arc<Plugins>>,
    plugins: Kept<(PathBuf, String), ReadPlugin>,
}

impl<'f> Shelf<'f> {
    /// An empty shelf over these files.
    pub fn new(files: &'f dyn Files) -> Self {
        Self {
            files,
            numbers: Numbers::default(),
            volumes: Kept::default(),
            environments: Kept::default(),
            components: Kept::default(),
            projects: Kept::default(),
            plugins: Kept::default(),
        }
    }

    /// An empty shelf whose texts are numbered with others.
    pub fn numbered_by(files: &'f dyn Files, numbers: Numbers) -> Self {
        Self { numbers, ..Self::new(files) }
    }

    /// All texts that were read so far.
    pub fn sources(&self) -> Sources {
        let mut sources = Sources::numbered_by(self.numbers());
        for volume in self.volumes.all().into_iter().flatten() {
            sources.share(volume.id, Arc::clone(&volume.source));
        }
        sources
    }

    /// What numbers its texts.
    pub fn numbers(&self) -> Numbers {
        self.numbers.clone()
    }

    /// A text with its tree.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn volume(&self, origin: &Origin) -> Read {
        self.volumes.get(origin, || {
            let (path, text) = match origin {
                Origin::Standard(path) => {
                    let (file, text) = stdlib::module(path).ok_or(FileError::Missing)?;
                    (PathBuf::from(file), text.to_owned())
                }
                Origin::File(path) => (path.clone(), self.files.read(path)?),
                Origin::Plugin(folder, name) => (module_path(name), self.module_of(folder, name)?),
            };
            let id = self.numbers.next();
            let parsed = syntax::parse(id, &text);
            let source = Arc::new(Source::new(path, text));
            Ok(Arc::new(Volume { id, source, file: Arc::new(parsed.file), findings: parsed.findings }))
        })
    }

    /// Reads and parses a file ahead of whoever asks for it.
    pub fn prepare(&self, path: &Path) {
        let _whoever_asks_is_told_why_not = self.volume(&Origin::file(path));
    }

    /// A component, by the path of its file.
    pub(super) fn component(&self, path: &Path) -> ReadComponent {
        self.components.get(&path.to_path_buf(), || {
            let bytes = self.files.bytes(path).map_err(Unreadable::File);
            Arc::new(bytes.and_then(|bytes| component::read(&bytes).map_err(Unreadable::Content)))
        })
    }

    /// Where the component of this name is built, if that is in this folder; it may not be built yet.
    pub(super) fn built(&self, folder: &Path, name: &str) -> Option<PathBuf> {
        let path = plain(&folder.join(component::BUILT));
        if self.component(&path).as_ref().as_ref().is_ok_and(|built| built.manifest.name == name) {
            return Some(path);
        }
        let manifest = self.files.read(&folder.join(component::MANIFEST)).ok()?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest).ok()?;
        (manifest["name"] == name).then_some(path)
    }

    /// The plugins of the project that a folder belongs to.
    pub(super) fn plugins(&self, folder: &Path) -> Arc<Plugins> {
        self.projects.get(&folder.to_path_buf(), || Arc::new(Plugins::of(folder, self.files)))
    }

    /// One of them; none where no such one was added.
    pub(super) fn plugin(&self, all: &Plugins, name: &str) -> Option<ReadPlugin> {
        let key = (all.folder()?.to_path_buf(), name.to_owned());
        all.names().find(|known| *known == name)?;
        let read = self.plugins.get(&key, || {
            let none = || Err(super::Trouble::Missing(None));
            Arc::new(all.read(name, self.files).unwrap_or_else(none))
        });
        if read.is_err() {
            // It may be there at the next look.
            self.plugins.remove(&key);
        }
        Some(read)
    }

    /// The text of a plugin's module: its own, else what its manifest says.
    fn module_of(&self, folder: &Path, name: &str) -> Result<String, FileError> {
        let read = self.plugin(&self.plugins(folder), name).ok_or(FileError::Missing)?;
        let Ok(added) = read.as_ref() else { return Err(FileError::Missing) };
        Ok(added.module())
    }

    fn forget_projects(&self) {
        self.projects.clear();
        self.plugins.clear();
        self.volumes.retain(|origin| !matches!(origin, Origin::Plugin(..)));
    }

    /// Forgets what was read of a file, because it has another text now, or is there no more. Programs that were made from
    /// it keep the old one.
    pub fn forget(&self, path: &Path) {
        let path = plain(path);
        if is_of_plugins(&path) {
            self.components.remove(&path);
            self.forget_projects();
        }
        self.volumes.remove(&Origin::File(path.clone()));
        let folder = path.parent().unwrap_or(Path::new(""));
        // The files beside it have not changed: what is known of them stays.
        if let Some(known) = self.environments.remove(folder) {
            let others = known.iter().filter(|other| **other != path).cloned();
            let own = Some(path.clone()).filter(|path| self.declares_environment(path));
            let mut all: Vec<PathBuf> = others.chain(own).collect();
            all.sort();
            self.environments.get(&folder.to_path_buf(), || Arc::new(all));
        }
    }

    /// Forgets everything in a folder and in the folders in it, also that something is not there.
    pub fn forget_inside(&self, folder: &Path) {
        let folder = plain(folder);
        self.volumes.retain(|origin| !matches!(origin, Origin::File(path) if path.starts_with(&folder)));
        self.environments.retain(|path| !path.starts_with(&folder));
        self.forget_projects();
    }

    /// The files directly in a folder that declare an environment.
    pub(super) fn environments_in(&self, folder: &Path) -> Arc<Vec<PathBuf>> {
        self.environments.get(&plain(folder), || {
            let all = self.files.siblings(folder).into_iter();
            Arc::new(all.filter(|path| self.declares_environment(path)).collect())
        })
    }

    fn declares_environment(&self, path: &Path) -> bool {
        let origin = Origin::file(path);
        // Most files beside one have nothing to do with it; those are not parsed for this question.
        let may = self.volumes.has(&origin) || self.files.read(path).is_ok_and(|text| text.contains(ENVIRONMENT));
        may && self.volume(&origin).is_ok_and(|volume| !volume.file.environments.is_empty())
    }
}

/// Whether a file says which plugins there are, or can be one, or another component.
fn is_of_plugins(path: &Path) -> bool {
    path.ends_with(project::FILE_NAME)
        || path.ends_with(project::LOCK_NAME)
        || path.extension().is_some_and(|ending| ending == "wasm")
}

/// Values that are made once, whoever asks first.
struct Kept<K, V>(Mutex<HashMap<K, Arc<OnceLock<V>>>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Kept<K, V> {
    /// The value of `key`. While it is made, only those who ask for the same one wait.
    fn get(&self, key: &K, make: impl FnOnce() -> V) -> V {
        let cell = match self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(new) => Arc::clone(new.insert(Arc::default())),
        };
        cell.get_or_init(make).clone()
    }

    /// Takes the value of `key` out, if it was made.
    fn remove<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let cell = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        cell.and_then(|cell| cell.get().cloned())
    }

    fn clear(&self) {
        self.retain(|_| false);
    }

    /// Takes out every value but those of some keys.
    fn retain(&self, stays: impl Fn(&K) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, _| stays(key));
    }

    /// Whether there is a value already.
    fn has(&self, key: &K) -> bool {
        let cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.get(key).is_some_and(|cell| cell.get().is_some())
    }

    fn all(&self) -> Vec<V> {
        let cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.values().filter_map(|cell| cell.get().cloned()).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Shelf;
    use crate::base::{FileError, Files, parallel};
    use crate::names::{ModuleId, Program};
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Counted {
        shared: AtomicUsize,
    }

    impl Files for Counted {
        fn read(&self, path: &Path) -> Result<String, FileError> {
            match path.to_str() {
                Some("shop.chaos") => {
                    self.shared.fetch_add(1, Ordering::Relaxed);
                    Ok("system shop { }\n".to_owned())
                }
                Some("std/http.chaos") => Ok("system mine { }\n".to_owned()),
                Some("local.chaos") => Ok("use \"./shop.chaos\"\nenvironment local for shop { }\n".to_owned()),
                Some("lost.chaos") => Err(FileError::Missing),
                _ => Ok("use std.http\nuse \"./shop.chaos\"\n".to_owned()),
            }
        }

        fn siblings(&self, _: &Path) -> Vec<PathBuf> {
            ["local.chaos", "other.chaos", "shop.chaos", "lost.chaos"].map(PathBuf::from).to_vec()
        }
    }

    #[test]
    fn a_file_that_many_use_is_read_once() {
        let files = Counted::default();
        let shelf = Shelf::new(&files);
        let paths: Vec<PathBuf> = (0..50).map(|at| format!("trial_{at}.chaos").into()).collect();
        let programs = parallel::map(&paths, |path| Program::load_from(&shelf, path).unwrap());
        assert_eq!(files.shared.load(Ordering::Relaxed), 1);
        assert_eq!(shelf.sources().all().count(), 52);
        for (program, path) in programs.iter().zip(&paths) {
            assert_eq!(program.modules.len(), 3);
            assert_eq!(&program.sources.get(program.modules[0].source).unwrap().path, path);
        }
    }

    #[test]
    fn a_file_called_like_a_standard_module_is_another() {
        let files = Counted::default();
        let shelf = Shelf::new(&files);
        let own = Program::load_from(&shelf, Path::new("std/http.chaos")).unwrap();
        let user = Program::load_from(&shelf, Path::new("a.chaos")).unwrap();
        assert!(!own.modules[0].standard && own.modules[0].file.faults.is_empty());
        assert!(user.modules[1].standard && !user.modules[1].file.faults.is_empty());
    }

    #[test]
    fn only_files_with_environments_are_brought_in_from_beside() {
        let files = Counted::default();
        let shelf = Shelf::new(&files);
        let mut program = Program::load_from(&shelf, Path::new("a.chaos")).unwrap();
        assert!(program.load_environments_beside(ModuleId(0), &shelf));
        assert_eq!(program.modules.len(), 4);
        assert!(!program.load_environments_beside(ModuleId(0), &shelf));
        assert_eq!(shelf.sources().find(Path::new("lost.chaos")), None);
    }
}
