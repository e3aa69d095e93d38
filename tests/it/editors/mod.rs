//! What `editors/` holds: the grammar for tree-sitter with its queries, and the copies of the language's words.

mod copies;
mod corpus;
mod emacs;
mod grammar;
mod manifests;
mod queries;
mod vim;

use crate::harness::{files, root};
use chaos_lang::base::SourceId;
use chaos_lang::format::format;
use std::collections::BTreeSet;
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

/// Every program of the repository that has a layout, in it.
fn formatted() -> BTreeSet<String> {
    let expected = files(&root().join("tests/format"), "expected");
    let expected = expected.into_iter().map(|path| fs::read_to_string(path).unwrap());
    let nested = "scenario a(b: service {\n  c: ratio,\n      d: ratio,\n}) { }\n".to_owned();
    let texts = programs().into_iter().map(|(_, text)| text).chain(expected).chain([nested]);
    let found: BTreeSet<String> = texts.filter_map(|text| format(SourceId(0), &text).ok()).collect();
    assert!(found.len() > 500, "only {} texts were laid out", found.len());
    found
}

/// A program without indentation; what stands in raw texts is left alone.
fn flat(text: &str) -> String {
    let (tree, mut raw) = (tree(text), BTreeSet::new());
    let mut open = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        if node.kind() == "raw" {
            raw.extend(node.start_position().row + 1..=node.end_position().row);
        }
        open.extend((0..node.child_count()).filter_map(|at| node.child(at)));
    }
    let lines = text.split_inclusive('\n').enumerate();
    lines.map(|(row, line)| if raw.contains(&row) { line } else { line.trim_start_matches(' ') }).collect()
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
