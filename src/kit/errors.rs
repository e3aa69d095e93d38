//! What can be wrong with a plugin's folder: E0861 to E0864.

use super::language::Tool;
use crate::diagnostics::{Diagnostic, codes};
use std::path::Path;

/// A name that no plugin can have.
pub fn no_name(name: &str, why: &str) -> Diagnostic {
    Diagnostic::error(codes::E0861, format!("`{name}` can be no plugin's name: {why}")).help(
        "a name has letters, digits, `_` and `-`, and begins with a letter: `chaos plugin new cut-cable --lang rust`",
    )
}

/// A file that would have to be overwritten.
pub fn in_the_way(path: &Path) -> Diagnostic {
    Diagnostic::error(codes::E0861, format!("`{}` is there already; nothing was written", path.display()))
        .help("choose another folder: `--dir DIR`")
}

/// A file that cannot be written.
pub fn unwritten(path: &Path, reason: &str) -> Diagnostic {
    Diagnostic::error(codes::E0861, format!("`{}` cannot be written: {reason}", path.display()))
        .help("choose another folder: `--dir DIR`")
}

pub(super) fn awkward_folder(folder: &Path) -> Diagnostic {
    let headline = format!("the path `{}` holds more than letters, digits, `/`, `.`, `_` and `-`", folder.display());
    Diagnostic::error(codes::E0861, headline)
        .note("the files of a new plugin name their folder, in commands too")
        .help("choose another folder: `--dir DIR`")
}

pub(super) fn lacks(tool: &Tool) -> Diagnostic {
    Diagnostic::error(codes::E0862, format!("building this plugin takes {}, which is not there", tool.name))
        .help(tool.how)
}

pub(super) fn no_plugin(folder: &Path, file: &str) -> Diagnostic {
    let headline = format!("`{}` is no plugin's folder: there is no `{file}` in it", folder.display());
    Diagnostic::error(codes::E0863, headline).help("`chaos plugin new NAME --lang rust` writes one")
}

/// The build says why; its last words matter most.
pub(super) fn not_built(folder: &Path, why: &str, said: &str) -> Diagnostic {
    let headline = format!("`{}` failed: {why}", folder.join("build").display());
    let finding = Diagnostic::error(codes::E0863, headline);
    if said.is_empty() { finding } else { finding.note(format!("it said:\n{said}")) }
}

/// The file that says how a plugin is tried is missing or wrong.
pub(super) fn untried(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error(codes::E0864, format!("`{}`: {why}", path.display()))
        .help("how it is written stands in docs/writing-injectors.md: `conformance.toml`")
}
