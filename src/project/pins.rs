//! What `chaos.toml` names held against what `chaos.lock` pins.

use super::lock::{Lock, NoLock, Pin};
use super::{LOCK_NAME, Plugin, Project, errors};
use crate::base::{FileError, Files, SourceId, Sources, Span};
use crate::diagnostics::Diagnostic;
use std::path::{Path, PathBuf};

/// Why a plugin is not pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unpinned {
    /// There is no lock.
    NoLock,
    /// The lock cannot be read.
    Unreadable(String),
    /// The lock does not have it.
    NoEntry,
    /// The lock has it from there.
    OtherSource(String),
}

/// A project's lock, as far as there is one.
#[derive(Clone, Debug)]
pub struct Pins {
    /// Where it is, or would be.
    pub path: PathBuf,
    read: Result<Lock, NoLock>,
    missing: bool,
    text: String,
}

impl Pins {
    /// Reads the lock beside a project's `chaos.toml`.
    pub fn of(project: &Project, files: &dyn Files) -> Self {
        let path = project.folder.join(LOCK_NAME);
        match files.read(&path) {
            Ok(text) => Self { path, read: Lock::read(&text), missing: false, text },
            Err(FileError::Missing) => Self { path, read: Ok(Lock::default()), missing: true, text: String::new() },
            Err(_) => {
                let read = Err(NoLock { why: "it is no text that can be read".to_owned(), at: None });
                Self { path, read, missing: false, text: String::new() }
            }
        }
    }

    /// What a plugin is pinned to.
    ///
    /// # Errors
    /// It is not.
    pub fn pin(&self, plugin: &Plugin) -> Result<&Pin, Unpinned> {
        let lock = self.read.as_ref().map_err(|none| Unpinned::Unreadable(none.why.clone()))?;
        if self.missing {
            return Err(Unpinned::NoLock);
        }
        let (pin, _) = lock.pins.get(&plugin.name).ok_or(Unpinned::NoEntry)?;
        if pin.source != plugin.source.to_string() {
            return Err(Unpinned::OtherSource(pin.source.clone()));
        }
        Ok(pin)
    }

    /// The lock, to be changed; an empty one where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn lock(&self) -> Result<Lock, Diagnostic> {
        self.read.clone().map_err(|none| errors::no_lock(&none.why).about(&self.path))
    }

    /// What does not fit between both files. A lock that cannot be read, or has too much, is added to the texts, as
    /// `shown`.
    pub fn findings(&self, project: &Project, shown: &Path, sources: &mut Sources) -> Vec<Diagnostic> {
        let mut own = || sources.add(shown, self.text.clone());
        let lock = match &self.read {
            Ok(lock) => lock,
            Err(none) => {
                let finding = errors::no_lock(&none.why);
                return vec![match &none.at {
                    Some(at) => finding.at(span(own(), at), "not understood here"),
                    None => finding.about(shown),
                }];
            }
        };
        let unpinned = |plugin: &Plugin| {
            let why = self.pin(plugin).err()?;
            Some(errors::unpinned(&plugin.name, &why).at(plugin.span, "named here"))
        };
        let mut found: Vec<Diagnostic> = project.plugins.iter().filter_map(unpinned).collect();
        let known = |name: &str| project.plugins.iter().any(|plugin| plugin.name == name);
        let more: Vec<_> = lock.pins.iter().filter(|(name, _)| !known(name)).collect();
        if !more.is_empty() {
            let source = own();
            found.extend(more.into_iter().map(|(name, (_, at))| errors::left_over(name, span(source, at))));
        }
        found
    }
}

fn span(source: SourceId, at: &std::ops::Range<usize>) -> Span {
    Span::new(source, at.start, at.end)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::lock::tests::pin;
    use super::{Lock, Pins, Project};
    use crate::base::{FileError, Files, SourceId, Sources};
    use std::path::{Path, PathBuf};

    struct OneLock(Option<String>);

    impl Files for OneLock {
        fn read(&self, path: &Path) -> Result<String, FileError> {
            assert_eq!(path, Path::new("p/chaos.lock"));
            self.0.clone().ok_or(FileError::Missing)
        }

        fn siblings(&self, _: &Path) -> Vec<PathBuf> {
            Vec::new()
        }
    }

    const PROJECT: &str = "[plugins]\nkafka = \"oci://registry.example/kafka:1\"\n";

    fn found(lock: Option<String>) -> Vec<String> {
        let (project, wrong) = Project::read(Path::new("p"), SourceId(0), PROJECT);
        assert!(wrong.is_empty(), "{wrong:?}");
        let mut sources = Sources::default();
        sources.add("p/chaos.toml", PROJECT.to_owned());
        let findings = Pins::of(&project, &OneLock(lock)).findings(&project, Path::new("chaos.lock"), &mut sources);
        let shown = |finding: &crate::diagnostics::Diagnostic| {
            let place = finding.place().map_or("", |place| sources.text(place).lines().next().unwrap_or_default());
            format!("{place} | {}", finding.headline)
        };
        findings.iter().map(shown).collect()
    }

    fn text(names: &[&str]) -> String {
        let mut lock = Lock::default();
        names.iter().for_each(|name| lock.put(pin(name)));
        lock.text().unwrap()
    }

    #[test]
    fn both_files_name_the_same_plugins() {
        let none: [&str; 0] = [];
        assert_eq!(found(Some(text(&["kafka"]))), none);
        let missing = "kafka | the plugin `kafka` is not pinned: there is no chaos.lock beside chaos.toml";
        assert_eq!(found(None), [missing]);
        assert_eq!(
            found(Some(text(&[]))),
            ["kafka | the plugin `kafka` is not pinned: chaos.lock has no entry for it"]
        );
        let more = "[[plugin]] | chaos.lock pins `disk`, which chaos.toml does not name";
        assert_eq!(found(Some(text(&["disk", "kafka"]))), [more]);
        let moved = text(&["kafka"]).replace("\"oci://registry.example/kafka:1\"", "\"oci://other.example/kafka:1\"");
        assert!(found(Some(moved))[0].contains("has it from `oci://other.example/kafka:1`"));
        assert!(found(Some("version = 1\nplugin = 3".to_owned()))[0].starts_with("3 | chaos.lock cannot be read"));
    }
}
