//! Where something is written: in which block, behind which words.

use crate::format::Kind;
use crate::lsp::shape::Shape;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// Declarations.
    File,
    /// Services of a system.
    System,
    /// What a service is.
    Service,
    /// What an environment says.
    Environment,
    /// Where a service is.
    Placed,
    /// What an experiment says.
    Experiment,
    /// Bounds.
    Limit,
    /// Conditions.
    Steady,
    /// Steps.
    Steps,
    /// Expectations under a fault.
    Expectations,
    /// Rules.
    Policy,
    /// What a model says.
    Model,
    /// What a service of a model is like.
    Modelled,
    /// What a test gives and expects.
    Test,
    /// When an experiment recurs.
    Schedule,
    /// What a fault does.
    Fault,
    /// What a probe reads.
    Probe,
    /// Something else.
    Other,
}

/// Where something is written.
#[derive(Debug)]
pub struct Context {
    /// The block.
    pub block: Block,
    /// The words of the statement before the place, from its start or from the bracket that holds the place.
    pub before: Vec<String>,
    /// The name that is called, where the place is among its arguments.
    pub called: Option<String>,
    /// The first word of the whole statement.
    pub statement: String,
    /// The part of the word that is written already.
    pub word: String,
    /// Where that part starts, behind its last dot.
    pub word_start: usize,
    /// The part of the word before its last dot.
    pub qualifier: Option<String>,
    /// Whether the place is in a quoted text.
    pub quoted: bool,
}

/// Stands for the word that is being written.
const MARK: &str = "x";

impl Context {
    /// At a byte of a text; none in a comment.
    pub fn at(text: &str, offset: usize) -> Option<Self> {
        let before = text.get(..offset)?;
        let path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '%');
        let start = before.trim_end_matches(path).len();
        let written = &before[start..];
        let (qualifier, word) = match written.rsplit_once('.') {
            Some((qualifier, word)) => (Some(qualifier.to_owned()), word),
            None => (None, written),
        };
        let marked = format!("{}{MARK}", &before[..start]);
        let shape = Shape::of(&marked);
        let (last_at, last) = shape.tokens.last().copied()?;
        if last.kind == Kind::Comment {
            return None;
        }
        let quoted = last_at != start;
        let last_number = shape.tokens.len() - 1;
        let first = shape.unfinished.filter(|first| *first <= last_number).unwrap_or(last_number);
        let innermost = shape.open.last().and_then(|at| shape.brackets.get(*at));
        let call = innermost.filter(|bracket| bracket.kind == Kind::Open);
        let called = call.and_then(|bracket| shape.tokens.get(bracket.token.checked_sub(1)?));
        let called = called.filter(|(_, token)| token.kind == Kind::Word).map(|(_, token)| token.text.to_owned());
        let start_of_all = call.map_or(first, |bracket| bracket.head);
        let statement = without_attributes(shape.words(start_of_all..last_number + 1));
        let words = shape.words(first..last_number);
        Some(Self {
            block: block(&shape),
            before: without_attributes(words).into_iter().map(str::to_owned).collect(),
            called,
            statement: statement.first().copied().unwrap_or("").to_owned(),
            word: if quoted { marked[last_at..].trim_end_matches(MARK).to_owned() } else { word.to_owned() },
            word_start: if quoted { quoted_start(before) } else { offset - word.len() },
            qualifier,
            quoted,
        })
    }

    /// The word right before the place.
    pub fn last(&self) -> &str {
        self.before.last().map_or("", String::as_str)
    }

    /// The first word of the statement.
    pub fn first(&self) -> &str {
        self.before.first().map_or("", String::as_str)
    }

    /// Whether the statement has a word already.
    pub fn has(&self, word: &str) -> bool {
        self.before.iter().any(|known| known == word)
    }
}

/// Where the part of a quoted text begins that a completion replaces: behind the last quote or `/`.
fn quoted_start(before: &str) -> usize {
    before.rfind(['"', '`', '/']).map_or(before.len(), |at| at + 1)
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

fn block(shape: &Shape) -> Block {
    let open = shape.open.iter().filter_map(|at| shape.brackets.get(*at));
    let blocks = open.filter(|bracket| bracket.kind == Kind::OpenBlock);
    blocks.fold(Block::File, |outer, bracket| {
        let head = without_attributes(shape.head_of(bracket));
        inner(outer, head.first().copied().unwrap_or(""))
    })
}

fn inner(outer: Block, word: &str) -> Block {
    match (outer, word) {
        (Block::File, "system") => Block::System,
        (Block::File, "environment") => Block::Environment,
        (Block::File, "experiment") => Block::Experiment,
        (Block::File, "scenario") | (Block::Experiment, "run") => Block::Steps,
        (Block::File, "policy") => Block::Policy,
        (Block::File, "model") | (Block::Test, "model") => Block::Model,
        (Block::File, "test") => Block::Test,
        (Block::File, "schedule") => Block::Schedule,
        (Block::File, "fault") => Block::Fault,
        (Block::File, "probe") => Block::Probe,
        (Block::System, "service") => Block::Service,
        (Block::Environment, "service") => Block::Placed,
        (Block::Model, "service") => Block::Modelled,
        (Block::Environment | Block::Experiment, "limit") => Block::Limit,
        (Block::Experiment, "steady") => Block::Steady,
        (Block::Steps, "inject") => Block::Expectations,
        (Block::Steps, "parallel" | "sequence" | "when" | "repeat" | "escalate") => Block::Steps,
        _ => Block::Other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Block, Context};

    fn at(text: &str) -> Option<Context> {
        let offset = text.find('|').unwrap();
        Context::at(&text.replacen('|', "", 1), offset)
    }

    #[test]
    fn blocks_and_words_are_known_in_broken_text() {
        let context =
            at("system s {\n  service a { calls b }\n}\nexperiment e on s {\n  run {\n    @allow(x) inject ht|")
                .unwrap();
        assert_eq!((context.block, context.word.as_str()), (Block::Steps, "ht"));
        assert_eq!(context.before, ["inject"]);
        let context = at("experiment e on s { run { inject http.error(payment, st| ) for 1m").unwrap();
        assert_eq!(context.called.as_deref(), Some("http.error"));
        assert_eq!((context.statement.as_str(), context.last()), ("inject", ","));
        let context = at("experiment e on s {\n  limit { traffic <= 5%\n    |\n").unwrap();
        assert_eq!((context.block, context.before.len()), (Block::Limit, 0));
        let context = at("policy p {\n  require environment.ti|").unwrap();
        assert_eq!((context.qualifier.as_deref(), context.word.as_str()), (Some("environment"), "ti"));
    }

    #[test]
    fn nothing_is_completed_in_comments() {
        assert!(at("# use |").is_none());
        assert!(at("use \"./a|").unwrap().quoted);
    }
}
