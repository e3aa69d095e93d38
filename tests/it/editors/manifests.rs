//! What editors read before they read a program: every manifest can be read, and names files that are there.

use super::inside;
use std::fs;
use std::path::Path;

/// A file in TOML that can be read, and holds these lines.
#[track_caller]
fn toml(path: &str, lines: &[&str]) {
    let text = fs::read_to_string(inside(path)).unwrap();
    toml::de::DeTable::parse(&text).unwrap();
    for line in lines {
        assert!(text.lines().any(|it| it == *line), "{path} has no line {line}");
    }
}

fn json(path: &str) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(inside(path)).unwrap()).unwrap()
}

#[test]
fn helix_and_zed_can_read_their_files() {
    toml("helix/languages.toml", &["args = [\"lsp\"]", "[[language]]", "[[grammar]]", "name = \"chaos\""]);
    toml(
        "zed/extension.toml",
        &["[grammars.chaos]", "path = \"editors/tree-sitter-chaos\"", "languages = [\"Chaos\"]"],
    );
    toml("zed/languages/chaos/config.toml", &["name = \"Chaos\"", "grammar = \"chaos\""]);
}

#[test]
fn the_extension_names_what_it_has() {
    let package = json("vscode/package.json");
    let parts = &package["contributes"];
    for path in [&parts["languages"][0]["configuration"], &parts["grammars"][0]["path"], &parts["snippets"][0]["path"]]
    {
        json(Path::new("vscode").join(path.as_str().unwrap()).to_str().unwrap());
    }
    // The client does whatever the lenses of the server and the palette ask for.
    let client = fs::read_to_string(inside("vscode/src/extension.js")).unwrap();
    for command in parts["commands"].as_array().unwrap() {
        let name = command["command"].as_str().unwrap();
        assert!(client.contains(&format!("\"{name}\":")), "{name}");
    }
}

/// A lock that names hosts cannot be used behind another registry.
#[test]
fn the_lock_of_the_extension_names_no_hosts() {
    let lock = fs::read_to_string(inside("vscode/package-lock.json")).unwrap();
    assert!(!lock.contains("\"resolved\""));
}

/// Snippets are programs: with their proposals in place they are read without errors.
#[test]
fn every_snippet_is_a_program() {
    for (name, snippet) in json("vscode/snippets/chaos.json").as_object().unwrap() {
        let body = snippet["body"].as_array().unwrap();
        let lines: Vec<&str> = body.iter().map(|line| line.as_str().unwrap()).collect();
        let mut text = lines.join("\n");
        // From `${3:shop}` and `${3|a,b|}` to `shop` and `a`; then `$3` to the same.
        while let Some(start) = text.find("${") {
            let end = start + text[start..].find('}').unwrap();
            let inner = text[start + 2..end].to_owned();
            let (number, proposed) = inner.split_once([':', '|']).unwrap();
            let proposed = proposed.trim_end_matches('|').split(',').next().unwrap().to_owned();
            let proposed = if inner.contains('|') { proposed } else { inner.split_once(':').unwrap().1.to_owned() };
            let number = number.to_owned();
            text.replace_range(start..=end, &proposed);
            text = text.replace(&format!("${number}"), &proposed);
        }
        // A piece of a run stands in one.
        let step = snippet["prefix"].as_str().unwrap().starts_with("escalate");
        let text = if step { format!("scenario s() {{\n{text}\n}}\n") } else { text };
        let parsed = chaos_lang::syntax::parse(chaos_lang::base::SourceId(0), &text);
        assert!(parsed.findings.is_empty(), "{name}\n{text}\n{:#?}", parsed.findings);
    }
}
