//! From a plugin's folder to a component that can be used: built by its own script, stamped, checked.

use super::errors::{lacks, no_plugin, not_built};
use super::language::Language;
use super::{face, stamp};
use crate::base::Sources;
use crate::diagnostics::{Diagnostic, any_error};
use crate::names::component::{self, BUILT, ComponentFile, MANIFEST, MODULE, Manifest, SECTION, declarations};
use crate::names::{Unreadable, unusable_component};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program that makes the component.
const SCRIPT: &str = "build";
/// Lines shown of what a failed build said.
const SAID: usize = 20;

/// A component that was built.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// Its file.
    pub path: PathBuf,
    /// What it says of itself.
    pub component: ComponentFile,
    /// Its size in bytes.
    pub size: usize,
    /// The module that was put into it.
    pub module: Option<PathBuf>,
}

/// Why there is no component: findings, and the texts that they are in.
pub type Unbuilt = (Vec<Diagnostic>, Sources);

/// Builds what a folder holds.
///
/// # Errors
/// A tool or a file is missing, the build fails, or what it makes cannot be used: then it has no manifest yet, and cannot be
/// taken for whole.
pub fn build(folder: &Path) -> Result<Built, Unbuilt> {
    let alone = |finding: Diagnostic| (vec![finding], Sources::default());
    let manifest = manifest(folder).map_err(alone)?;
    run(folder).map_err(alone)?;
    finish(folder, &manifest)
}

/// The manifest as it is put into the component: JSON without blanks.
fn manifest(folder: &Path) -> Result<(Manifest, String), Diagnostic> {
    for file in [SCRIPT, MANIFEST] {
        if !folder.join(file).is_file() {
            return Err(no_plugin(folder, file));
        }
    }
    let path = folder.join(MANIFEST);
    let wrong = |why: String| unusable_component(&path.display().to_string(), &Unreadable::Content(why));
    let text = std::fs::read(&path).map_err(|error| wrong(format!("its manifest cannot be read: {error}")))?;
    let manifest = Manifest::parse(&text).map_err(wrong)?;
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    Ok((manifest, value.to_string()))
}

fn run(folder: &Path) -> Result<(), Diagnostic> {
    if let Some(tool) = Language::of(folder).and_then(Language::missing) {
        return Err(lacks(tool));
    }
    let failed = |why: &str, said: &str| not_built(folder, why, said);
    let script = std::fs::canonicalize(folder.join(SCRIPT)).map_err(|error| failed(&error.to_string(), ""))?;
    let built = Command::new(script).current_dir(folder).stdin(Stdio::null()).output();
    let built = built.map_err(|error| failed(&error.to_string(), ""))?;
    if !built.status.success() {
        let said = [built.stdout, built.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        let mut lines: Vec<&str> = said.lines().rev().take(SAID).collect();
        lines.reverse();
        return Err(failed(&built.status.to_string(), &lines.join("\n")));
    }
    Ok(())
}

/// Puts manifest and module into what was built, and looks at it as whoever uses it will.
fn finish(folder: &Path, (manifest, text): &(Manifest, String)) -> Result<Built, Unbuilt> {
    let path = folder.join(BUILT);
    let alone = |finding: Diagnostic| (vec![finding], Sources::default());
    let unusable = |why: String| alone(unusable_component(&path.display().to_string(), &Unreadable::Content(why)));
    let bytes = std::fs::read(&path).map_err(|error| alone(not_built(folder, &format!("{BUILT}: {error}"), "")))?;
    let module = folder.join(format!("{}.chaos", manifest.name));
    let face = match std::fs::read_to_string(&module) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(alone(not_built(folder, &format!("{}: {error}", module.display()), ""))),
    };
    let mut sections = vec![(SECTION, text.as_bytes())];
    sections.extend(face.as_deref().map(|face| (MODULE, face.as_bytes())));
    let stamped = stamp::stamp(&bytes, &sections).map_err(unusable)?;
    let component = component::read(&stamped).map_err(unusable)?;
    // Where there is no module, its manifest is declared as whoever adds it will have it.
    let declared = face.clone().unwrap_or_else(|| declarations(&manifest.name, manifest));
    let (findings, sources) = face::findings(&module, &declared, &manifest.name, &stamped);
    if any_error(&findings) {
        return Err((findings, sources));
    }
    write(&path, &stamped).map_err(|error| alone(not_built(folder, &format!("{BUILT}: {error}"), "")))?;
    Ok(Built { path, component, size: stamped.len(), module: face.map(|_| module) })
}

/// Whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&draft, bytes)?;
    std::fs::rename(&draft, path)
}
