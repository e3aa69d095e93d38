//! The components of a run that are no standard ones: what is kept to plan the run again, and the files that a replay sees.

use super::disk::Disk;
use crate::base::{FileError, Files, Nowhere, Overlay};
use crate::names::{Added, Program};
use crate::project::{FILE_NAME, LOCK_NAME, Lock, Pin};
use crate::replay::Head;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The digests of the components that a program names by their files, or as plugins, by their paths.
pub fn components(program: &Program) -> BTreeMap<String, String> {
    let files = program.components.iter().filter_map(|(path, read)| {
        let file = read.as_ref().as_ref().ok()?;
        Some((path.display().to_string(), file.digest.clone()))
    });
    let plugins = plugins(program).map(|(_, added)| (added.path.display().to_string(), added.file.digest.clone()));
    files.chain(plugins).collect()
}

/// A `chaos.toml` and a `chaos.lock` for each folder whose files name plugins, with nothing but those.
pub fn projects(program: &Program) -> BTreeMap<String, String> {
    let mut all: BTreeMap<&Path, BTreeMap<&str, &Added>> = BTreeMap::new();
    for (folder, added) in plugins(program) {
        all.entry(folder).or_default().insert(&added.name, added);
    }
    let mut texts = BTreeMap::new();
    for (folder, plugins) in all {
        let (mut project, mut lock) = ("[plugins]\n".to_owned(), Lock::default());
        for added in plugins.into_values() {
            let source = added.path.display().to_string();
            project.push_str(&format!("\"{}\" = {source:?}\n", added.name));
            lock.put(Pin { source, ..added.pin.clone() });
        }
        texts.insert(folder.join(FILE_NAME).display().to_string(), project);
        texts.insert(folder.join(LOCK_NAME).display().to_string(), lock.text().unwrap_or_default());
    }
    texts
}

/// The plugins that files name, each with the folder of the file. What a plugin's own module names is found with it.
fn plugins(program: &Program) -> impl Iterator<Item = (&Path, &Added)> {
    let files = program.modules.iter().filter(|module| module.plugin.is_none());
    files.flat_map(|module| {
        let read = module.plugins.values().filter_map(|read| read.as_ref().as_ref().ok());
        read.map(|added| (module.folder.as_path(), added))
    })
}

/// What was kept of a run: its texts, and the copies of its components in the store.
pub struct Recorded<'h> {
    texts: Overlay<'static>,
    components: &'h BTreeMap<String, String>,
    store: PathBuf,
}

impl<'h> Recorded<'h> {
    /// That of a run in this store.
    pub fn of(head: &'h Head, store: &Path) -> Self {
        let texts = Overlay::over(&Nowhere);
        for (path, text) in &head.files {
            texts.put(path, text.clone());
        }
        Self { texts, components: &head.components, store: store.join("components") }
    }
}

impl Files for Recorded<'_> {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        self.texts.read(path)
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        let digest = self.components.get(&path.display().to_string()).ok_or(FileError::Missing)?;
        Disk.bytes(&self.store.join(format!("{digest}.wasm")))
    }

    fn siblings(&self, folder: &Path) -> Vec<PathBuf> {
        self.texts.siblings(folder)
    }

    fn exists(&self, path: &Path) -> bool {
        self.texts.exists(path)
    }
}
