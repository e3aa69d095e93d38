//! What the project says that a command belongs to: the nearest `chaos.toml`.

use super::disk::Disk;
use crate::base::files::plain;
use crate::base::{Files, SourceId};
use crate::diagnostics::codes;
use crate::project::{self, Project};
use crate::run::RunError;
use std::path::{Path, PathBuf};

/// The project of the folder in which the command was given.
///
/// # Errors
/// What it says of the store and of stopping cannot be understood.
pub fn here() -> Result<Option<Project>, RunError> {
    in_folder(&cwd())
}

/// The project of a file.
///
/// # Errors
/// What it says of the store and of stopping cannot be understood.
pub fn of(file: &Path) -> Result<Option<Project>, RunError> {
    let absolute = plain(&cwd().join(file));
    in_folder(absolute.parent().unwrap_or(&absolute))
}

/// What else is wrong with it stands in nobody's way: `chaos check` tells of it.
fn in_folder(folder: &Path) -> Result<Option<Project>, RunError> {
    let Some(file) = project::find(folder, &Disk) else { return Ok(None) };
    let text = Disk.read(&file).map_err(|_| unclear(&file, "it cannot be read"))?;
    let (project, findings) = Project::read(file.parent().unwrap_or(folder), SourceId(0), &text);
    if project.unclear {
        let why = findings.first().map_or("it cannot be understood", |first| first.headline.as_str());
        return Err(unclear(&file, why));
    }
    Ok(Some(project))
}

fn unclear(file: &Path, why: &str) -> RunError {
    let message =
        format!("`{}` does not say clearly where the run store is, or what stops runs: {why}", file.display());
    RunError::new(codes::E0108, message)
        .help("mend it: `chaos check` shows the place; or name the store: `--store DIR`")
}

fn cwd() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}
