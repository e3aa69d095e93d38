//! What is wrong with a plan's file: E08.

use super::Change;
use crate::diagnostics::{Diagnostic, codes};
use std::path::Path;

pub fn no_json(path: &Path, error: &serde_json::Error) -> Diagnostic {
    no_plan(path, &error.to_string())
}

pub fn no_plan(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error(codes::E0805, format!("`{}` is not a plan", path.display()))
        .note(why.to_owned())
        .help("`chaos plan FILE --out plan.json` writes one")
}

pub fn other_version(path: &Path, found: u64, known: u64) -> Diagnostic {
    let headline = format!("`{}` is a plan of version {found}; this program reads version {known}", path.display());
    let help = match found > known {
        true => "use the version of chaos that made it, or a later one",
        false => "plan it again with `chaos plan FILE --out plan.json`",
    };
    Diagnostic::error(codes::E0805, headline).help(help)
}

pub fn edited(path: &Path) -> Diagnostic {
    Diagnostic::error(codes::E0806, format!("`{}` was changed after it was planned", path.display()))
        .note("its sums do not fit what it says, so nothing that was proven of it holds")
        .help("change the experiment's file, and plan it again with `chaos plan FILE --out plan.json`")
}

/// What a plan was made from does not say the same any more; `changes` are lines for people.
pub fn differs(path: &Path, file: &str, changes: &[Change]) -> Diagnostic {
    let headline = format!("`{file}` does not say any more what `{}` says", path.display());
    let shown = changes.iter().take(MOST_CHANGES).map(Change::to_string);
    let rest = changes.len().saturating_sub(MOST_CHANGES);
    let rest = (rest > 0).then(|| format!("… and {rest} more: `chaos diff {} {file}`", path.display()));
    let finding = Diagnostic::error(codes::E0807, headline);
    let finding = shown.chain(rest).fold(finding, |finding, line| finding.note(line));
    finding.help("review it again: `chaos plan FILE --out plan.json`")
}

/// What a plan was made from cannot be planned any more; the findings before say why.
pub fn unplannable(path: &Path, file: &str) -> Diagnostic {
    Diagnostic::error(codes::E0807, format!("what `{}` was made from cannot be planned again", path.display()))
        .note(format!("it was made from `{file}`, looked for from the current folder"))
        .note("a plan is run only after its files have proven again what was reviewed")
}

/// Changes shown at one go; `chaos diff` shows all.
const MOST_CHANGES: usize = 20;
