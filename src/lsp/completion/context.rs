//! Where something is written: in which block, behind which words.

use super::word::Word;
use crate::format::{Kind, Token, placed_tokens};
use crate::lsp::shape::{Bracket, Shape};
use crate::syntax::List;

/// Where something is written.
#[derive(Debug)]
pub struct Context {
    /// The list of statements around it, and whether the place is in it and in no other block inside.
    pub block: Option<List>,
    /// The list whose grammar says what can stand there, and where its statement begins.
    pub statement: (List, usize),
    /// The words of that statement before the place.
    pub sentence: Vec<String>,
    /// The words before the place, from the statement's start or from the bracket that holds the place.
    pub before: Vec<String>,
    /// The name that is called, where the place is among its arguments.
    pub called: Option<String>,
    /// Whether the place is in a list of values.
    pub in_list: bool,
    /// The word that is written there.
    pub word: Word,
    /// The part of it before the place, behind its last dot.
    pub written: String,
    /// What stands behind it on its line, without blanks.
    pub rest: String,
    /// Whether the place is in a quoted text.
    pub quoted: bool,
}

/// Stands for the word that is being written.
const MARK: &str = "x";

impl Context {
    /// At a byte of a text; none in a comment.
    pub fn at(text: &str, offset: usize) -> Option<Self> {
        if is_in_raw(text, offset) {
            return None;
        }
        let word = Word::at(text, offset);
        let marked = format!("{}{MARK}", text.get(..word.start)?);
        let shape = Shape::of(&marked);
        let (last_at, last) = shape.tokens.last().copied()?;
        if last.kind == Kind::Comment {
            return None;
        }
        let quoted = last_at != word.start;
        let word = if quoted { Word::quoted(text, last_at, offset) } else { word };
        let last_number = shape.tokens.len() - 1;
        let first = shape.unfinished.filter(|first| *first <= last_number).unwrap_or(last_number);
        let open: Vec<&Bracket> = shape.open.iter().filter_map(|at| shape.brackets.get(*at)).collect();
        let call = open.last().filter(|bracket| bracket.kind == Kind::Open);
        let called = call.and_then(|bracket| shape.tokens.get(bracket.token.checked_sub(1)?));
        let touches = |at: usize| call.is_some_and(|bracket| bracket.bytes.start == at);
        let called = called.filter(|(at, token)| token.kind == Kind::Word && touches(at + token.text.len()));
        let called = called.map(|(_, token)| token.text.to_owned());
        let (list, depth) = list(&shape, &open);
        let head = open.get(depth).map_or(first, |bracket| bracket.head);
        let is_inner = open[depth.min(open.len())..].iter().any(|bracket| bracket.kind == Kind::OpenBlock);
        let owned = |words: Vec<&str>| without_attributes(words).into_iter().map(str::to_owned).collect::<Vec<_>>();
        Some(Self {
            block: (!is_inner).then_some(list),
            statement: (list, shape.tokens.get(head).map_or(word.start, |(at, _)| *at)),
            sentence: owned(shape.words(head..last_number)),
            before: owned(shape.words(first..last_number)),
            called,
            in_list: call.is_some_and(|bracket| text[bracket.bytes.start..].starts_with('[')),
            written: text.get(word.range.start..offset)?.to_owned(),
            rest: behind(text, word.range.end).to_owned(),
            word,
            quoted,
        })
    }

    /// The word right before the place.
    pub fn last(&self) -> &str {
        self.before.last().map_or("", String::as_str)
    }

    /// The first word of the statement.
    pub fn first(&self) -> &str {
        self.sentence.first().map_or("", String::as_str)
    }

    /// Whether the statement has a word already.
    pub fn has(&self, word: &str) -> bool {
        self.sentence.iter().any(|known| known == word)
    }

    /// Whether nothing stands behind the word that belongs to it or to its statement.
    pub fn is_last(&self) -> bool {
        self.rest.is_empty() || self.rest.starts_with([')', ']', '}', ',', ';', '#'])
    }
}

/// Whether a byte is in a raw text: what that means is its own affair.
fn is_in_raw(text: &str, offset: usize) -> bool {
    let holds = |(at, token): &(usize, Token)| *at < offset && offset < at + token.text.len();
    placed_tokens(text).iter().any(|it| holds(it) && it.1.text.starts_with('`'))
}

/// What stands behind a byte on its line.
fn behind(text: &str, offset: usize) -> &str {
    text.get(offset..).and_then(|rest| rest.lines().next()).unwrap_or("").trim()
}

/// The words of a statement without `@allow(…)` before them.
fn without_attributes(words: Vec<&str>) -> Vec<&str> {
    let mut rest = words.as_slice();
    while let ["@", _, more @ ..] = rest {
        rest = match more {
            ["(", ..] => more.iter().position(|word| *word == ")").map_or(&[][..], |end| &more[end + 1..]),
            _ => more,
        };
    }
    if rest.is_empty() && words.first() == Some(&"@") { words } else { rest.to_vec() }
}

/// The innermost list of statements, and how many of the open brackets are around it.
fn list(shape: &Shape, open: &[&Bracket]) -> (List, usize) {
    let (mut list, mut depth) = (List::File, 0);
    for (at, bracket) in open.iter().enumerate().filter(|(_, bracket)| bracket.kind == Kind::OpenBlock) {
        let head = without_attributes(shape.head_of(bracket));
        let Some(inside) = inner(list, head.first().copied().unwrap_or("")) else { break };
        (list, depth) = (inside, at + 1);
    }
    (list, depth)
}

fn inner(outer: List, word: &str) -> Option<List> {
    Some(match (outer, word) {
        (List::File, "system") => List::System,
        (List::File, "environment") => List::Environment,
        (List::File, "experiment") => List::Experiment,
        (List::File, "scenario") | (List::Experiment, "run") => List::Steps,
        (List::File, "policy") => List::Policy,
        (List::File, "model") | (List::Test, "model") => List::Model,
        (List::File, "test") => List::Test,
        (List::File, "schedule") => List::Schedule,
        (List::File, "fault") => List::Fault,
        (List::File, "probe") => List::Probe,
        (List::System, "service") => List::Service,
        (List::Environment, "service") => List::Placed,
        (List::Model, "service") => List::Modelled,
        (List::Environment | List::Experiment, "limit") => List::Limit,
        (List::Experiment, "steady") => List::Steady,
        (List::Steps, "inject") => List::Expectations,
        (List::Steps, "parallel" | "sequence" | "when" | "repeat" | "escalate") => List::Steps,
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Context, List};

    fn at(text: &str) -> Option<Context> {
        let offset = text.find('|').unwrap();
        Context::at(&text.replacen('|', "", 1), offset)
    }

    #[test]
    fn blocks_and_words_are_known_in_broken_text() {
        let context =
            at("system s {\n  service a { calls b }\n}\nexperiment e on s {\n  run {\n    @allow(x) inject ht|")
                .unwrap();
        assert_eq!((context.block, context.written.as_str()), (Some(List::Steps), "ht"));
        assert_eq!(context.before, ["inject"]);
        let context = at("experiment e on s { run { inject http.error(payment, st| ) for 1m").unwrap();
        assert_eq!(context.called.as_deref(), Some("http.error"));
        assert_eq!((context.first(), context.last()), ("inject", ","));
        let context = at("experiment e on s {\n  limit { traffic <= 5%\n    |\n").unwrap();
        assert_eq!((context.block, context.before.len()), (Some(List::Limit), 0));
        let context = at("policy p {\n  require environment.ti|").unwrap();
        assert_eq!((context.word.qualifier.as_deref(), context.written.as_str()), (Some("environment"), "ti"));
    }

    #[test]
    fn nothing_is_completed_in_comments() {
        assert!(at("# use |").is_none());
        assert!(at("use \"./a|").unwrap().quoted);
    }
}
