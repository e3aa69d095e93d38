//! What `editors/` holds: the grammar for tree-sitter with its queries, and the copies of the language's words.

mod copies;
mod corpus;
mod emacs;
mod grammar;
mod manifests;
mod queries;
mod vim;

use crate::harness::{files, root};
use std::fs;
use std::path::PathBuf;
use tree_sitter::{Language, Parser, Tree};

/// A file below `editors/`.
fn inside(path: &str) -> PathBuf {
    root().join("editors").join(path)
}

fn language() -> Language {
    tree_sitter_chaos::LANGUAGE.into()
}

fn parser() -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&language()).unwrap();
    parser
}

fn tree(text: &str) -> Tree {
    parser().parse(text, None).unwrap()
}

/// Every program of the repository.
fn programs() -> Vec<(PathBuf, String)> {
    let folders = ["examples", "stdlib", "tests"];
    let found = folders.iter().flat_map(|folder| files(&root().join(folder), "chaos"));
    found.filter_map(|path| Some((path.clone(), fs::read_to_string(&path).ok()?))).collect()
}

/// Programs that are laid out as `chaos fmt` does it.
fn formatted() -> Vec<String> {
    let examples =
        ["examples/shop", "examples/sources"].into_iter().flat_map(|folder| files(&root().join(folder), "chaos"));
    // Not those that try what nobody writes: a comma at the start of a line, texts over several lines.
    let tried = files(&root().join("tests/format"), "expected");
    let usual =
        tried.into_iter().filter(|path| !path.ends_with("docs.expected") && !path.ends_with("literals.expected"));
    examples.chain(usual).map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Writes a file that is made from the program when `UPDATE_DOCS` says so, and says how to when it differs.
#[track_caller]
fn same(path: &str, made: &str) {
    let file = inside(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, made).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(committed, made, "editors/{path} is out of date: UPDATE_DOCS=1 cargo test editors");
}
