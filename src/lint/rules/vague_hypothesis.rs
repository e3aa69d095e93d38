//! `vague-hypothesis`: a sentence that cannot turn out wrong.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::Expr;

/// The rule.
pub const RULE: Rule = Rule { code: lints::VAGUE_HYPOTHESIS, level: Level::Warn, needs: Needs::File, check };

/// A sentence that says what happens and what then holds has at least this many words.
const FEWEST_WORDS: usize = 4;

/// Words that stand for a sentence to come.
const PLACEHOLDERS: &[&str] = &["todo", "tbd", "fixme", "xxx", "placeholder", "lorem"];

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let written = subject.experiments().filter_map(|experiment| experiment.hypothesis.as_ref());
    written.filter_map(|hypothesis| finding(hypothesis, walk::text(hypothesis)?)).collect()
}

fn finding(hypothesis: &Expr, text: &str) -> Option<Diagnostic> {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let headline = match words.first() {
        None => "the hypothesis says nothing",
        Some(first) if PLACEHOLDERS.contains(&first.as_str()) => "the hypothesis is still to be written",
        _ if words.len() < FEWEST_WORDS && text.is_ascii() => "the hypothesis is too short to be refuted",
        _ => return None,
    };
    let finding = Diagnostic::warning(lints::VAGUE_HYPOTHESIS, headline)
        .at(hypothesis.span, "")
        .help("say what happens and what then holds: `hypothesis \"If payment fails, checkout loses no order.\"`");
    Some(finding)
}
