//! What can be wrong with a project: E01.

use super::{Level, Unpinned};
use crate::base::Span;
use crate::diagnostics::{Diagnostic, codes};
use std::path::Path;

/// A folder without a `.chaos` file that may be looked at.
pub fn no_files(folder: &Path) -> Diagnostic {
    Diagnostic::error(codes::E0100, format!("there is no `.chaos` file in `{}`", folder.display())).about(folder).help(
        "name a folder that has some; hidden ones, and what `.gitignore`, `.ignore` or `exclude` name, are skipped",
    )
}

pub(super) fn not_toml(message: &str, at: Span) -> Diagnostic {
    let first = message.lines().next().unwrap_or("it cannot be read");
    Diagnostic::error(codes::E0108, format!("this is no TOML: {first}")).at(at, "not understood here")
}

pub(super) fn unknown_key(key: &str, at: Span, table: &str, known: &[&str]) -> Diagnostic {
    let headline =
        if table.is_empty() { format!("unknown key `{key}`") } else { format!("unknown key `{key}` in `[{table}]`") };
    let finding = Diagnostic::error(codes::E0108, headline).at(at, "").did_you_mean(key, at, known.iter().copied());
    if known.is_empty() { finding.note(format!("`[{table}]` has no keys yet")) } else { finding }
}

pub(super) fn unknown_rule(rule: &str, at: Span, known: &[&str]) -> Diagnostic {
    Diagnostic::error(codes::E0108, format!("unknown rule `{rule}`")).at(at, "").did_you_mean(
        rule,
        at,
        known.iter().copied(),
    )
}

pub(super) fn wrong_value(key: &str, wanted: &str, found: &str, at: Span, example: &str) -> Diagnostic {
    Diagnostic::error(codes::E0108, format!("expected {wanted} for `{key}`, found {found}"))
        .at(at, "")
        .help(format!("write it like `{example}`"))
}

pub(super) fn no_home(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0108, "`~` is not a home folder here").at(at, "").help(
        "write a path from this file's folder on, or one from the root on; without `store`, it is in the home folder",
    )
}

pub(super) fn unknown_level(rule: &str, word: &str, at: Span) -> Diagnostic {
    let words: Vec<String> = Level::ALL.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    let quoted = format!("\"{word}\"");
    Diagnostic::error(codes::E0108, format!("expected `allow`, `warn` or `deny` for `{rule}`, found `{word}`"))
        .at(at, "")
        .did_you_mean(&quoted, at, words.iter().map(String::as_str))
}

pub(super) fn no_glob(reason: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0108, format!("this pattern cannot be read: {reason}"))
        .at(at, "")
        .note("patterns are written as in `.gitignore`: `vendor/`, `/drafts/*.chaos`, `**/generated/**`")
}

pub(super) fn no_plugin_name(name: &str, why: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0108, format!("`{name}` cannot be the name of a plugin: {why}"))
        .at(at, "")
        .help("choose another, like `kafka` or `\"acme.kafka\"`: `use` names it so")
}

pub(super) fn nested_plugin(name: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0108, format!("`{name}` is a table, and no plugin"))
        .at(at, "")
        .help("put a name with dots in quotes: `\"acme.kafka\" = \"…\"`")
}

pub(super) fn plugins_called_alike(name: &str, at: Span, other: &str, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0108, format!("`{name}` and `{other}` end alike: `allow` could not tell them apart"))
        .at(at, "")
        .at(first, "the other one")
        .help("give one another name")
}

/// A plugin that `chaos.lock` does not pin as `chaos.toml` has it.
pub fn unpinned(name: &str, why: &Unpinned) -> Diagnostic {
    let update = format!("pin it: `chaos plugin update {name}`");
    let (reason, help) = match why {
        Unpinned::NoLock => ("there is no chaos.lock beside chaos.toml".to_owned(), update),
        Unpinned::Unreadable(why) => (
            format!("chaos.lock cannot be read: {why}"),
            "take back what was changed in it; or remove it, and pin all plugins: `chaos plugin update`".to_owned(),
        ),
        Unpinned::NoEntry => ("chaos.lock has no entry for it".to_owned(), update),
        Unpinned::OtherSource(pinned) => {
            (format!("chaos.lock has it from `{pinned}`, and chaos.toml from elsewhere"), update)
        }
    };
    Diagnostic::error(codes::E0109, format!("the plugin `{name}` is not pinned: {reason}")).help(help)
}

pub(super) fn no_lock(why: &str) -> Diagnostic {
    Diagnostic::error(codes::E0109, format!("chaos.lock cannot be read: {why}"))
        .help("take back what was changed in it; or remove it, and pin all plugins: `chaos plugin update`")
}

pub(super) fn left_over(name: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0109, format!("chaos.lock pins `{name}`, which chaos.toml does not name"))
        .at(at, "pinned here")
        .help(format!("take it out: `chaos plugin remove {name}`; or name it under `[plugins]` again"))
}
