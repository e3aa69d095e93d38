//! Rank 2: text to tree. Total: every text gives a tree, and a list of what is wrong with it.

mod build;
mod errors;
mod expression;
mod layout;
mod literal;
mod machine;
mod opening;
mod parser;
pub mod tree;

pub use layout::{CONTINUING, Comment, DECLARING, GENERIC, Layout, MAX_DEPTH, OPERATOR_WORDS, lay_out};
pub use opening::{List, Opening};
pub use parser::{is_keyword, is_name, keywords};
pub use tree::File;

use crate::base::SourceId;
use crate::diagnostics::{Diagnostic, codes};

/// A text's tree, its comments, and what is wrong with it.
#[derive(Debug)]
pub struct Parsed {
    /// The tree; what could not be read is left out of it.
    pub file: File,
    /// All comments, in order.
    pub comments: Vec<Comment>,
    /// Findings, unsorted.
    pub findings: Vec<Diagnostic>,
}

/// Reads a text. Takes time linear in its length.
pub fn parse(source: SourceId, text: &str) -> Parsed {
    let layout = layout::lay_out(source, text);
    let mut findings: Vec<Diagnostic> =
        layout.unterminated.iter().map(|span| errors::unterminated(*span, text)).collect();
    findings.extend(layout.too_deep.map(errors::too_deep));
    let (file, mut findings) = with_stack(layout.depth, || {
        let tree = parser::Tree::of(&layout.text);
        let mut builder = build::Builder::new(source, text, &layout.comments, findings);
        (tree.root().map_or_else(File::default, |root| builder.file(root)), builder.findings)
    });
    if layout.too_deep.is_some() {
        // The text ends in the middle of everything: that it does is said once.
        findings.retain(|finding| finding.code == codes::E0103);
    }
    Parsed { file, comments: layout.comments, findings }
}

/// Stack that a level of nesting takes at most in the parser, in bytes; an unoptimised build needs most.
const STACK_PER_LEVEL: usize = 64 << 10;

/// Gives the parser the stack that nested brackets need, on a thread of any size.
fn with_stack<T>(depth: usize, read: impl FnOnce() -> T) -> T {
    let needed = (depth + 4) * STACK_PER_LEVEL;
    stacker::maybe_grow(needed, needed * 2, read)
}

/// Reads one expression, for example the value of a parameter on the command line.
///
/// # Errors
/// Findings, where it is none.
pub fn parse_expression(source: SourceId, text: &str) -> Result<tree::Expr, Vec<Diagnostic>> {
    let layout = layout::lay_out(source, text);
    let mut builder = build::Builder::new(source, text, &[], Vec::new());
    let expression = with_stack(layout.depth, || {
        let tree = parser::Tree::of_expression(&layout.text)?;
        builder.find_expr(tree.root()?)
    });
    match expression {
        Some(expression) if builder.findings.is_empty() => Ok(expression),
        Some(_) => Err(builder.findings),
        None => {
            let (at, expected) = parser::expected(parser::Rule::lone_expression, &layout.text).unwrap_or_default();
            let span = crate::base::Span::new(source, at.min(text.len()), text.len());
            Err(vec![errors::unexpected(span, span.of(text), &expected, None)])
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::parse;
    use crate::base::SourceId;

    const SAMPLE: &str = include_str!("../../tests/spec/syntax/_whole.chaos");

    #[test]
    fn the_sample_parses_without_findings() {
        let parsed = parse(SourceId(0), SAMPLE);
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        let experiment = parsed.file.experiments.first().unwrap();
        assert_eq!(experiment.doc, "The payment provider fails for a share of requests.");
        assert_eq!(experiment.run.as_ref().unwrap().steps.len(), 4);
    }

    /// A small deterministic generator: the same mutations on every machine.
    pub(super) struct Dice(pub u64);

    impl Dice {
        pub fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) as usize) % bound.max(1)
        }
    }

    #[test]
    fn any_damage_still_gives_a_tree_with_places_inside_the_text() {
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
            "experiment x on y {",
        ];
        let mut dice = Dice(7);
        for _ in 0..400 {
            let mut text = SAMPLE.to_owned();
            for _ in 0..=dice.below(4) {
                let mut at = dice.below(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                let mut end = (at + dice.below(40)).min(text.len());
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                let piece = pieces[dice.below(pieces.len())];
                text.replace_range(at..end.max(at), piece);
            }
            let parsed = parse(SourceId(0), &text);
            for label in parsed.findings.iter().flat_map(|finding| &finding.labels) {
                assert!(label.span.start <= label.span.end && label.span.end as usize <= text.len(), "{text}");
            }
        }
    }

    #[test]
    fn hostile_texts_are_refused_not_suffered() {
        let long = "a".repeat(1_000_000);
        let texts = [
            "{".repeat(10_000),
            "(".repeat(10_000),
            format!("experiment x on y {{ hypothesis {} }}", "(".repeat(200)),
            format!("experiment x on y {{ abort when {} a }}", "not ".repeat(20_000)),
            format!("experiment x on y {{ abort when 1{} }}", " + 1".repeat(20_000)),
            format!("system s {{ service x {{ metric a: {} }} }}", "list<".repeat(10_000)),
            format!("experiment x on y {{ run {{ {} }} }}", "parallel { ".repeat(250)),
            long.clone(),
            format!("system {long}"),
            "\"".repeat(10_001),
            "@".repeat(10_000),
            "\u{0}\u{FEFF}\u{2028}".repeat(1_000),
        ];
        for text in texts {
            let parsed = parse(SourceId(0), &text);
            assert!(!parsed.findings.is_empty(), "{}", text.chars().take(60).collect::<String>());
        }
    }

    #[test]
    fn several_errors_are_reported_at_once() {
        let text = "system s {\n  service a { cals b }\n  service b { metric x ratio }\n}\nexperiment e on s {\n  limt { }\n  run { inject f.g(a) for 3sec }\n}\n";
        let parsed = parse(SourceId(0), text);
        let mut lines: Vec<&str> = parsed.findings.iter().map(|finding| finding.headline.as_str()).collect();
        lines.sort_unstable();
        assert_eq!(lines.len(), 4, "{lines:#?}");
    }
}
