//! The corpus of the grammar: texts with the trees that they give, in the format of tree-sitter's own tests.

use super::{same, tree};
use crate::harness::{files, root};
use std::fs;

/// A tree as an indented text, as `tree-sitter test` writes it: each node on a line, behind the name of its field.
fn drawn(sexp: &str) -> String {
    let mut out = String::new();
    let mut depth: usize = 0;
    for part in sexp.split(' ') {
        let begins = (part.starts_with('(') || part.ends_with(':')) && !out.ends_with(':');
        match out.is_empty() {
            true => {}
            false if begins => out.push_str(&format!("\n{}", "  ".repeat(depth))),
            false => out.push(' '),
        }
        out.push_str(part);
        // In `(MISSING ")")` the quoted sign is none of the tree's own.
        let own = part.rsplit(['"', '\'']).next().unwrap_or(part);
        depth = depth + own.matches('(').count() - own.matches(')').count();
    }
    out
}

#[test]
fn the_corpus_gives_its_trees() {
    let folder = root().join("editors/tree-sitter-chaos/test/corpus");
    let mut count = 0;
    for file in files(&folder, "txt") {
        let text = fs::read_to_string(&file).unwrap();
        let line = "=".repeat(20);
        let mut made = String::new();
        let parts: Vec<&str> = text.split(&format!("{line}\n")).collect();
        for pair in parts[1..].chunks(2) {
            let (title, body) = (pair[0], pair[1]);
            let (source, _) = body.split_once("\n---\n").unwrap_or((body, ""));
            // The blank line before the text is none of it.
            let source = source.strip_prefix('\n').unwrap_or(source);
            made.push_str(&format!(
                "{line}\n{title}{line}\n\n{source}\n---\n\n{}\n\n",
                drawn(&tree(source).root_node().to_sexp())
            ));
            count += 1;
        }
        made.truncate(made.trim_end().len());
        made.push('\n');
        same(&format!("tree-sitter-chaos/test/corpus/{}", file.file_name().unwrap().to_str().unwrap()), &made);
    }
    assert!(count >= 16, "{count}");
}
