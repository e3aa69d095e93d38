//! `[plugins]`: components that a project has added: their names, and where they are from.

use crate::base::Span;
use std::fmt;
use std::path::{Path, PathBuf};

/// A component that a project has added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// What `use` calls it: `kafka`, `acme.kafka`.
    pub name: String,
    /// Where it is from.
    pub source: PluginSource,
    /// Where that is said.
    pub span: Span,
}

/// Where a component is from. It is written as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginSource {
    /// A file, from the folder of `chaos.toml` on.
    File(PathBuf),
    /// An address of the web.
    Url(String),
    /// A name in an OCI registry: `oci://host/name:tag`.
    Registry(String),
}

impl PluginSource {
    /// Reads a source as it is written. None where it can be none at all: what is wrong with a URL or a name in a registry is
    /// told by who asks there.
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() || text.starts_with('~') || text.chars().any(char::is_control) {
            return None;
        }
        match text.split_once("://") {
            Some(("oci", _)) => Some(Self::Registry(text.to_owned())),
            Some(("https" | "http", _)) => Some(Self::Url(text.to_owned())),
            Some(_) => None,
            None => Some(Self::File(PathBuf::from(text))),
        }
    }

    /// Its file, where it is one of the project; `folder`: that of `chaos.toml`.
    pub fn file_in(&self, folder: &Path) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(folder.join(path)),
            Self::Url(_) | Self::Registry(_) => None,
        }
    }
}

impl fmt::Display for PluginSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(text) | Self::Registry(text) => write!(f, "{text}"),
        }
    }
}

/// Says whether a text can name a module: names of the language with dots between them.
///
/// # Errors
/// Why it cannot.
pub fn is_module_name(text: &str) -> Result<(), String> {
    let is_part = |part: &str| {
        let mut letters = part.chars();
        letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && letters.all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
    };
    if !text.split('.').all(is_part) {
        return Err("a name has letters, digits, `_` and `-`, and dots between several".to_owned());
    }
    if text == "std" || text.starts_with("std.") {
        return Err("`std` is the standard library".to_owned());
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{PluginSource, is_module_name};

    #[test]
    fn sources_are_told_apart_and_written_as_they_were() {
        let sources = ["parts/a.wasm", "/opt/a.wasm", "https://example.com/a.wasm", "oci://registry.example/a:1"];
        for text in sources {
            assert_eq!(PluginSource::parse(text).unwrap().to_string(), text);
        }
        assert!(matches!(PluginSource::parse("oci://a/b:1"), Some(PluginSource::Registry(_))));
        assert!(matches!(PluginSource::parse("http://a/b"), Some(PluginSource::Url(_))));
        for none in ["", "  ", "~/a.wasm", "ftp://a/b", "a\nb"] {
            assert_eq!(PluginSource::parse(none), None, "{none:?}");
        }
    }

    #[test]
    fn names_are_those_of_the_language() {
        for name in ["kafka", "acme.kafka", "web-setting", "_a.b_1"] {
            assert!(is_module_name(name).is_ok(), "{name}");
        }
        for name in ["", ".", "a.", "1a", "a b", "std", "std.http", "a/b", "ä"] {
            assert!(is_module_name(name).is_err(), "{name}");
        }
    }
}
