//! What lies in a folder: the files that a project does not leave out.

use super::disk::Disk;
use super::selection::cwd;
use crate::base::FileError;
use crate::base::files::plain;
use crate::diagnostics::Diagnostic;
use crate::names::unreadable;
use crate::project::{self, Project};
use ignore::{DirEntry, Walk, WalkBuilder};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

/// The ending of files in the language.
const ENDING: &str = "chaos";

/// What was found in a folder.
#[derive(Default)]
pub struct Walked {
    /// The files.
    pub files: BTreeSet<PathBuf>,
    /// Folders in it that were not walked, since what lies there may belong to another project.
    pub homes: BTreeSet<PathBuf>,
    /// What cannot be read.
    pub findings: Vec<Diagnostic>,
}

/// All `.chaos` files in a folder and its folders, but for those of other projects. Hidden ones are passed over, and what
/// `.gitignore`, `.ignore` or the project names; links to folders are not followed.
pub fn walk(folder: &Path, project: Option<&Project>, cwd: &Path) -> Walked {
    let (tell, homes) = mpsc::channel();
    let is_home = move |path: &Path, entry: &DirEntry| {
        let home = is_folder(entry) && project::begins(path, &Disk);
        home && tell.send(plain(entry.path())).is_ok()
    };
    let mut walked = gather(walker(folder, project, cwd, is_home));
    walked.homes = homes.into_iter().collect();
    walked
}

/// All programs in a folder, given as an absolute path, and its folders, but for what a project leaves out.
pub fn programs(folder: &Path, project: Option<&Project>) -> Vec<PathBuf> {
    gather(walker(folder, project, &cwd(), |_, _| false)).files.into_iter().collect()
}

/// Goes through a folder; `stops` says of an entry, given with its absolute path, whether it is passed over, too.
fn walker(
    folder: &Path,
    project: Option<&Project>,
    cwd: &Path,
    stops: impl Fn(&Path, &DirEntry) -> bool + Send + Sync + 'static,
) -> Walk {
    let (project, cwd) = (project.cloned(), cwd.to_path_buf());
    let mut builder = WalkBuilder::new(folder);
    builder.require_git(false).git_global(false).filter_entry(move |entry| {
        let path = plain(&cwd.join(entry.path()));
        let pruned = project.as_ref().is_some_and(|project| project.prunes(&path, is_folder(entry)));
        entry.depth() == 0 || !pruned && !stops(&path, entry)
    });
    builder.build()
}

fn gather(walk: Walk) -> Walked {
    let mut walked = Walked::default();
    for entry in walk {
        match entry {
            Ok(entry) if is_source(&entry) => drop(walked.files.insert(plain(entry.path()))),
            Ok(_) => {}
            Err(error) => walked.findings.extend(trouble(&error)),
        }
    }
    walked
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

/// A file with the language's ending; a link counts as what it leads to, also where that is lost.
fn is_source(entry: &DirEntry) -> bool {
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
