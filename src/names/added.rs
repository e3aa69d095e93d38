//! Plugins: components that a project has added, held against what its `chaos.lock` pins.

use super::component::{self, ComponentFile};
use super::{Unreadable, errors, stdlib};
use crate::base::{FileError, Files, SourceId};
use crate::diagnostics::Diagnostic;
use crate::project::{self, Pin, Pins, Plugin, Project, Unpinned};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A component that a project has added, read but not compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    /// What `use` calls it.
    pub name: String,
    /// Where its bytes are.
    pub path: PathBuf,
    /// What they hold.
    pub file: ComponentFile,
    /// What it is pinned to.
    pub pin: Pin,
}

impl Added {
    /// The text of its module: its own, else what its manifest says.
    pub fn module(&self) -> String {
        let made = || component::declarations(&self.name, &self.file.manifest);
        self.file.module.clone().unwrap_or_else(made)
    }
}

/// Why a plugin cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// It is not pinned.
    Unpinned(Unpinned),
    /// It is not on this machine: its file, where it is one of the project.
    Missing(Option<PathBuf>),
    /// It is not what is pinned: of what, which is pinned, which it is.
    Differs(&'static str, String, String),
    /// Its file cannot be used.
    Unusable(Unreadable),
    /// Its name is taken, as said.
    Taken(String),
}

/// What comes of looking for a plugin.
pub type ReadPlugin = Arc<Result<Added, Trouble>>;

impl Trouble {
    /// What is wrong with the plugin of this name.
    pub fn finding(&self, name: &str) -> Diagnostic {
        errors::plugin(name, self)
    }
}

/// By what of the standard library a plugin's name is taken. `allow` and `component` would mean either.
pub fn taken(name: &str) -> Option<String> {
    let last = name.rsplit('.').next().unwrap_or_default();
    if let Some((module, ..)) = stdlib::MODULES.iter().find(|(module, ..)| module.rsplit('.').next() == Some(last)) {
        return Some(format!("`{module}` ends like it, and `allow` could not tell them apart"));
    }
    stdlib::component(name).map(|_| "a standard component is called so".to_owned())
}

/// The plugins of a project.
#[derive(Debug, Default)]
pub struct Plugins {
    project: Option<(Project, Pins)>,
}

impl Plugins {
    /// Those of the project that a folder belongs to.
    pub fn of(folder: &Path, files: &dyn Files) -> Self {
        let absolute = files.absolute(folder);
        let Some(file) = project::find(&absolute, files) else { return Self::default() };
        // What is wrong with the project itself is told where that is checked.
        let Ok(text) = files.read(&file) else { return Self::default() };
        let home = file.parent().unwrap_or(Path::new(""));
        let (project, _) = Project::read(home, SourceId(0), &text);
        let pins = Pins::of(&project, files);
        Self { project: Some((project, pins)) }
    }

    /// The folder of their project.
    pub fn folder(&self) -> Option<&Path> {
        self.project.as_ref().map(|(project, _)| project.folder.as_path())
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.project.iter().flat_map(|(project, _)| &project.plugins).map(|plugin| plugin.name.as_str())
    }

    /// One of them, read; none where no such one was added.
    pub fn read(&self, name: &str, files: &dyn Files) -> Option<Result<Added, Trouble>> {
        let (project, pins) = self.project.as_ref()?;
        let plugin = project.plugins.iter().find(|plugin| plugin.name == name)?;
        Some(read(plugin, project, pins, files))
    }
}

/// Reads the bytes of a plugin, and holds them against what it is pinned to.
///
/// # Errors
/// They are others, or no component that can be used.
pub fn held_against(pin: &Pin, bytes: &[u8]) -> Result<ComponentFile, Trouble> {
    let digest = component::digest(bytes);
    if digest != pin.hex() {
        return Err(Trouble::Differs("digest", pin.digest.clone(), format!("sha256:{digest}")));
    }
    let file = component::read(bytes).map_err(|why| Trouble::Unusable(Unreadable::Content(why)))?;
    same(pin, &file, bytes.len())?;
    Ok(file)
}

fn read(plugin: &Plugin, project: &Project, pins: &Pins, files: &dyn Files) -> Result<Added, Trouble> {
    if let Some(why) = taken(&plugin.name) {
        return Err(Trouble::Taken(why));
    }
    let pin = pins.pin(plugin).map_err(Trouble::Unpinned)?;
    let own = plugin.source.file_in(&project.folder);
    let path = own.clone().or_else(|| files.kept(pin.hex())).ok_or(Trouble::Missing(None))?;
    let bytes = match files.bytes(&path) {
        Err(FileError::Missing) => return Err(Trouble::Missing(own)),
        read => read.map_err(|why| Trouble::Unusable(Unreadable::File(why)))?,
    };
    let file = held_against(pin, &bytes)?;
    Ok(Added { name: plugin.name.clone(), path, file, pin: pin.clone() })
}

/// Whether the lock says of a component what it says of itself.
fn same(pin: &Pin, file: &ComponentFile, size: usize) -> Result<(), Trouble> {
    let facts = [
        ("version", pin.version.clone(), file.manifest.version.clone()),
        ("interface", pin.interface.clone(), file.manifest.interface.clone()),
        ("size", pin.size.to_string(), size.to_string()),
    ];
    let differs = facts.into_iter().find(|(_, pinned, is)| pinned != is);
    differs.map_or(Ok(()), |(what, pinned, is)| Err(Trouble::Differs(what, pinned, is)))
}

/// The path by which the text of a plugin's module is called, which no file has.
pub(super) fn module_path(name: &str) -> PathBuf {
    Path::new("plugin").join(format!("{name}.chaos"))
}
