//! The only place that knows pest: a laid-out text becomes a plain tree of nodes.

use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pairs;
use pest::{Parser, Token};

// The derived enum `Rule` has a variant for each rule; the grammar file documents them.
#[allow(missing_docs)]
mod derived {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/chaos.pest"]
    pub struct Grammar;
}

pub use derived::Rule;

/// A node of the concrete tree.
#[derive(Debug)]
pub struct Node<'t> {
    /// Which rule it comes from.
    pub rule: Rule,
    /// Its text, blanks at its end excluded.
    pub text: &'t str,
    /// Its first byte in the text.
    pub start: usize,
    /// Its parts, in order.
    pub children: Vec<Node<'t>>,
}

impl<'t> Node<'t> {
    /// The first tree among pest's tokens.
    fn new(pairs: Pairs<'t, Rule>) -> Option<Self> {
        let text = pairs.get_input();
        // What is begun: where, and how many nodes were whole by then. What is whole and belongs to none of these yet.
        let (mut begun, mut whole): (Vec<(usize, usize)>, Vec<Node>) = (Vec::new(), Vec::new());
        for token in pairs.tokens() {
            match token {
                Token::Start { pos, .. } => begun.push((pos.pos(), whole.len())),
                Token::End { rule, pos } => {
                    let (start, first) = begun.pop()?;
                    let children = whole.split_off(first);
                    whole.push(Node { rule, text: text[start..pos.pos()].trim_end(), start, children });
                    if begun.is_empty() {
                        return whole.pop();
                    }
                }
            }
        }
        None
    }

    /// One past its last byte.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The first part that comes from `rule`.
    pub fn find(&self, rule: Rule) -> Option<&Node<'t>> {
        self.children.iter().find(|child| child.rule == rule)
    }

    /// All parts that come from `rule`.
    pub fn all(&self, rule: Rule) -> impl Iterator<Item = &Node<'t>> {
        self.children.iter().filter(move |child| child.rule == rule)
    }
}

/// The tree of a laid-out text. The grammar takes any text; should it ever not, the tree is one `stray_declaration`.
pub fn parse(text: &str) -> Node<'_> {
    match derived::Grammar::parse(Rule::file, text).ok().and_then(Node::new) {
        Some(file) => file,
        None => {
            let stray = Node { rule: Rule::stray_declaration, text: text.trim_end(), start: 0, children: Vec::new() };
            Node { rule: Rule::file, text, start: 0, children: vec![stray] }
        }
    }
}

/// The tree of a text that is one expression and nothing else.
pub fn parse_expression(text: &str) -> Option<Node<'_>> {
    derived::Grammar::parse(Rule::lone_expression, text).ok().and_then(Node::new)
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
