//! The words of the language: what hover says of some, and the lists from which the copies of editors are made.

use crate::base::unit::UNITS;
use crate::names::stdlib;
use crate::syntax::{DECLARING, OPERATOR_WORDS, is_name, keywords};
use crate::types::term::LimitName;
use crate::types::{TIERS, Type, VERDICTS};

/// What can be called without being declared, and what it gives.
const FUNCTIONS: &[(&str, &str)] = &[
    ("mean", "the mean over the window"),
    ("avg", "the mean over the window"),
    ("min", "the least value in the window"),
    ("max", "the greatest value in the window"),
    ("sum", "the sum over the window"),
    ("rate", "growth of a counter per second"),
    ("increase", "growth of a counter over the window; inside `always`, from the block's start"),
    ("spike", "how far a metric is from its baseline, in robust standard deviations"),
    ("likely", "a sequential test: reacts sooner the clearer the breach is"),
    ("scrape", "a source: endpoints in the Prometheus text format"),
    ("prometheus", "a source: a Prometheus server"),
    ("secret", "a secret, read when it is needed and never shown"),
    ("ratio", "a share: growth of `good` over growth of `all`"),
    ("histogram", "a distribution, from a histogram's buckets"),
    ("counter", "a count that only grows"),
    ("gauge", "a value that goes up and down; several series add up"),
    ("query", "a query in PromQL"),
    ("success", "the share of requests that the fault proxy saw answered without an error"),
];

/// What stands for a value and is no name: the grammar's `truth`, `special` and `stable`.
const CONSTANTS: &[&str] = &["true", "false", "steady", "baseline", "block", "stable"];

/// What a function that nobody declares gives; also a percentile like `p95`.
pub fn function(name: &str) -> Option<&'static str> {
    let percentile = name.strip_prefix('p').is_some_and(|digits| digits.parse::<u8>().is_ok());
    let known = FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning);
    known.or_else(|| percentile.then_some("a percentile of a distribution over the window"))
}

/// The words that editors colour, group by group; each list is sorted and holds a word once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Words that begin a declaration.
    pub declarations: Vec<&'static str>,
    /// All other words that mean something in their place.
    pub keywords: Vec<&'static str>,
    /// Operators that are words.
    pub operators: Vec<&'static str>,
    /// Words that stand for a value.
    pub constants: Vec<&'static str>,
    /// Names of types.
    pub types: Vec<&'static str>,
    /// Units of literals.
    pub units: Vec<&'static str>,
    /// What can be called without being declared; percentiles (`p95`) besides.
    pub functions: Vec<&'static str>,
    /// What a limit can bound, apart from statements of their own.
    pub limits: Vec<&'static str>,
    /// What environments and verdicts are called.
    pub outcomes: Vec<&'static str>,
    /// The modules of the standard library.
    pub modules: Vec<&'static str>,
}

/// All words.
pub fn words() -> Words {
    let reserved = ["always", "never", "and", "or"];
    let all = keywords().iter().map(String::as_str).chain(reserved.into_iter().filter(|word| !is_name(word)));
    let grouped = |word: &&str| [DECLARING, OPERATOR_WORDS, CONSTANTS].iter().any(|group| group.contains(word));
    Words {
        declarations: sorted(DECLARING.iter().copied()),
        keywords: sorted(all.filter(|word| !grouped(word))),
        operators: sorted(OPERATOR_WORDS.iter().copied()),
        constants: sorted(CONSTANTS.iter().copied()),
        types: sorted(Type::NAMES.iter().copied()),
        units: sorted(UNITS.iter().map(|(unit, ..)| *unit)),
        functions: sorted(FUNCTIONS.iter().map(|(name, _)| *name)),
        limits: sorted(LimitName::ALL.iter().map(|(_, word, _)| *word)),
        outcomes: sorted(TIERS.iter().chain(VERDICTS).copied()),
        modules: sorted(stdlib::MODULES.iter().map(|(path, ..)| *path)),
    }
}

fn sorted<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<&str> = words.collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::{CONSTANTS, words};
    use crate::syntax::is_keyword;

    #[test]
    fn what_is_no_name_is_in_one_of_the_lists() {
        let words = words();
        let mut all = [words.declarations, words.keywords, words.operators, words.constants].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "a word is in two lists");
        assert!(all.iter().all(|word| is_keyword(word) || CONSTANTS.contains(word)), "{all:?}");
        // The specification names what is reserved.
        let reserved = "always never steady baseline block run and or not true false for until within after of over";
        assert!(reserved.split(' ').all(|word| all.contains(&word)), "{all:?}");
    }
}
