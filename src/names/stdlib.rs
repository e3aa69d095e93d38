//! The standard library's modules, embedded.

/// Every module: its path, its file's name, its text.
pub const MODULES: &[(&str, &str, &str)] = &[("std.http", "std/http.chaos", include_str!("../../stdlib/http.chaos"))];

/// Every standard component with its actions and their class, as its manifest tells; a test compares them.
pub const COMPONENTS: &[(&str, &[&str], &str)] = &[("http", &["error", "latency"], "leased")];

/// The module with this path: the name of its file, and its text.
pub fn module(path: &str) -> Option<(&'static str, &'static str)> {
    MODULES.iter().find(|(name, ..)| *name == path).map(|(_, file, text)| (*file, *text))
}
