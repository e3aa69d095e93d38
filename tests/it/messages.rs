//! Snapshots of messages: `tests/messages/E0203.txt` holds every finding with that code in the specification files, drawn
//! with its source. `UPDATE_DOCS=1` writes them; the test fails when they differ, and when a code has none.

use crate::harness::{files, root};
use crate::spec::{analysed, tested};
use chaos_lang::diagnostics::codes;
use chaos_lang::diagnostics::render::{Style, render};
use std::collections::BTreeMap;
use std::fs;

/// Codes of what happens only when something runs: a test with real programs holds their message.
const OF_RUNS: &[&str] = &[
    "E0707", "E0708", "E0709", "E0710", "E0711", "E0713", "E0714", "E0717", "E0718", "E0801", "E0802", "E0803",
    "E0804", "E0805", "E0806", "E0807", "E0808", "E0809", "E0810", "E0811", "E0812", "E0813", "E0817", "E0821",
    "E0822", "E0823", "E0824", "E0840", "E0861", "E0862", "E0863", "E0864", "E0433", "E0435", "E0721", "E0722",
    "E0723", "E0724", "E0725", "E0726", "E0727", "E0728", "E0729", "E0108", "E0110", "E0339", "E0701", "E0100",
    "E0603", "E0604", "E0605", "E0606", "E0607",
];

/// For each code all its findings, drawn.
fn drawn() -> BTreeMap<&'static str, String> {
    let mut all: BTreeMap<&str, String> = BTreeMap::new();
    for path in tested() {
        // As a path from here, so that a message that shows it is the same in every clone.
        let analysis = analysed(path.strip_prefix(root()).unwrap());
        for finding in &analysis.findings {
            let text = render(finding, &analysis.program.sources, Style::PLAIN);
            let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
            let page = all.entry(finding.code.name).or_default();
            page.push_str(&format!("{}\n\n", lines.join("\n").trim_end()));
        }
    }
    all
}

#[test]
fn every_code_has_its_messages() {
    let folder = root().join("tests/messages");
    let all = drawn();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        files(&folder, "txt").iter().for_each(|old| fs::remove_file(old).unwrap());
        for (code, text) in &all {
            fs::write(folder.join(format!("{code}.txt")), text).unwrap();
        }
    }
    let mut wrong = Vec::new();
    for (code, text) in &all {
        let held = fs::read_to_string(folder.join(format!("{code}.txt"))).unwrap_or_default();
        if held != *text {
            let (line, (was, is)) =
                held.lines().zip(text.lines()).enumerate().find(|(_, (a, b))| a != b).unwrap_or_default();
            wrong.push(format!("{code}.txt:{}: was `{was}`, is `{is}`", line + 1));
        }
    }
    let tests: String =
        files(&root().join("tests/it"), "rs").iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for code in codes::ALL {
        let of_run = OF_RUNS.contains(&code.name) && tests.matches(code.name).count() > 1;
        if !all.contains_key(code.name) && !of_run {
            wrong.push(format!("{code} has no specification file that shows its message"));
        }
    }
    assert!(wrong.is_empty(), "UPDATE_DOCS=1 cargo test messages\n{}", wrong.join("\n"));
}
