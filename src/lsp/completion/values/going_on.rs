//! The words and signs with which a statement goes on.

use super::Place;
use super::wanted::COMPARATORS;
use crate::lsp::completion::offers::{Offers, filled_in};
use crate::syntax::{List, Opening, is_keyword};
use crate::types::term::LimitName;
use gen_lsp_types::CompletionItemKind as Item;

impl Place<'_> {
    /// Whether conditions stand in the list's statements.
    fn has_conditions(&self) -> bool {
        let judged = matches!(self.list(), List::Service | List::Experiment | List::Steady | List::Steps);
        judged || self.list() == List::Expectations || self.judges()
    }

    /// Whether what stands before the place has parts, or is one: `x of affected`, `5% of x`, `traffic of target.requests`.
    fn has_parts(&self, reads: bool) -> bool {
        match self.list() {
            List::Fault => matches!(self.context.first(), "touches" | "fails"),
            List::Test => reads || self.context.first() == "expect",
            List::Limit => self.context.last().ends_with('%'),
            _ => self.has_conditions() && !self.judges() && (reads || self.context.last().ends_with('%')),
        }
    }

    /// The words with which the statement goes on, as the grammar says.
    pub(super) fn words(&self, offers: &mut Offers) {
        let Some(opening) = self.opening else { return };
        // Behind an operand a condition can always go on; it does only where something is compared.
        let behind_operand = opening.takes("< 1");
        let last = self.context.last();
        let before = self.context.before.iter().rev().nth(1).map_or("", String::as_str);
        let compared = self.context.sentence.iter().any(|word| COMPARATORS.contains(&word.as_str()));
        let judges = (compared || last == "steady" || self.judges()) && !TIMING.contains(&before);
        let reads = last == ")" || self.type_of(last).is_some();
        for word in opening.words() {
            match word {
                // As values they are offered where they fit.
                "steady" | "baseline" | "not" if opening.takes("1") => {}
                "and" | "or" if behind_operand && !(judges && self.has_conditions()) => {}
                "of" if behind_operand && !self.has_parts(reads) => {}
                // What is expected of a fault is judged while it acts.
                "after" if self.list() == List::Expectations => {}
                _ => offers.snippet(word, Item::Keyword, "", &going_on(opening, word)),
            }
        }
        if self.context.is_last() && self.context.written.is_empty() {
            let compares =
                behind_operand && self.context.called.is_none() && !compared && reads && self.has_conditions();
            self.signs(opening, compares, behind_operand, offers);
        }
    }

    /// The signs with which it goes on.
    fn signs(&self, opening: &Opening, compares: bool, behind_operand: bool, offers: &mut Offers) {
        let last = self.context.last();
        if compares {
            offers.words(COMPARATORS.iter().copied(), Item::Operator, "");
        }
        let bounds = LimitName::named(last).is_some() || last == "budget";
        let fits = |sign: &str| match sign {
            ".." => true,
            "+" => last == "starts",
            "(" => !opening.takes("1") && !is_keyword(last) && !behind_operand,
            "<=" => bounds,
            _ => !behind_operand,
        };
        let signs = [":", "=", "!=", "=~", "!~", "<=", "..", "(", "+"].into_iter().filter(|sign| fits(sign));
        offers.words(signs.filter(|sign| opening.takes(sign)), Item::Operator, "");
        if opening.takes("{") {
            offers.snippet("{ }", Item::Snippet, "a block", "{\n\t$0\n}");
        }
    }
}

/// Words behind which a time or a share stands, and no condition.
const TIMING: &[&str] = &["for", "within", "holding", "every", "least", "over", "after", "by", "samples"];

/// Words with what usually follows them.
const GOING_ON: &[&str] = &[
    "for ${1:30s}",
    "within ${1:30s}",
    "holding ${1:10s}",
    "every ${1:1m}",
    "over ${1:10s}",
    "from ${1:30s}",
    "at least ${1:95%} of block",
    "at ${1:30s}",
    "no lower than baseline by ${1:2pp}",
    "no data for ${1:15s}",
    "unchanged by ${1:2pp}",
    "else {\n\t$0\n}",
];

/// A word with what follows it: a statement does not end there.
fn going_on(opening: &Opening, word: &str) -> String {
    let usual = GOING_ON.iter().filter(|full| full.strip_prefix(word).is_some_and(|rest| rest.starts_with(' ')));
    if let Some(usual) = usual.copied().find(|full| opening.takes(&filled_in(full))) {
        return usual.to_owned();
    }
    let behind = opening.then(word).filter(|behind| !behind.is_whole());
    match behind {
        Some(behind) if behind.takes("1") => format!("{word} ${{1:value}}"),
        Some(behind) if behind.takes_name() => format!("{word} ${{1:name}}"),
        Some(behind) if behind.takes("\"\"") => format!("{word} \"$1\""),
        _ => word.to_owned(),
    }
}
