//! The fuzzer's corpus, and seeded damage to the specification files: nothing panics, whatever the bytes.

use crate::harness::{files, root};
use crate::spec::tested;
use std::fs;

#[path = "../fuzz/cases.rs"]
mod cases;

const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "`",
    "```",
    ";",
    "\n",
    "#",
    "##",
    "@allow(",
    "é",
    ",",
    "<",
    ">",
    " for ",
    " of ",
    "1m",
    "40%",
    "-",
    " - ",
    "..",
    "==",
    "not ",
    " after x",
    " as x",
    "use \"./main.chaos\"\n",
    "let a = a\n",
    "list<",
    "enum(",
    "service { a: ratio }",
    "experiment x on y {",
    "\u{0}",
    "99999999999999999999999",
    "1e999",
];

/// A small deterministic generator: the same damage on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }

    fn damage(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            let end = (at + self.below(30)).min(bytes.len());
            let piece = PIECES[self.below(PIECES.len())].bytes();
            bytes.splice(at..end, piece);
        }
        bytes
    }
}

#[test]
fn the_corpus_holds() {
    for file in fs::read_dir(root().join("tests/fuzz/corpus")).unwrap() {
        let data = fs::read(file.unwrap().path()).unwrap();
        cases::parse(&data);
        cases::check(&data);
    }
}

#[test]
fn damaged_programs_are_refused_not_suffered() {
    let mut dice = Dice(11);
    let mut programs = tested();
    programs.extend(files(&root().join("examples"), "chaos"));
    programs.extend(files(&root().join("tests/lint"), "chaos"));
    let texts: Vec<String> = programs.into_iter().map(|program| fs::read_to_string(program).unwrap()).collect();
    for _ in 0..300 {
        let text = &texts[dice.below(texts.len())];
        let data = dice.damage(text);
        cases::parse(&data);
        cases::check(&data);
    }
}

/// Twice the text takes about twice the work: what would take minutes if it grew with the square ends in seconds.
#[test]
fn long_programs_are_read_in_linear_time() {
    let steps: String = (0..5_000).map(|at| format!("    wait {}s\n", at % 50 + 1)).collect();
    let services: String =
        (0..5_000).map(|at| format!("  service s{at} {{ metric ok: ratio; slo ok >= 99% }}\n")).collect();
    let broken: String = (0..5_000).map(|at| format!("    wat {at}s )\n")).collect();
    let constants: String = (0..5_000).map(|at| format!("let c{at} = {at}\n")).collect();
    let texts = [
        format!("experiment e on s {{\n  run {{\n{steps}  }}\n}}\n"),
        format!("system s {{\n{services}}}\n"),
        format!("experiment e on s {{\n  run {{\n{broken}  }}\n}}\n"),
        constants,
    ];
    for text in texts {
        cases::parse(text.as_bytes());
        cases::check(text.as_bytes());
    }
}

/// Five hundred valid programs, by seed: a finding in one is a false alarm.
#[test]
fn valid_programs_give_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("python3")
        .arg(root().join("tests/fuzz/valid_programs.py"))
        .args(["1", "500"])
        .arg(folder.path())
        .status();
    assert!(made.unwrap().success());
    let programs = files(folder.path(), "chaos");
    assert_eq!(programs.len(), 500);
    for program in programs {
        let analysis = crate::spec::analysed(&program);
        let drawn: Vec<String> = analysis
            .findings
            .iter()
            .map(|finding| {
                let style = chaos_lang::diagnostics::render::Style::PLAIN;
                chaos_lang::diagnostics::render::render(finding, &analysis.program.sources, style)
            })
            .collect();
        assert!(drawn.is_empty(), "{}: {}", program.display(), drawn.join("\n"));
    }
}
