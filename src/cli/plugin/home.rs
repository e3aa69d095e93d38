//! The project whose plugins are changed: its `chaos.toml` with the layout that it has, and its lock.

use crate::base::{Files, SourceId, Sources};
use crate::cli::disk::Disk;
use crate::cli::replace::write_all;
use crate::cli::selection::shown;
use crate::cli::{REFUSED, complain, print};
use crate::diagnostics::{Diagnostic, any_error, codes};
use crate::names::unreadable;
use crate::project::{self, Lock, Pins, PluginSource, Project};
use std::fs::File;
use std::path::{Component, Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

const PLUGINS: &str = "plugins";

/// A project, and the text of its `chaos.toml`.
pub struct Home {
    pub project: Project,
    pub pins: Pins,
    file: PathBuf,
    text: String,
    /// The project's folder, held while its plugins are changed: whoever comes meanwhile waits.
    _held: Option<File>,
}

impl Home {
    /// The project of the working folder. What stands in the way is printed, and the exit code given.
    pub fn here() -> Result<Self, u8> {
        match project::find(&cwd(), &Disk) {
            Some(file) => Self::read(file),
            None => Err(complain(&no_project())),
        }
    }

    /// The same, or one that begins in the working folder.
    pub fn here_or_new() -> Result<Self, u8> {
        let file = project::find(&cwd(), &Disk);
        file.map_or_else(
            || {
                let (file, held) = (cwd().join(project::FILE_NAME), hold(&cwd()));
                // Somebody else may have begun it meanwhile.
                if Disk.exists(&file) {
                    drop(held);
                    return Self::read(file);
                }
                Ok(Self::with(file, String::new(), Project::empty(cwd()), held))
            },
            Self::read,
        )
    }

    fn read(file: PathBuf) -> Result<Self, u8> {
        let held = hold(file.parent().unwrap_or(Path::new("")));
        let text = Disk.read(&file).map_err(|error| complain(&unreadable(&shown(&file), &error, None)))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut sources = Sources::default();
        let source = sources.add(shown(&file), text.clone());
        let (project, findings) = Project::read(folder, source, &text);
        if any_error(&findings) {
            print(&findings, &sources);
            return Err(REFUSED);
        }
        Ok(Self::with(file, text, project, held))
    }

    fn with(file: PathBuf, text: String, project: Project, held: Option<File>) -> Self {
        let pins = Pins::of(&project, &Disk);
        Self { project, pins, file, text, _held: held }
    }

    /// Adds a plugin to `chaos.toml`, or changes where it is from.
    pub fn put(&mut self, name: &str, source: &PluginSource) -> Result<(), u8> {
        self.change(|plugins| drop(plugins.insert(name, value(source.to_string()))))
    }

    /// Takes a plugin out of `chaos.toml`.
    pub fn take(&mut self, name: &str) -> Result<(), u8> {
        self.change(|plugins| drop(plugins.remove(name)))
    }

    fn change(&mut self, change: impl FnOnce(&mut dyn TableLike)) -> Result<(), u8> {
        let unclear = || complain(&project_unclear(&shown(&self.file)));
        let form = Form::of(&self.text);
        let mut document: DocumentMut = form.bare(&self.text).parse().map_err(|_| unclear())?;
        let table = document.entry(PLUGINS).or_insert_with(|| Item::Table(Table::new()));
        change(table.as_table_like_mut().ok_or_else(unclear)?);
        self.text = form.around(&document.to_string());
        let (project, _) = Project::read(&self.project.folder, SourceId(0), &self.text);
        self.project = project;
        Ok(())
    }

    /// The lock, to be changed.
    pub fn lock(&self) -> Result<Lock, u8> {
        self.pins.lock().map_err(|finding| complain(&finding))
    }

    /// Writes both files: both or none.
    pub fn write(&self, lock: &Lock) -> Result<(), u8> {
        let text = lock.text().map_err(|why| complain(&unwritable(&self.pins.path, &why)))?;
        let files = [(self.file.clone(), self.text.clone()), (self.pins.path.clone(), text)];
        write_all(&files).map_err(|(path, why)| complain(&unwritable(&path, &why)))
    }
}

/// What of a text is no TOML, and stays: a byte order mark, and how lines end.
struct Form {
    mark: &'static str,
    line_end: &'static str,
}

impl Form {
    const MARK: &str = "\u{FEFF}";

    fn of(text: &str) -> Self {
        let windows = text.matches("\r\n").count();
        let is_windows = windows > text.matches('\n').count() - windows;
        Self {
            mark: if text.starts_with(Self::MARK) { Self::MARK } else { "" },
            line_end: if is_windows { "\r\n" } else { "\n" },
        }
    }

    fn bare(&self, text: &str) -> String {
        text.strip_prefix(self.mark).unwrap_or(text).replace("\r\n", "\n")
    }

    fn around(&self, text: &str) -> String {
        format!("{}{}", self.mark, text.replace('\n', self.line_end))
    }
}

/// A path as it was given, from the project's folder on.
pub fn from_folder(given: &Path, folder: &Path) -> PathBuf {
    let given = through_links(given);
    if given.is_absolute() && !given.starts_with(folder) {
        return given;
    }
    let absolute = crate::base::files::plain(&cwd().join(given));
    let mut up = PathBuf::new();
    for base in folder.ancestors() {
        if let Ok(inner) = absolute.strip_prefix(base) {
            return up.join(inner);
        }
        up.push("..");
    }
    absolute
}

/// A path without `..` behind a name, as the system follows it: above what a link leads to, not above the link.
fn through_links(given: &Path) -> PathBuf {
    let mut parts = given.components().skip_while(|part| !matches!(part, Component::Normal(_)));
    let goes_back = parts.any(|part| part == Component::ParentDir);
    let followed = given.parent().zip(given.file_name()).filter(|_| goes_back);
    let followed = followed.and_then(|(folder, name)| Some(std::fs::canonicalize(folder).ok()?.join(name)));
    followed.unwrap_or_else(|| given.to_path_buf())
}

/// A folder, held until it is dropped; nothing where the file system cannot hold it.
fn hold(folder: &Path) -> Option<File> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let held = File::open(here).ok()?;
    held.lock().ok().map(|()| held)
}

fn cwd() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

fn no_project() -> Diagnostic {
    Diagnostic::error(codes::E0100, "there is no chaos.toml in this folder, nor above it")
        .help("go to the project's folder; `chaos plugin add` begins a chaos.toml")
}

fn project_unclear(file: &Path) -> Diagnostic {
    Diagnostic::error(codes::E0108, format!("`{}` has `plugins`, and it is no table", file.display()))
        .about(file)
        .help("write it like `[plugins]`")
}

fn unwritable(path: &Path, why: &str) -> Diagnostic {
    let path = shown(path);
    Diagnostic::error(codes::E0100, format!("`{}` cannot be written: {why}", path.display()))
        .about(path)
        .help("check its permissions, and those of its folder; nothing was changed")
}
