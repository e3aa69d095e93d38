//! Single rules; whole files are in `tests/it/format.rs`.

use super::{Refusal, format};
use crate::base::SourceId;

fn formatted(text: &str) -> String {
    format(SourceId(0), text).unwrap_or_else(|refusal| format!("{refusal:?}"))
}

#[test]
fn a_text_of_blanks_is_empty() {
    for text in ["", "\n", " \t\r\n\n ", "\u{FEFF}", ";;\n;"] {
        assert_eq!(formatted(text), "", "{text:?}");
    }
}

#[test]
fn marks_and_blanks_go_away_and_line_ends_are_those_of_the_first_line() {
    assert_eq!(formatted("\u{FEFF}use std.http\r\n\n# c \t\nlet a = 5s"), "use std.http\r\n\r\n# c\r\nlet a = 5s\r\n");
    assert_eq!(formatted("let a =\n -5s\r\nlet b = a -\r\n 3s"), "let a =\n    -5s\nlet b = a -\n    3s\n");
    let raw = "let a = ```x \n y```\r\n";
    assert_eq!(formatted(&format!("let b = 1\r\n{raw}")), format!("let b = 1\r\n{raw}"));
    assert_eq!(formatted("let a = ```x \r\n y```\n"), "let a = ```x \r\n y```\r\n");
}

#[test]
fn what_does_not_parse_is_refused() {
    for text in ["system s {", "let a = \"x", "system s }", "service x { }", "let a = 5 parsecs", "é"] {
        assert!(matches!(format(SourceId(0), text), Err(Refusal::Unparsable(_))), "{text}");
    }
}

#[test]
fn a_sign_stays_where_a_line_end_would_not_end_the_statement() {
    let text = "experiment x on y {\n  limit { timeout <= 5m; holding <= 5s # c\n}\n}";
    let expected = "experiment x on y {\n  limit {\n    timeout <= 5m;\n    holding <= 5s  # c\n  }\n}\n";
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted(expected), expected);
}

#[test]
fn a_scenario_may_be_called_like_a_word_that_goes_on_a_statement() {
    let text = "scenario s() { wait 1s; holding (a); because(b)\nwait until x within 5s\nholding (1s) }";
    let expected =
        "scenario s() {\n  wait 1s\n  holding(a)\n  because(b)\n  wait until x within 5s\n      holding (1s)\n}\n";
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted(expected), expected);
}

#[test]
fn a_brace_comes_back_to_its_line() {
    assert_eq!(formatted("system s\n{\n service a\n { }\n}"), "system s {\n  service a { }\n}\n");
    assert_eq!(formatted("system s # c\n{\n service a { } }"), "system s  # c\n{\n  service a { }\n}\n");
}
