//! A laid-out text becomes a plain tree of nodes. The machine reads it; pest, which only this file knows, says what it would
//! have taken where a statement is damaged.

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};

use super::machine::{self, Entry};

// The derived enum `Rule` has a variant for each rule; the grammar file documents them.
#[allow(missing_docs)]
mod derived {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/chaos.pest"]
    pub struct Grammar;
}

pub use derived::Rule;

/// A laid-out text with its nodes.
#[derive(Debug)]
pub struct Tree<'t> {
    text: &'t str,
    nodes: Vec<Entry>,
}

/// A node of the concrete tree.
#[derive(Clone, Copy, Debug)]
pub struct Node<'t> {
    tree: &'t Tree<'t>,
    at: usize,
    /// Which rule it comes from.
    pub rule: Rule,
    /// Its first byte in the text.
    pub start: usize,
    /// Its text, blanks at its end excluded.
    pub text: &'t str,
}

impl<'t> Tree<'t> {
    /// The tree of a laid-out text. The grammar takes any text; should it ever not, the tree is one `stray_declaration`.
    pub fn of(text: &'t str) -> Self {
        let nodes = machine::run(machine::FILE, text).unwrap_or_else(|| {
            let end = u32::try_from(text.len()).unwrap_or(0);
            [Rule::file, Rule::stray_declaration].map(|rule| Entry { rule, start: 0, end, next: 2 }).to_vec()
        });
        Self { text, nodes }
    }

    /// The tree of a text that is one expression and nothing else.
    pub fn of_expression(text: &'t str) -> Option<Self> {
        machine::run(machine::LONE_EXPRESSION, text).map(|nodes| Self { text, nodes })
    }

    /// The node that holds all others.
    pub fn root(&self) -> Option<Node<'_>> {
        self.node(0)
    }

    fn node(&self, at: usize) -> Option<Node<'_>> {
        let entry = self.nodes.get(at)?;
        let text = self.text.get(entry.start as usize..entry.end as usize).unwrap_or("");
        Some(Node { tree: self, at, rule: entry.rule, start: entry.start as usize, text })
    }
}

impl<'t> Node<'t> {
    /// One past its last byte.
    pub fn end(self) -> usize {
        self.start + self.text.len()
    }

    /// Its parts, in order.
    pub fn children(self) -> Children<'t> {
        let end = self.tree.nodes.get(self.at).map_or(0, |entry| entry.next as usize);
        Children { tree: self.tree, at: self.at + 1, end }
    }

    /// The first part that comes from `rule`.
    pub fn find(self, rule: Rule) -> Option<Node<'t>> {
        self.all(rule).next()
    }

    /// All parts that come from `rule`.
    pub fn all(self, rule: Rule) -> impl Iterator<Item = Node<'t>> {
        self.children().filter(move |child| child.rule == rule)
    }

    /// What is read of each part that comes from `rule`, in a list that is no longer than it has to be: most are short.
    pub fn each<T>(self, rule: Rule, read: impl FnMut(Node<'t>) -> Option<T>) -> Vec<T> {
        let mut list = Vec::with_capacity(self.all(rule).count());
        list.extend(self.all(rule).filter_map(read));
        list
    }
}

/// The parts of a node.
#[derive(Clone, Debug)]
pub struct Children<'t> {
    tree: &'t Tree<'t>,
    at: usize,
    end: usize,
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        let entry = self.tree.nodes[..self.end].get(self.at)?;
        let node = self.tree.node(self.at);
        self.at = entry.next as usize;
        node
    }
}

/// Where the strict `rule` stops on `text`, and what it would have taken there. Nothing if it takes all of it.
pub fn expected(rule: Rule, text: &str) -> Option<(usize, Vec<Rule>)> {
    let error = derived::Grammar::parse(rule, text).err()?;
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    match error.variant {
        ErrorVariant::ParsingError { positives, .. } => Some((at, positives)),
        ErrorVariant::CustomError { .. } => Some((at, Vec::new())),
    }
}

/// Every keyword of the grammar.
pub fn keywords() -> &'static [String] {
    static ALL: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| {
        let names = Rule::all_rules().iter().map(|rule| format!("{rule:?}"));
        names.filter_map(|name| name.strip_prefix("kw_").map(str::to_owned)).collect()
    });
    &ALL
}

/// Whether a text is one name and nothing else.
pub fn is_name(text: &str) -> bool {
    derived::Grammar::parse(Rule::name, text).is_ok_and(|name| name.as_str().len() == text.len())
}

/// Whether a word means something to the language, in its place or everywhere.
pub fn is_keyword(word: &str) -> bool {
    let looks =
        word.starts_with(|c: char| c.is_ascii_lowercase()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
    looks && (keywords().iter().any(|known| known == word) || !is_name(word))
}

/// The machine and pest read every text alike: both come from the one grammar.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Entry, Rule, derived, machine};
    use crate::base::SourceId;
    use crate::syntax::lay_out;
    use crate::syntax::tests::Dice;
    use pest::{Parser, Token};
    use std::fs;
    use std::path::Path;

    /// What pest reads, as the machine would say it.
    fn by_pest(rule: Rule, text: &str) -> Option<Vec<Entry>> {
        let pairs = derived::Grammar::parse(rule, text).ok()?;
        let (mut nodes, mut begun): (Vec<Entry>, Vec<usize>) = (Vec::new(), Vec::new());
        for token in pairs.tokens() {
            match token {
                Token::Start { rule, pos } => {
                    begun.push(nodes.len());
                    nodes.push(Entry { rule, start: u32::try_from(pos.pos()).unwrap(), end: 0, next: 0 });
                }
                Token::End { pos, .. } => {
                    let next = u32::try_from(nodes.len()).unwrap();
                    let node = &mut nodes[begun.pop().unwrap()];
                    let start = node.start as usize;
                    node.end = u32::try_from(start + text[start..pos.pos()].trim_end().len()).unwrap();
                    node.next = next;
                }
            }
        }
        Some(nodes)
    }

    fn alike(text: &str) {
        let same = |rule, entry| {
            let (pest, machine) = (by_pest(rule, text), machine::run(entry, text));
            assert!(pest == machine, "{rule:?} of {text:?}:\n{pest:#?}\n{machine:#?}");
        };
        same(Rule::file, machine::FILE);
        same(Rule::lone_expression, machine::LONE_EXPRESSION);
    }

    /// All programs below a folder.
    fn programs(folder: &Path, found: &mut Vec<String>) {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() && !path.ends_with("target") {
                programs(&path, found);
            } else if path.extension().is_some_and(|it| it == "chaos") || path.parent().unwrap().ends_with("corpus") {
                found.push(String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned());
            }
        }
    }

    fn all_programs() -> Vec<String> {
        let (root, mut found) = (Path::new(env!("CARGO_MANIFEST_DIR")), Vec::new());
        for folder in ["src", "stdlib", "examples", "tests"] {
            programs(&root.join(folder), &mut found);
        }
        assert!(found.len() > 500);
        found
    }

    fn cut(dice: &mut Dice, text: &str) -> usize {
        let mut at = dice.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    const PIECES: &[&str] = &[
        "",
        " ",
        ";",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "\"",
        "`",
        "```",
        "é",
        "\u{FEFF}",
        "\u{2028}",
        "\u{0}",
        "\\",
        ",",
        ".",
        "<",
        ">",
        "=",
        "==",
        "-",
        " - ",
        "+",
        "*",
        "/",
        "@allow(",
        "@",
        "1m30s",
        "40%",
        "7",
        " for ",
        "after ",
        " of ",
        "not ",
        " within 1s",
        "let a = 1;",
        "system s {",
        "service { a: ratio }",
        "else {",
        "run {",
        "wait ",
        "inject f() ",
        "use",
        "true",
        "a",
        "_",
        "always",
        "starts",
        "enum(",
        "\u{10FFFF}",
        "experiment x on y {",
        "test t of",
        "no data",
    ];

    #[test]
    fn every_program_is_read_alike() {
        for text in all_programs() {
            alike(&text);
            alike(&lay_out(SourceId(0), &text).text);
        }
    }

    #[test]
    fn damaged_programs_are_read_alike() {
        let (programs, mut dice) = (all_programs(), Dice(3));
        for _ in 0..4_000 {
            let mut text = programs[dice.below(programs.len())].clone();
            for _ in 0..=dice.below(5) {
                let (one, other) = (cut(&mut dice, &text), dice.below(20));
                let mut end = (one + other).min(text.len());
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                text.replace_range(one..end.max(one), PIECES[dice.below(PIECES.len())]);
            }
            alike(&lay_out(SourceId(0), &text).text);
        }
    }

    #[test]
    fn short_texts_of_any_pieces_are_read_alike() {
        let mut dice = Dice(5);
        for _ in 0..20_000 {
            let text: String = (0..dice.below(12)).map(|_| PIECES[dice.below(PIECES.len())]).collect();
            alike(&text);
        }
    }
}
