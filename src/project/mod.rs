//! Rank 2: `chaos.toml`: what of a folder is checked, and how; `chaos.lock`: what its plugins are.
//!
//! Knows the file's form and where it is looked for; nothing of what its words mean to others.

mod errors;
mod find;
mod lock;
mod pins;
mod plugin;
mod read;

pub use errors::{no_files, unpinned};
pub use find::{FILE_NAME, begins, find, is_repository};
pub use lock::{LOCK_NAME, Lock, Pin};
pub use pins::{Pins, Unpinned};
pub use plugin::{Plugin, PluginSource, is_module_name};

use crate::base::{SourceId, Span};
use crate::diagnostics::{Diagnostic, Severity};
use ignore::gitignore::Gitignore;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How much a rule matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is not looked for.
    Allow,
    /// It is shown.
    Warn,
    /// It is shown as an error.
    Deny,
}

impl Level {
    /// All levels with their words.
    pub const ALL: &'static [(&'static str, Level)] =
        &[("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny)];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, level)| *level == self).map_or("", |(word, _)| word)
    }

    /// The level with this word.
    pub fn named(word: &str) -> Option<Level> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, level)| *level)
    }

    /// How findings of a rule at this level are shown; not at all for `allow`.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Level::Allow => None,
            Level::Warn => Some(Severity::Warning),
            Level::Deny => Some(Severity::Error),
        }
    }
}

/// The level of each rule that a project says something of, by its name; `all` stands for those that are not named.
pub type Levels = BTreeMap<String, Level>;

/// The word for all rules that are not named.
pub const EVERY_RULE: &str = "all";

/// What a `chaos.toml` says.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder it lies in.
    pub folder: PathBuf,
    /// `[check] environment`: where experiments are checked, and where the file says so.
    pub environment: Option<(String, Span)>,
    /// `[lint]`: what of the rules is said.
    pub levels: Levels,
    /// `[policy] use`: files, from this folder on, and modules whose policies guard every file of the project.
    pub policies: Vec<(String, Span)>,
    /// `store`: the folder of the run store.
    pub store: Option<PathBuf>,
    /// `[stop] url`: what every runner asks whether it is to stop.
    pub stop_url: Option<String>,
    /// `[plugins]`: the components that it has added, by their names.
    pub plugins: Vec<Plugin>,
    /// Whether it is unknown what the file says of the store or of stopping, since that part cannot be understood.
    pub unclear: bool,
    exclude: Gitignore,
}

impl Project {
    /// A project that says nothing.
    pub fn empty(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            environment: None,
            levels: Levels::new(),
            policies: Vec::new(),
            store: None,
            stop_url: None,
            plugins: Vec::new(),
            unclear: false,
            exclude: Gitignore::empty(),
        }
    }

    /// The name of the environment where experiments are checked.
    pub fn environment_name(&self) -> Option<String> {
        self.environment.as_ref().map(|(name, _)| name.clone())
    }

    /// Reads the text of a `chaos.toml` that lies in `folder`. What cannot be read is left out, and a finding says so.
    pub fn read(folder: &Path, source: SourceId, text: &str) -> (Project, Vec<Diagnostic>) {
        read::read(folder, source, text)
    }

    /// Whether `exclude` names a file or folder itself, so that a walk leaves it out. `path` is absolute, like `folder`.
    pub fn prunes(&self, path: &Path, is_folder: bool) -> bool {
        self.exclude.matched(self.inner(path), is_folder).is_ignore()
    }

    /// Whether `exclude` names a file, or a folder that it lies in.
    pub fn excludes(&self, file: &Path) -> bool {
        file.starts_with(&self.folder) && self.exclude.matched_path_or_any_parents(self.inner(file), false).is_ignore()
    }

    fn inner<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.folder).unwrap_or(path)
    }
}
