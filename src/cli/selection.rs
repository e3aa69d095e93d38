//! Which files a command is about: those that are named, and those in the folders that are.

use crate::analysis::{Target, guards};
use crate::base::files::plain;
use crate::base::{FileError, Files, Numbers, Sources};
use crate::diagnostics::Diagnostic;
use crate::names::unreadable;
use crate::project::{self, Pins, Project};
use ignore::WalkBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The ending of files in the language.
const ENDING: &str = "chaos";

/// Files with their projects.
pub struct Selection {
    /// The files, each with the number of its project, by path.
    files: BTreeMap<PathBuf, Option<usize>>,
    projects: Vec<Project>,
    /// What is wrong with projects and paths.
    pub findings: Vec<Diagnostic>,
    /// The texts of the projects.
    pub sources: Sources,
}

impl Selection {
    /// Looks at paths as they were given. The texts of projects come from `files`; folders are walked where they lie.
    pub fn read(paths: &[PathBuf], files: &dyn Files) -> Self {
        let cwd = cwd();
        let mut reader = Reader { cwd, files, found: Self::empty(), known: BTreeMap::new() };
        for path in paths {
            reader.path(path);
        }
        reader.found
    }

    /// One file, which is not walked where it is a folder.
    pub fn one(path: &Path, files: &dyn Files) -> Self {
        let mut reader = Reader { cwd: cwd(), files, found: Self::empty(), known: BTreeMap::new() };
        reader.file(path);
        reader.found
    }

    fn empty() -> Self {
        let sources = Sources::numbered_by(Numbers::default());
        Self { files: BTreeMap::new(), projects: Vec::new(), findings: Vec::new(), sources }
    }

    /// The files, each with its project.
    pub fn files(&self) -> impl Iterator<Item = (&Path, Option<&Project>)> {
        self.files.iter().map(|(path, project)| (path.as_path(), project.and_then(|at| self.projects.get(at))))
    }

    /// The files with their environments: the one that is named, else the project's.
    pub fn targets(&self, environment: Option<&str>) -> Vec<Target> {
        let own = |project: Option<&Project>| project.and_then(Project::environment_name);
        let target = |(path, project): (&Path, Option<&Project>)| Target {
            path: path.to_path_buf(),
            environment: environment.map(str::to_owned).or_else(|| own(project)),
            guards: project.map(|project| guards(project, shown)).unwrap_or_default(),
        };
        self.files().map(target).collect()
    }

    /// Whether a fix may change a file: it was selected, or it is used and no project excludes it. What is called like a file and
    /// is none, as the module of a plugin, may not be changed.
    pub fn may_change(&self, path: &Path) -> bool {
        let absolute = plain(&cwd().join(path));
        self.files.contains_key(path)
            || absolute.exists() && !self.projects.iter().any(|project| project.excludes(&absolute))
    }
}

struct Reader<'f> {
    cwd: PathBuf,
    files: &'f dyn Files,
    found: Selection,
    /// The projects of folders that were asked for already.
    known: BTreeMap<PathBuf, Option<usize>>,
}

impl Reader<'_> {
    fn path(&mut self, given: &Path) {
        let absolute = plain(&self.cwd.join(given));
        if absolute.is_dir() {
            let project = self.project(&absolute);
            self.folder(&shown(given), project);
        } else {
            self.file(given);
        }
    }

    fn file(&mut self, given: &Path) {
        let absolute = plain(&self.cwd.join(given));
        let folder = absolute.parent().unwrap_or(&absolute).to_path_buf();
        let project = self.project(&folder);
        self.found.files.entry(shown(given)).or_insert(project);
    }

    /// The project that a folder belongs to.
    fn project(&mut self, folder: &Path) -> Option<usize> {
        if let Some(known) = self.known.get(folder) {
            return *known;
        }
        let project = project::find(folder, self.files).and_then(|file| self.read_project(&file));
        self.known.insert(folder.to_path_buf(), project);
        project
    }

    fn read_project(&mut self, file: &Path) -> Option<usize> {
        let folder = file.parent()?;
        if let Some(known) = self.found.projects.iter().position(|project| project.folder == folder) {
            return Some(known);
        }
        let shown = shown(file);
        let text = match self.files.read(&shown) {
            Ok(text) => text,
            Err(error) => {
                self.found.findings.push(unreadable(&shown, &error, None));
                return None;
            }
        };
        let source = self.found.sources.add(&shown, text.clone());
        let (project, findings) = Project::read(folder, source, &text);
        self.found.findings.extend(findings);
        let pins = Pins::of(&project, self.files);
        self.found.findings.extend(pins.findings(
            &project,
            &super::selection::shown(&pins.path),
            &mut self.found.sources,
        ));
        self.found.projects.push(project);
        Some(self.found.projects.len() - 1)
    }

    fn folder(&mut self, folder: &Path, project: Option<usize>) {
        let walked = walk(folder, project.and_then(|at| self.found.projects.get(at)), &self.cwd);
        if walked.files.is_empty() && walked.findings.is_empty() {
            self.found.findings.push(project::no_files(folder));
        }
        for file in walked.files {
            self.found.files.entry(file).or_insert(project);
        }
        self.found.findings.extend(walked.findings);
    }
}

/// All programs in a folder, given as an absolute path, and its folders, but for what a project leaves out.
pub fn programs(folder: &Path, project: Option<&Project>) -> Vec<PathBuf> {
    walk(folder, project, &cwd()).files.into_iter().collect()
}

/// What was found in a folder.
#[derive(Default)]
struct Walked {
    files: BTreeSet<PathBuf>,
    /// What cannot be read.
    findings: Vec<Diagnostic>,
}

/// All `.chaos` files in a folder and its folders. Hidden ones are passed over, and what `.gitignore`, `.ignore` or the
/// project names; links to folders are not followed.
fn walk(folder: &Path, project: Option<&Project>, cwd: &Path) -> Walked {
    let mut builder = WalkBuilder::new(folder);
    builder.require_git(false).git_global(false);
    if let Some(project) = project.cloned() {
        let cwd = cwd.to_path_buf();
        builder.filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            entry.depth() == 0 || !project.prunes(&plain(&cwd.join(entry.path())), is_folder)
        });
    }
    let mut walked = Walked::default();
    for entry in builder.build() {
        match entry {
            Ok(entry) if is_source(&entry) => drop(walked.files.insert(plain(entry.path()))),
            Ok(_) => {}
            Err(error) => walked.findings.extend(trouble(&error)),
        }
    }
    walked
}

/// A file with the language's ending; a link counts as what it leads to, also where that is lost.
fn is_source(entry: &ignore::DirEntry) -> bool {
    entry.path().extension().is_some_and(|ending| ending == ENDING)
        && entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink() && !entry.path().is_dir())
}

/// A folder that cannot be read. An ignore file with a pattern that cannot be read only ignores less.
fn trouble(error: &ignore::Error) -> Option<Diagnostic> {
    match error {
        ignore::Error::WithDepth { err, .. } => trouble(err),
        ignore::Error::WithPath { path, err } => {
            let reason = err.io_error().map_or_else(|| err.to_string(), io_reason);
            Some(unreadable(&plain(path), &FileError::Other(reason), None))
        }
        _ => None,
    }
}

/// The operating system's words, without the path that the walk adds to them.
fn io_reason(error: &std::io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |code| std::io::Error::from_raw_os_error(code).to_string())
}

/// How a path is written: from the working folder on where it lies in it, else as it was given.
pub fn shown(path: &Path) -> PathBuf {
    let cwd = cwd();
    match plain(&cwd.join(path)).strip_prefix(&cwd) {
        Ok(inner) if inner.as_os_str().is_empty() => PathBuf::from("."),
        Ok(inner) => inner.to_path_buf(),
        Err(_) => plain(path),
    }
}

fn cwd() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}
