//! The standard library's modules, embedded.

/// Every module: its path, its file's name, its text.
pub const MODULES: &[(&str, &str, &str)] = &[("std.http", "std/http.chaos", include_str!("../../stdlib/http.chaos"))];

/// The last name of the module whose file this is.
pub fn named_by_file(path: &std::path::Path) -> Option<&'static str> {
    let (name, ..) = MODULES.iter().find(|(_, file, _)| std::path::Path::new(file) == path)?;
    name.rsplit('.').next()
}

/// Whether a name is the last name of a standard module.
pub fn is_module(name: &str) -> bool {
    MODULES.iter().any(|(path, ..)| path.rsplit('.').next() == Some(name))
}

/// Every standard component with its actions and their class, as its manifest tells; a test compares them.
pub const COMPONENTS: &[(&str, &[&str], &str)] = &[("http", &["error", "latency"], "leased")];

/// The module with this path: the name of its file, and its text.
pub fn module(path: &str) -> Option<(&'static str, &'static str)> {
    MODULES.iter().find(|(name, ..)| *name == path).map(|(_, file, text)| (*file, *text))
}
