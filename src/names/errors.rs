//! What can be wrong with files and names: E01 (unreadable), E02.

use super::added::Trouble;
use super::component::BUILT;
use super::scope::Kind;
use super::{Unreadable, stdlib};
use crate::base::{FileError, Span};
use crate::diagnostics::{Diagnostic, codes};
use crate::project::unpinned;
use std::path::Path;

/// A file cannot be read.
pub fn unreadable(path: &Path, error: &FileError, at: Option<Span>) -> Diagnostic {
    let (file, path) = (path, if path.as_os_str().is_empty() { Path::new(".") } else { path }.display());
    let (headline, help) = match error {
        FileError::Missing => {
            (format!("there is no file `{path}`"), "check the path; it is relative to where it is written")
        }
        FileError::NotUtf8(at) => {
            (format!("`{path}` is not UTF-8 text: byte {at} does not belong"), "save it as UTF-8")
        }
        FileError::Folder => (format!("`{path}` is a folder"), "name a file in it"),
        FileError::TooLarge(bytes) => (format!("`{path}` is too large: {bytes} bytes"), "a file has at most 16 MiB"),
        FileError::Unsaved => (
            "a document that was never saved has no folder, so it cannot use files beside it".to_owned(),
            "save it first",
        ),
        FileError::Other(reason) => {
            (format!("`{path}` cannot be read: {reason}"), "check the path and its permissions")
        }
    };
    let finding = Diagnostic::error(codes::E0100, headline).help(help);
    match at {
        Some(span) => finding.at(span, "used here"),
        None => finding.about(file),
    }
}

pub(super) fn unknown_module<'n>(path: &str, at: Span, plugins: impl Iterator<Item = &'n str>) -> Diagnostic {
    Diagnostic::error(codes::E0201, format!("unknown module `{path}`"))
        .at(at, "neither in the standard library nor a plugin of this project")
        .did_you_mean(path, at, stdlib::MODULES.iter().map(|(name, ..)| *name).chain(plugins))
        .note("a file is used by its path in quotes: `use \"./shop.chaos\"`")
}

pub(super) fn no_policy(what: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0603, format!("`{what}` has no policy"))
        .at(at, "named here for its policies")
        .help("name a file that declares one, or take this out")
}

pub(super) fn cycle(chain: &[String], at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0202, format!("files use each other: {}", chain.join(" → ")))
        .at(at, "closes the circle")
        .help("move what both need into a third file")
}

pub(super) fn declared_twice(kind: Kind, name: &str, first: Span, again: Span) -> Diagnostic {
    Diagnostic::error(codes::E0204, format!("two {} are called `{name}`", kind.words()))
        .at(again, "declared again here")
        .at(first, "declared first here")
        .help("rename one, or bring its file in under a name: `use \"…\" as other`")
}

/// A component's file cannot be read, or is none that could be loaded.
pub fn unusable_component(name: &str, why: &Unreadable) -> Diagnostic {
    let (reason, help) = match why {
        Unreadable::File(FileError::Missing) => {
            ("there is no such file".to_owned(), "check the path; it is relative to the file that names it")
        }
        Unreadable::File(FileError::Folder) => ("it is a folder".to_owned(), "name the component in it"),
        Unreadable::File(FileError::TooLarge(bytes)) => {
            (format!("it has {bytes} bytes; a component has 64 MiB at most"), "name a smaller one")
        }
        Unreadable::File(FileError::NotUtf8(_)) => ("it cannot be read".to_owned(), "check the file"),
        Unreadable::File(FileError::Unsaved) => {
            ("a document that was never saved has no folder".to_owned(), "save it first")
        }
        Unreadable::File(FileError::Other(reason)) => (reason.clone(), "check the path and its permissions"),
        Unreadable::Content(reason) => (reason.clone(), "see docs/injectors.md for what a component holds"),
    };
    let headline = format!("the component `{name}` cannot be used: {reason}");
    Diagnostic::error(codes::E0330, headline).help(help)
}

/// The component that a folder makes is not there yet, or is that of another manifest.
pub fn unbuilt_component(name: &str) -> Diagnostic {
    Diagnostic::error(codes::E0330, format!("the component `{name}` is not built yet"))
        .note(format!("the manifest beside this file is its own, and there is no `{BUILT}` that was made with it"))
        .help("build it first: `chaos plugin build`")
}

/// A plugin that cannot be used.
pub(super) fn plugin(name: &str, trouble: &Trouble) -> Diagnostic {
    match trouble {
        Trouble::Unpinned(why) => unpinned(name, why),
        Trouble::Missing(None) => {
            Diagnostic::error(codes::E0337, format!("the plugin `{name}` is not on this machine"))
                .help("fetch what chaos.lock pins: `chaos plugin fetch`")
        }
        Trouble::Missing(Some(path)) => {
            Diagnostic::error(codes::E0337, format!("the plugin `{name}` is missing: `{}`", path.display()))
                .help(format!("bring the file back, or take the plugin out: `chaos plugin remove {name}`"))
        }
        Trouble::Differs(what, pinned, is) => other_than_pinned(name, what, pinned, is),
        Trouble::Unusable(why) => unusable_component(name, why),
        Trouble::Taken(why) => name_taken(name, why),
    }
}

/// A plugin that would be called like something else.
pub fn name_taken(name: &str, why: &str) -> Diagnostic {
    Diagnostic::error(codes::E0340, format!("a plugin cannot be called `{name}`: {why}"))
        .help("give it another name: `chaos plugin add … --name NAME`")
}

/// A plugin that is another one than `chaos.lock` pins.
pub fn other_than_pinned(name: &str, what: &str, pinned: &str, is: &str) -> Diagnostic {
    Diagnostic::error(codes::E0338, format!("the plugin `{name}` is not the one that chaos.lock pins"))
        .note(format!("the {what} of that one is {pinned}, and of this one {is}"))
        .help(format!(
            "get the pinned one back (`chaos plugin fetch`, unless it is a file of the project); or pin this one, after a look: \
             `chaos plugin update {name}`"
        ))
}

/// A plugin's module that names a file, or another plugin: its text is all there is of it.
pub(super) fn out_of_reach(what: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0201, format!("the module of a plugin cannot use {what}"))
        .at(at, "this does not come with the component")
        .help("use modules of the standard library, and the component itself by its name")
}
