//! The grammar for editors reads what the compiler reads, and gives a tree for everything else.

use super::{inside, parser, programs, tree};
use crate::dice::Dice;
use crate::harness::{files, root};
use chaos_lang::base::SourceId;
use chaos_lang::syntax::parse;
use sha2::{Digest, Sha256};
use std::fs;
use tree_sitter::{InputEdit, Node, Point};

#[test]
fn the_parser_is_made_from_the_grammar() {
    let made_from = fs::read_to_string(inside("tree-sitter-chaos/src/grammar.js.sha256")).unwrap();
    let grammar = fs::read(inside("tree-sitter-chaos/grammar.js")).unwrap();
    let digest: String = Sha256::digest(grammar).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(made_from.starts_with(&digest), "grammar.js changed: scripts/build-parser");
}

/// The programs that the documentation shows.
fn shown() -> Vec<(std::path::PathBuf, String)> {
    let pages = files(&root().join("docs"), "md").into_iter().chain([root().join("README.md")]);
    let mut found = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for block in text.split("```chaos\n").skip(1) {
            found.push((page.clone(), block.split("\n```").next().unwrap_or_default().to_owned()));
        }
    }
    found
}

#[test]
fn it_takes_every_text_that_the_compiler_takes() {
    let (mut taken, mut wrong) = (0, Vec::new());
    for (path, text) in programs().into_iter().chain(shown()) {
        if !parse(SourceId(0), &text).findings.is_empty() {
            continue;
        }
        taken += 1;
        let tree = tree(&text);
        if tree.root_node().has_error() {
            wrong.push(format!("{}: {}", path.display(), first_error(tree.root_node())));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(taken > 600, "only {taken} texts were read");
}

/// Where the first part of a tree that is wrong stands, for people.
fn first_error(node: Node) -> String {
    if node.is_error() || node.is_missing() {
        return format!("{} in line {}", node.to_sexp(), node.start_position().row + 1);
    }
    let mut cursor = node.walk();
    let wrong = node.children(&mut cursor).find(Node::has_error);
    wrong.map_or_else(String::new, first_error)
}

/// Tools that generate parsers take a NUL for the end.
#[test]
fn a_nul_is_a_sign_like_any_other() {
    let text = "## a\0\n# \0 b\nlet a = \"\0x\0\"\nlet b = `\0`\nlet c = ```\0`x\0\n``\0```\nlet d = a # c\0";
    assert!(parse(SourceId(0), text).findings.is_empty());
    let tree = tree(text);
    assert!(!tree.root_node().has_error(), "{}", tree.root_node().to_sexp());
    assert_eq!(tree.root_node().end_byte(), text.len());
}

#[test]
fn declarations_around_an_error_are_still_seen() {
    let broken = "system s {\n  service a { cals b ( }\n}\nlet = 3\nexperiment e on s {\n  run {\n    wait 1s\n\
        test \"t\" of e {\n  given [ steady\n}\nlet last = 1\n";
    let tree = tree(broken);
    assert!(tree.root_node().has_error());
    let root = tree.root_node();
    let mut cursor = root.walk();
    let kinds: Vec<&str> = root.children(&mut cursor).map(|node| node.kind()).collect();
    for kind in ["system", "experiment", "test", "constant"] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}\n{}", root.to_sexp());
    }
}

/// The point of a byte.
fn point(text: &str, at: usize) -> Point {
    let before = &text[..at];
    Point { row: before.matches('\n').count(), column: at - before.rfind('\n').map_or(0, |line| line + 1) }
}

/// After an edit the tree that is mended is the one that is made anew.
#[test]
fn edits_give_the_tree_that_a_fresh_read_gives() {
    let pieces = ["{", "}", "(", "\"", "`", "\n", "#", ",", " for ", "\nexperiment x on y {", "é", " + ", "else"];
    let mut dice = Dice(11);
    let all = programs();
    let mut parser = parser();
    for _ in 0..200 {
        let mut text = all[dice.below(all.len())].1.clone();
        let mut tree = parser.parse(&text, None).unwrap();
        for _ in 0..3 {
            let boundary = |text: &str, mut at: usize| {
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let start = boundary(&text, dice.below(text.len() + 1));
            let end = boundary(&text, (start + dice.below(30)).min(text.len())).max(start);
            let piece = dice.one_of(&pieces);
            let (start_position, old_end_position) = (point(&text, start), point(&text, end));
            text.replace_range(start..end, piece);
            let new_end = start + piece.len();
            tree.edit(&InputEdit {
                start_byte: start,
                old_end_byte: end,
                new_end_byte: new_end,
                start_position,
                old_end_position,
                new_end_position: point(&text, new_end),
            });
            tree = parser.parse(&text, Some(&tree)).unwrap();
            // What is wrong may be mended in several ways; what is right is read in one.
            let fresh = parser.parse(&text, None).unwrap();
            if !fresh.root_node().has_error() {
                assert_eq!(tree.root_node().to_sexp(), fresh.root_node().to_sexp(), "{text}");
            }
            assert_eq!(tree.root_node().end_byte(), fresh.root_node().end_byte(), "{text}");
        }
    }
}
