//! The queries of every editor: they name what the grammar has, and each name of a program is coloured, once.

use super::{inside, language, programs, tree};
use crate::harness::files;
use chaos_lang::base::SourceId;
use chaos_lang::syntax::parse;
use std::collections::BTreeMap;
use std::fs;
use tree_sitter::{Node, Query, QueryCursor, StreamingIterator, Tree};
use tree_sitter_chaos::{FOLDS_QUERY, HIGHLIGHTS_QUERY, INJECTIONS_QUERY, LOCALS_QUERY, TAGS_QUERY};

/// Every capture: what is captured, and its text.
fn captures(query: &str, tree: &Tree, text: &str) -> Vec<(String, String, usize)> {
    let query = Query::new(&language(), query).unwrap();
    let mut cursor = QueryCursor::new();
    let mut matches = cursor.captures(&query, tree.root_node(), text.as_bytes());
    let mut found = Vec::new();
    while let Some((it, index)) = matches.next() {
        let capture = it.captures()[*index];
        let name = query.capture_names()[capture.index as usize].to_owned();
        found.push((name, capture.node.utf8_text(text.as_bytes()).unwrap().to_owned(), capture.node.id()));
    }
    found
}

fn leaves<'a>(node: Node<'a>, found: &mut Vec<Node<'a>>) {
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        leaves(child, found);
    }
    if node.child_count() == 0 {
        found.push(node);
    }
}

#[test]
fn every_query_of_every_editor_fits_the_grammar() {
    let mut count = 0;
    for folder in ["tree-sitter-chaos/queries", "helix/queries", "zed/languages", "neovim/queries"] {
        for file in files(&inside(folder), "scm") {
            let text = fs::read_to_string(&file).unwrap();
            let query = Query::new(&language(), &text);
            assert!(query.is_ok(), "{}: {:?}", file.display(), query.err());
            count += 1;
        }
    }
    assert!(count >= 18, "{count}");
}

#[test]
fn every_leaf_of_a_program_is_coloured_once() {
    let mut wrong = BTreeMap::new();
    for (path, text) in programs() {
        if !parse(SourceId(0), &text).findings.is_empty() {
            continue;
        }
        let tree = tree(&text);
        let mut times: BTreeMap<usize, usize> = BTreeMap::new();
        captures(HIGHLIGHTS_QUERY, &tree, &text).iter().for_each(|(.., id)| *times.entry(*id).or_default() += 1);
        let mut all = Vec::new();
        leaves(tree.root_node(), &mut all);
        for leaf in all {
            // Parts of a text are coloured by the text around them.
            let outer = leaf.parent().map(|parent| times.get(&parent.id()).copied().unwrap_or(0)).unwrap_or(0);
            let own = times.get(&leaf.id()).copied().unwrap_or(0);
            let right = own == 1 || (own == 0 && outer == 1);
            if !right && leaf.start_byte() < leaf.end_byte() {
                let parent = leaf.parent().map_or("", |parent| parent.kind());
                wrong.entry(format!("{} in {parent}: {own} times", leaf.kind())).or_insert(path.clone());
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const SAMPLE: &str = "use std.http\n\n## Doc.\nexperiment e on shop {\n  limit { services payment; timeout <= 20m }\n  run {\n    \
    inject http.error(payment, rate: 40%) as jam for 2m { expect always shop.success >= 90% of baseline }\n  }\n}\n\
    environment local for shop {\n  bind a.b = app.ratio(good: `up{code=\"2\"}`, all: `up`)\n  bind a.c = app.query(`up`)\n}\n";

#[track_caller]
fn has(found: &[(String, String, usize)], name: &str, text: &str) {
    assert!(found.iter().any(|it| it.0 == name && it.1 == text), "no {name} {text:?} in {found:#?}");
}

#[test]
fn words_are_coloured_by_what_they_mean() {
    let found = captures(HIGHLIGHTS_QUERY, &tree(SAMPLE), SAMPLE);
    for (name, text) in [
        ("keyword.import", "use"),
        ("keyword.type", "experiment"),
        ("keyword", "inject"),
        ("keyword.operator", "of"),
        ("constant.builtin", "baseline"),
        ("comment.documentation", "## Doc."),
        ("type", "shop"),
        ("module", "http"),
        ("function.call", "error"),
        ("variable", "payment"),
        ("variable.parameter", "rate"),
        ("variable.member", "success"),
        ("variable.member", "timeout"),
        ("label", "jam"),
        ("number", "40%"),
        ("string.special", "`up`"),
    ] {
        has(&found, name, text);
    }
}

#[test]
fn promql_blocks_outlines_and_parameters_are_found() {
    let tree = tree(SAMPLE);
    let injected = captures(INJECTIONS_QUERY, &tree, SAMPLE);
    has(&injected, "injection.content", "up{code=\"2\"}");
    assert_eq!(injected.len(), 3, "{injected:?}");
    let folds = captures(FOLDS_QUERY, &tree, SAMPLE);
    assert!(folds.iter().any(|(_, text, _)| text.starts_with("{\n  limit")), "{folds:?}");
    let tags = captures(TAGS_QUERY, &tree, SAMPLE);
    has(&tags, "name", "e");
    has(&tags, "name", "error");
    let scenario = "scenario s(level: ratio) { inject http.error(a, rate: level) for 1m }\n";
    let locals = captures(LOCALS_QUERY, &super::tree(scenario), scenario);
    has(&locals, "local.definition", "level");
    has(&locals, "local.reference", "level");
}
