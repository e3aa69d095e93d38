//! The formatter over every file there is and over what chance makes of them: its result is stable, says the same, and
//! keeps every comment; and by hand-written cases, `tests/format/*.chaos` beside what becomes of them.

use crate::dice::Dice;
use crate::harness::{files, root};
use chaos_lang::base::SourceId;
use chaos_lang::diagnostics::any_error;
use chaos_lang::format::{Refusal, format, newline};
use chaos_lang::syntax::{Parsed, parse};
use regex::Regex;
use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static PLACE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"Span \{[^}]*\}").unwrap());

fn read(text: &str) -> Parsed {
    parse(SourceId(0), text)
}

fn tree(parsed: &Parsed) -> String {
    PLACE.replace_all(&format!("{:?}", parsed.file), "").into_owned()
}

fn comments(parsed: &Parsed, text: &str) -> Vec<String> {
    parsed.comments.iter().map(|comment| comment.span.of(text).trim_end().to_owned()).collect()
}

/// Formats a text that parses, and holds the result against it.
#[track_caller]
fn formatted(text: &str) -> String {
    let once = match format(SourceId(0), text) {
        Ok(once) => once,
        Err(refusal) => panic!("{refusal:?}\n--- the text\n{text}"),
    };
    let (before, after) = (read(text), read(&once));
    assert!(!any_error(&after.findings), "{:#?}\n--- the text\n{text}\n--- the result\n{once}", after.findings);
    assert_eq!(tree(&before), tree(&after), "\n--- the text\n{text}\n--- the result\n{once}");
    assert_eq!(comments(&before, text), comments(&after, &once), "\n--- the text\n{text}");
    let twice = format(SourceId(0), &once).unwrap();
    assert_eq!(once, twice, "the second time differs from the first\n--- the text\n{text}");
    let lines = once.replace(newline(text), "\n");
    let tidy = lines.is_empty() || (lines.ends_with('\n') && !lines.ends_with("\n\n") && !lines.starts_with('\n'));
    assert!(tidy, "{once:?}");
    if !text.contains("```") {
        assert!(!lines.contains("\n\n\n") && !lines.contains("\r\n"), "{once}");
        assert!(lines.lines().all(|line| line.trim_end() == line), "{once}");
    }
    once
}

/// Every file that parses.
fn corpus() -> Vec<(String, String)> {
    let folders = ["examples", "stdlib", "tests/spec", "tests/format"];
    let all = folders.iter().flat_map(|folder| files(&root().join(folder), "chaos"));
    let texts = all.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()));
    texts.filter(|(_, text)| !any_error(&read(text).findings)).collect()
}

#[test]
fn every_file_is_formatted_and_says_the_same() {
    let all = corpus();
    assert!(all.len() > 100, "{}", all.len());
    for (_, text) in all {
        formatted(&text);
    }
}

/// What may stand between two tokens in place of a blank or a line end.
fn other_blank(dice: &mut Dice, blank: char) -> &'static str {
    match (blank, dice.below(3)) {
        (_, 0) => dice.one_of(&[
            "  ",
            "\t",
            " \t ",
            "\r\n",
            "\n",
            "\n\n\n",
            " # c\n",
            "\n## d\n",
            " ## d\n\n",
            "\n  # c\n\n\n",
        ]),
        ('\n', 1) => dice.one_of(&["; ", ";", " ;; \n", "\n;\n", " ; # c\n", " ; ## d\n", "\u{FEFF}\n"]),
        (_, _) => dice.one_of(&[" ", "\n", "", "\r\n\r\n", " \n "]),
    }
}

/// Replaces some blanks and line ends, and puts blanks beside some signs.
fn shaken(dice: &mut Dice, text: &str) -> String {
    let share = [3, 10, 40][dice.below(3)];
    let mut out = String::new();
    for c in text.chars() {
        let chosen = dice.below(share) == 0;
        match c {
            ' ' | '\n' if chosen => out.push_str(other_blank(dice, c)),
            '(' | ')' | '[' | ']' | '{' | '}' | ',' | ':' | '=' | '<' | '>' | '@' if chosen => {
                out.push_str(dice.one_of(&["", " ", "\n", " # c\n", " ## d\n"]));
                out.push(c);
                out.push_str(dice.one_of(&["", " ", "\n", " # c\n", " ## d\n", ";"]));
            }
            _ => out.push(c),
        }
    }
    out
}

#[test]
fn whatever_stands_between_the_tokens_the_result_says_the_same() {
    let mut dice = Dice(11);
    let (mut tried, mut parsed) = (0, 0);
    for (_, text) in corpus() {
        for _ in 0..12 {
            tried += 1;
            let text = shaken(&mut dice, &text);
            if !any_error(&read(&text).findings) {
                parsed += 1;
                formatted(&text);
            }
        }
    }
    assert!(parsed * 20 > tried, "only {parsed} of {tried} texts parsed");
}

#[test]
fn any_text_is_refused_or_formatted() {
    let pieces = [
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
        "é",
        ",",
        "<",
        ">",
        " for ",
        "1m",
        "-",
        "..",
        "@",
        ":",
        "=",
        " ",
        "\r",
        "\u{FEFF}",
        "\0",
        "system s {",
        "else",
        "list<",
        "a",
        "metric x: ratio",
        "service y {",
    ];
    let sample = fs::read_to_string(root().join("tests/spec/syntax/_whole.chaos")).unwrap();
    let mut dice = Dice(5);
    for round in 0..3_000 {
        let mut text = if round % 2 == 0 { sample.clone() } else { String::new() };
        for _ in 0..=dice.below(if round % 2 == 0 { 3 } else { 40 }) {
            let mut at = dice.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            text.insert_str(at, dice.one_of(&pieces));
        }
        match format(SourceId(0), &text) {
            Ok(_) => drop(formatted(&text)),
            Err(Refusal::Unparsable(findings)) => assert!(any_error(&findings)),
            Err(Refusal::Changed(what)) => panic!("{what} would change\n{text}"),
        }
    }
}

#[test]
fn golden_cases() {
    let cases = files(&root().join("tests/format"), "chaos");
    assert!(cases.len() >= 12, "{cases:?}");
    for case in cases {
        let made = formatted(&fs::read_to_string(&case).unwrap());
        let path = case.with_extension("expected");
        if std::env::var_os("UPDATE_FORMAT").is_some() {
            fs::write(&path, &made).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(expected, made, "{}: UPDATE_FORMAT=1 writes it anew, and you read the difference", case.display());
    }
}

#[test]
fn what_is_shipped_is_formatted() {
    let mut shipped = files(&root().join("examples"), "chaos");
    shipped.extend(files(&root().join("stdlib"), "chaos"));
    for path in shipped {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(formatted(&text), text, "{}: run `chaos fmt` on it", path.display());
    }
}

/// A text of about `size` bytes, of one declaration repeated.
fn long(size: usize, part: &str) -> String {
    part.repeat(size / part.len())
}

#[test]
fn time_grows_with_length_only() {
    let sample = fs::read_to_string(root().join("examples/quickstart/shop.chaos")).unwrap();
    let whole = |inner: String| format!("system s {{ service a {{ {inner} }} }}");
    let texts = [
        ("a sample", long(1 << 18, &sample)),
        ("blank lines", long(1 << 18, "\n")),
        ("comments", long(1 << 18, "# c\n")),
        ("docs", long(1 << 18, "## d\n\n") + "system s { }"),
        ("one line", whole(long(1 << 17, "metric a: ratio; "))),
        ("empty blocks on one line", format!("system s {{ {} }}", long(1 << 18, "service a { }; "))),
        ("commas", whole(format!("calls {}a", long(1 << 18, "a, ")))),
        ("commas first", format!("fault f({}a: int) {{ }}", long(1 << 18, "a: int\n,"))),
        ("ends", whole(long(1 << 18, ";"))),
        ("a raw text", format!("let a = ```{}```", long(1 << 18, "x\n"))),
        ("trailing comments", format!("system s {{ service a {{\n{}}} }}", long(1 << 18, "slo a > 1 # c\n"))),
    ];
    for (what, text) in texts {
        let began = Instant::now();
        let made = format(SourceId(0), &text);
        assert!(made.is_ok(), "{what}: {made:?}");
        assert!(began.elapsed() < Duration::from_secs(30), "{what} took {:?}", began.elapsed());
    }
}
