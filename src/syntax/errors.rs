//! What can be wrong with a text as such: E01.

use super::parser::Rule;
use super::tree::Name;
use crate::base::{Span, unit};
use crate::diagnostics::{Diagnostic, Edit, codes};

/// Something stands where something else is expected; `near` is the keyword that may have been meant.
pub fn unexpected(span: Span, found: &str, expected: &[Rule], near: Option<&str>) -> Diagnostic {
    let words = expected_words(expected);
    let shown = if found.is_empty() { "the end of the statement".to_owned() } else { format!("`{}`", shorten(found)) };
    let has = |word: &str| words.iter().any(|known| known == word);
    let meant = match found {
        "=" if has("a value") => None,
        "=" if has("`)`") => Some(":"),
        "=" if words == ["`<=`"] => Some("<="),
        _ => OPERATORS.iter().find(|(wrong, _)| *wrong == found).map(|(_, right)| *right),
    };
    let headline = match words.as_slice() {
        _ if meant.is_some_and(|meant| meant != ":") => format!("expected an operator, found {shown}"),
        [] => format!("unexpected {shown}"),
        [one] => format!("expected {one}, found {shown}"),
        [some @ .., last] if words.len() <= 6 => format!("expected {} or {last}, found {shown}", some.join(", ")),
        _ => format!("unexpected {shown}"),
    };
    let help = match meant.or(near) {
        Some(meant) => Some(format!("did you mean `{meant}`?")),
        None if found == "=" => Some("leave out `=`".to_owned()),
        None if !found.is_ascii() && found.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c)) => {
            Some("a name has ASCII letters, digits, `_` and `-`".to_owned())
        }
        None if words.len() > 6 => Some(format!("one of these can stand here: {}", words.join(", "))),
        None => None,
    };
    let finding = Diagnostic::error(codes::E0101, headline).at(span, "not understood from here").maybe_help(help);
    match meant.or(near) {
        Some(meant) => finding.safe_replace(span, format!("write `{meant}`"), meant),
        None => finding,
    }
}

/// A statement stands in a block that is not its own.
pub fn displaced(span: Span, found: &str, home: &str) -> Diagnostic {
    Diagnostic::error(codes::E0101, format!("`{}` does not belong here", shorten(found)))
        .at(span, format!("this belongs in {home}"))
        .help("move it there")
}

/// A statement begins with a word that is nearly a keyword.
pub fn misspelt(span: Span, found: &str, keyword: &str) -> Diagnostic {
    Diagnostic::error(codes::E0101, format!("unexpected `{}`", shorten(found)))
        .at(span, "no statement begins like this")
        .help(format!("did you mean `{keyword}`?"))
        .safe_replace(span, format!("write `{keyword}`"), keyword)
}

/// Operators of other languages, and ours.
const OPERATORS: &[(&str, &str)] = &[
    ("=", "=="),
    ("=>", ">="),
    ("=<", "<="),
    ("≥", ">="),
    ("≤", "<="),
    ("≠", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("!", "not"),
];

fn shorten(text: &str) -> String {
    let short: String = text.chars().take(30).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// Rules as words for people, sorted, each once.
fn expected_words(rules: &[Rule]) -> Vec<String> {
    let mut words: Vec<String> = rules.iter().filter_map(|rule| word(*rule)).collect();
    if rules.contains(&Rule::hold) {
        words.extend(["`for`".to_owned(), "`until`".to_owned()]);
    }
    words.sort();
    words.dedup();
    if words.iter().any(|word| word == "a value") {
        words.retain(|word| word != "a name");
    }
    words
}

fn word(rule: Rule) -> Option<String> {
    let debug = format!("{rule:?}");
    if let Some(keyword) = debug.strip_prefix("kw_") {
        return Some(format!("`{keyword}`"));
    }
    let fixed = match rule {
        Rule::negative | Rule::not | Rule::attribute | Rule::end => return None,
        Rule::operator => "an operator",
        Rule::number | Rule::text | Rule::raw | Rule::truth | Rule::special | Rule::list => "a value",
        Rule::group | Rule::reference | Rule::expression => "a value",
        Rule::path | Rule::step_path | Rule::name | Rule::names | Rule::pattern => "a name",
        Rule::type_name => "a type",
        Rule::bounds => "`in`",
        Rule::arguments | Rule::parameters => "`(`",
        Rule::stop | Rule::EOI => "the end of the statement",
        Rule::stable => "`stable`",
        Rule::enumeration | Rule::structure => "a type",
        Rule::always => "`always`",
        Rule::never => "`never`",
        Rule::timing | Rule::within | Rule::held | Rule::share_of_time => "`within`",
        Rule::any => "`*`",
        Rule::colon => "`:`",
        Rule::assign => "`=`",
        Rule::bounded_by => "`<=`",
        Rule::comma => "`,`",
        Rule::close => "`)`",
        _ if debug.ends_with("_block") => "`{`",
        _ => return None,
    };
    Some(fixed.to_owned())
}

/// An attribute, or what it allows, that there is not.
pub fn unknown_attribute(kind: &str, name: &Name, known: &[&str]) -> Diagnostic {
    Diagnostic::error(codes::E0203, format!("unknown {kind} `{}`", name.text)).at(name.span, "").did_you_mean(
        &name.text,
        name.span,
        known.iter().copied(),
    )
}

/// A block has no closing brace; `brace` writes one where the block seems to end.
pub fn missing_brace(opener: Span, end: Span, brace: Edit) -> Diagnostic {
    Diagnostic::error(codes::E0102, "this block is not closed")
        .at(opener, "opened here")
        .at(end, "expected `}` before this")
        .help("write `}` where the block ends")
        .fix("write `}` behind the last statement", vec![brace])
}

/// No comma stands between an argument and the next one, whose name is `found`.
pub fn missing_comma(before: Span, span: Span, found: &str) -> Diagnostic {
    unexpected(span, found, &[Rule::comma], None).fix("write `,` before it", vec![Edit::after(before, ",")])
}

/// Brackets are nested too deep.
pub fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0103, format!("brackets are nested more than {} deep", super::MAX_DEPTH))
        .at(span, "nothing is read from here on")
        .help("close brackets, or write the parts as declarations of their own")
}

/// How others write units, and how we do.
const OTHER_UNITS: &[(&str, &str)] = &[
    ("msec", "ms"),
    ("millis", "ms"),
    ("milliseconds", "ms"),
    ("usec", "us"),
    ("micros", "us"),
    ("microseconds", "us"),
    ("nanos", "ns"),
    ("nanoseconds", "ns"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("percent", "%"),
    ("byte", "B"),
    ("bytes", "B"),
    ("rps", "/s"),
    ("qps", "/s"),
    ("/sec", "/s"),
    ("/second", "/s"),
    ("/min", "/m"),
    ("/minute", "/m"),
    ("/hour", "/h"),
];

/// A number with a unit that there is not.
pub fn unknown_unit(span: Span, text: &str) -> Diagnostic {
    let finding = Diagnostic::error(codes::E0104, format!("unknown unit `{text}`")).at(span, "");
    let known = || unit::UNITS.iter().map(|(name, ..)| *name);
    let finding = match OTHER_UNITS.iter().find(|(wrong, _)| wrong.eq_ignore_ascii_case(text)) {
        Some((_, right)) => {
            finding.help(format!("did you mean `{right}`?")).safe_replace(span, format!("write `{right}`"), *right)
        }
        None => finding.did_you_mean(text, span, known()),
    };
    finding.note(
        "durations: ns us ms s m h d; ratios: %; points: pp; bytes: B kB MB GB KiB MiB GiB; frequencies: /s /m /h",
    )
}

/// Parts of one literal measure different things, or stand in the wrong order.
pub fn mixed_units(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0104, "the parts of this number do not belong together")
        .at(span, "only durations have several parts, the largest first")
        .help("write it like `1m30s`")
}

/// A quote that is never closed.
pub fn unterminated(span: Span, text: &str) -> Diagnostic {
    let finding = Diagnostic::error(codes::E0105, "this text is not closed")
        .at(span, "opened here")
        .help("close it with the same quote in the same line; a raw text over several lines stands in ```");
    let line = span.of(text).trim_end();
    let end = Span { end: span.start + u32::try_from(line.len()).unwrap_or(0), ..span };
    // A quote behind a backslash would not close it.
    match line.chars().next() {
        Some('"') if !line.ends_with('\\') => {
            finding.fix("close it at the end of the line", vec![Edit::after(end, "\"")])
        }
        _ => finding,
    }
}

/// An escape that there is not.
pub fn unknown_escape(span: Span, escape: char) -> Diagnostic {
    Diagnostic::error(codes::E0105, format!("unknown escape `\\{escape}`"))
        .at(span, "in this text")
        .help("known: `\\\"`, `\\\\`, `\\n`, `\\t`; a raw text in backquotes has none")
}

/// `a or b within 30s`: what is bounded?
pub fn or_needs_group(condition: Span, timing: Span) -> Diagnostic {
    Diagnostic::error(codes::E0106, "`or` before a time bound needs parentheses")
        .at(condition, "does the bound belong to all of this, or to its last part?")
        .at(timing, "this bound")
        .help("write `(a or b) within …`")
        .fix("put all of it into parentheses", vec![Edit::before(condition, "("), Edit::after(condition, ")")])
}

/// An item that may stand once stands twice.
pub fn repeated(first: Span, again: Span, what: &str) -> Diagnostic {
    Diagnostic::error(codes::E0107, format!("`{what}` is said twice"))
        .at(again, "again here")
        .at(first, "first here")
        .help("keep one of them")
}

/// `after` in a fault's block.
pub fn after_in_a_fault(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, "expected the end of the statement, found `after`")
        .at(span, "not understood from here")
        .help("what is expected in a fault's block is judged while the fault is active; a step can say `after`")
}
