//! Pages that are made from the program: `UPDATE_DOCS=1 cargo test docs` writes them, the test fails when they differ.

use crate::harness::{Place, root};
use chaos_lang::diagnostics::codes;
use std::fs;

#[track_caller]
fn same(name: &str, made: &str) {
    let path = root().join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, made, "docs/{name} is out of date: UPDATE_DOCS=1 cargo test docs");
}

#[test]
fn the_error_index_is_made_from_the_pages() {
    let mut made =
        "# Error codes\n\n`chaos explain E0203` shows a page in the terminal. This page is made from them.\n"
            .to_owned();
    for code in codes::ALL {
        let body: Vec<&str> = code.page.trim_end().lines().skip(1).collect();
        made.push_str(&format!("\n## {code}: {}\n{}\n", code.title(), body.join("\n")));
    }
    same("errors.md", &made);
}

#[test]
fn the_command_reference_is_made_from_the_help() {
    let place = Place::new();
    let mut made = "# Commands\n\nMade from `chaos help`.\n".to_owned();
    let commands: &[&[&str]] = &[
        &[],
        &["check"],
        &["fmt"],
        &["plan"],
        &["exec"],
        &["status"],
        &["recover"],
        &["explain"],
        &["proxy"],
        &["demo"],
        &["demo", "payment"],
        &["demo", "inventory"],
        &["demo", "orders"],
        &["demo", "checkout"],
        &["demo", "web"],
        &["demo", "customers"],
    ];
    for words in commands {
        let arguments: Vec<&str> = words.iter().copied().chain(["--help"]).collect();
        let help = place.run(&arguments).ended(0).out;
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let name = ["chaos"].iter().chain(words.iter()).copied().collect::<Vec<_>>().join(" ");
        made.push_str(&format!("\n## {name}\n\n```console\n{}\n```\n", help.join("\n").trim_end()));
    }
    same("cli.md", &made);
}
