//! Which files a command is about: those that are named, and those in the folders that are.

use super::counted;
use super::walk::walk;
use crate::analysis::{Target, guards};
use crate::base::files::plain;
use crate::base::{Files, Numbers, Sources};
use crate::diagnostics::Diagnostic;
use crate::names::unreadable;
use crate::project::{self, Pins, Project};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files with their projects.
pub struct Selection {
    /// The files, each with the number of its project, by path.
    files: BTreeMap<PathBuf, Option<usize>>,
    projects: Vec<Project>,
    /// What is wrong with projects and paths.
    pub findings: Vec<Diagnostic>,
    /// The texts of the projects.
    pub sources: Sources,
    /// How many paths were given and left out, since a project excludes them.
    pub left_out: usize,
}

/// What becomes of a path that is given although its project excludes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Excluded {
    /// It is taken: somebody named it.
    #[default]
    Taken,
    /// It is left out: a program named it, with all others.
    LeftOut,
}

/// Whether files that are named can be left out.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct ExcludeOption {
    /// Leave out what `exclude` of a `chaos.toml` names also where it is given here: for programs that give every file.
    #[arg(long)]
    force_exclude: bool,
}

impl ExcludeOption {
    /// What becomes of a path that is excluded.
    pub fn excluded(self) -> Excluded {
        if self.force_exclude { Excluded::LeftOut } else { Excluded::Taken }
    }
}

impl Selection {
    /// Looks at paths as they were given. The texts of projects come from `files`; folders are walked where they lie.
    pub fn read(paths: &[PathBuf], files: &dyn Files) -> Self {
        Self::of(paths, Excluded::Taken, files)
    }

    /// The same; `excluded` says what becomes of a path that is given and excluded.
    pub fn of(paths: &[PathBuf], excluded: Excluded, files: &dyn Files) -> Self {
        let mut reader = Reader { cwd: cwd(), files, found: Self::empty(), known: BTreeMap::new() };
        for path in paths {
            if excluded == Excluded::LeftOut && reader.leaves_out(path) {
                reader.found.left_out += 1;
            } else {
                reader.path(path);
            }
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
        Self { files: BTreeMap::new(), projects: Vec::new(), findings: Vec::new(), sources, left_out: 0 }
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
            self.folder(&shown(given));
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

    /// All files in a folder. What lies in a project of its own, or in a repository of its own, belongs there.
    fn folder(&mut self, folder: &Path) {
        let mut none = true;
        let mut homes = vec![folder.to_path_buf()];
        while let Some(home) = homes.pop() {
            let at = self.project(&plain(&self.cwd.join(&home)));
            let walked = walk(&home, at.and_then(|at| self.found.projects.get(at)), &self.cwd);
            none &= walked.files.is_empty() && walked.findings.is_empty();
            for file in walked.files {
                self.found.files.entry(file).or_insert(at);
            }
            self.found.findings.extend(walked.findings);
            homes.extend(walked.homes);
        }
        if none {
            self.found.findings.push(project::no_files(folder));
        }
    }

    /// Whether a walk from the root of the repository would pass over a path: each folder on the way, and the path itself,
    /// is judged by the project of the folder that it lies in.
    fn leaves_out(&mut self, given: &Path) -> bool {
        let absolute = plain(&self.cwd.join(given));
        let mut is_folder = absolute.is_dir();
        for path in absolute.ancestors() {
            if project::is_repository(path, self.files) {
                return false;
            }
            let Some(at) = path.parent().and_then(|parent| self.project(parent)) else { return false };
            if self.found.projects.get(at).is_some_and(|project| project.prunes(path, is_folder)) {
                return true;
            }
            is_folder = true;
        }
        false
    }
}

/// Says for people how many paths were given and left out.
pub fn tell_left_out(count: usize) {
    if count > 0 {
        complain_of!("{} left out: `exclude` of chaos.toml names what was given", counted(count, "path"));
    }
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

/// The working folder.
pub fn cwd() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}
