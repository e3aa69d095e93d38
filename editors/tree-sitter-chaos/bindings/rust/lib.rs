//! The grammar of the chaos language for [tree-sitter](https://tree-sitter.github.io), with its queries.

use tree_sitter_language::LanguageFn;

unsafe extern "C" {
    fn tree_sitter_chaos() -> *const ();
}

/// The language, for `tree_sitter::Parser::set_language`.
// SAFETY: the generated parser defines the function with this signature, and what it points to is never freed.
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(tree_sitter_chaos) };

/// What is coloured how.
pub const HIGHLIGHTS_QUERY: &str = include_str!("../../queries/highlights.scm");

/// What can be folded.
pub const FOLDS_QUERY: &str = include_str!("../../queries/folds.scm");

/// How lines are indented.
pub const INDENTS_QUERY: &str = include_str!("../../queries/indents.scm");

/// Which names belong together.
pub const LOCALS_QUERY: &str = include_str!("../../queries/locals.scm");

/// Other languages inside: PromQL in the raw texts of sources.
pub const INJECTIONS_QUERY: &str = include_str!("../../queries/injections.scm");

/// What is declared and used, for outlines and searches.
pub const TAGS_QUERY: &str = include_str!("../../queries/tags.scm");
