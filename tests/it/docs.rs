//! Pages that are made from the program: `UPDATE_DOCS=1 cargo test docs` writes them, the test fails when they differ.

use crate::harness::{Place, root};
use chaos_lang::diagnostics::codes;
use chaos_lang::lint::rules;
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
fn the_lint_index_is_made_from_the_rules_and_their_pages() {
    let mut made = "# Lints\n\nMade from the rules and the pages of `chaos explain`. How to use them: [linting.md](linting.md).\n\n\
        | lint | level | what |\n| --- | --- | --- |\n"
        .to_owned();
    for rule in rules::ALL {
        let (code, level) = (rule.code, rule.level.word());
        made.push_str(&format!("| [{code}](#{code}) | {level} | {} |\n", code.title()));
    }
    for rule in rules::ALL {
        let body: Vec<&str> = rule.code.page.trim_end().lines().skip(1).collect();
        let (code, level) = (rule.code, rule.level.word());
        made.push_str(&format!("\n## {code}\n\n*{}: {level} by itself.*\n{}\n", code.title(), body.join("\n")));
    }
    same("lints.md", &made);
}

#[test]
fn the_command_reference_is_made_from_the_help() {
    let place = Place::new();
    let mut made = "# Commands\n\nMade from `chaos help`.\n".to_owned();
    let commands: &[&[&str]] = &[
        &[],
        &["init"],
        &["check"],
        &["lint"],
        &["fmt"],
        &["plan"],
        &["graph"],
        &["diff"],
        &["env"],
        &["env", "check"],
        &["exec"],
        &["policy"],
        &["policy", "test"],
        &["status"],
        &["recover"],
        &["replay"],
        &["explain"],
        &["doc"],
        &["plugin"],
        &["plugin", "new"],
        &["plugin", "build"],
        &["plugin", "test"],
        &["lsp"],
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

#[test]
fn the_standard_library_is_made_from_its_modules() {
    let made = Place::new().run(&["doc"]).ended(0).out;
    same("stdlib.md", &format!("<!-- Made by `chaos doc`. -->\n\n{made}"));
}

/// The grammar as a page: its sections as headings, its comments as text, its rules as code.
#[test]
fn the_grammar_is_made_from_the_grammar() {
    let grammar = fs::read_to_string(root().join("grammar/chaos.pest")).unwrap();
    let rules = grammar.split("kw_abort = @").next().unwrap();
    let mut made = "# Grammar\n\nMade from `grammar/chaos.pest`, which the parser is made from.\n".to_owned();
    let mut code = false;
    for line in rules.lines().skip_while(|line| !line.is_empty()) {
        let title = line.strip_prefix("// ----").map(|title| title.trim_start_matches('-').trim());
        let comment = line.strip_prefix("//").map(str::trim);
        if code && (title.is_some() || comment.is_some()) {
            made.truncate(made.trim_end().len());
            made.push_str("\n```\n\n");
            code = false;
        }
        match (title, comment) {
            (Some(title), _) => made.push_str(&format!("\n## {}{}\n\n", title[..1].to_uppercase(), &title[1..])),
            (_, Some(text)) => made.push_str(&format!("{text}\n")),
            _ if line.is_empty() && !code => {}
            _ => {
                if !code {
                    made.push_str("\n```pest\n");
                    code = true;
                }
                made.push_str(&format!("{line}\n"));
            }
        }
    }
    made.truncate(made.trim_end().len());
    made.push_str("\n```\n");
    while made.contains("\n\n\n") {
        made = made.replace("\n\n\n", "\n\n");
    }
    same("grammar.md", &made);
}
