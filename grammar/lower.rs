//! From pest's rules to parts: what pest decides while it parses (whether blanks are skipped, whether a node is made) is
//! decided here, once for each place.

use crate::bytes::Bytes;
use crate::part::{Around, Atomicity, Call, Part, Starts};
use pest_meta::ast::RuleType;
use pest_meta::optimizer::{OptimizedExpr, OptimizedRule};
use std::cell::RefCell;
use std::collections::HashMap;

/// The rules of the grammar.
pub struct Grammar<'g> {
    rules: HashMap<&'g str, &'g OptimizedRule>,
    starts: RefCell<HashMap<Call, Starts>>,
}

impl<'g> Grammar<'g> {
    /// The grammar with these rules.
    ///
    /// # Errors
    /// It uses something that the machine has no instruction for.
    pub fn new(rules: &'g [OptimizedRule]) -> Result<Self, String> {
        let by_name = rules.iter().map(|rule| (rule.name.as_str(), rule)).collect();
        let grammar = Self { rules: by_name, starts: RefCell::default() };
        for rule in rules {
            grammar.check(&rule.expr).map_err(|what| format!("`{}` uses {what}", rule.name))?;
        }
        Ok(grammar)
    }

    fn check(&self, expr: &OptimizedExpr) -> Result<(), String> {
        match expr {
            OptimizedExpr::Str(_) | OptimizedExpr::Skip(_) => Ok(()),
            OptimizedExpr::Range(from, to) if from.is_ascii() && to.is_ascii() => Ok(()),
            OptimizedExpr::Ident(name) if self.rules.contains_key(name.as_str()) || builtin(name).is_some() => Ok(()),
            OptimizedExpr::PosPred(inner)
            | OptimizedExpr::NegPred(inner)
            | OptimizedExpr::Opt(inner)
            | OptimizedExpr::Rep(inner)
            | OptimizedExpr::RepOnce(inner) => self.check(inner),
            OptimizedExpr::Seq(left, right) | OptimizedExpr::Choice(left, right) => {
                self.check(left).and_then(|()| self.check(right))
            }
            other => Err(format!("`{other}`, which grammar/lower.rs does not know")),
        }
    }

    /// What a rule reads where it is named.
    pub fn body(&self, call: &Call) -> Part {
        let Some(rule) = self.rules.get(call.rule.as_str()) else {
            return builtin(&call.rule).map_or(Part::Choice(Vec::new()), |part| node(&call.rule, part));
        };
        let inside = |atomicity| Around { atomicity, ..call.around };
        // A node is made or not by what is around the rule, unless the rule itself changes that for its inside.
        let (around, inner) = match rule.ty {
            _ if matches!(rule.name.as_str(), "WHITESPACE" | "COMMENT") => (call.around, inside(Atomicity::Atomic)),
            RuleType::Normal | RuleType::Silent => (call.around, call.around),
            RuleType::Atomic => (call.around, inside(Atomicity::Atomic)),
            RuleType::CompoundAtomic => (inside(Atomicity::Compound), inside(Atomicity::Compound)),
            RuleType::NonAtomic => (inside(Atomicity::NonAtomic), inside(Atomicity::NonAtomic)),
        };
        let part = self.lower(&rule.expr, inner);
        if rule.ty != RuleType::Silent && around.makes_nodes() {
            return node(&rule.name, part);
        }
        part
    }

    /// With which bytes a rule can begin.
    pub fn starts(&self, call: &Call) -> Starts {
        if let Some(known) = self.starts.borrow().get(call) {
            return *known;
        }
        let starts = self.body(call).starts(&|call| self.starts(call));
        self.starts.borrow_mut().insert(call.clone(), starts);
        starts
    }

    fn lower(&self, expr: &OptimizedExpr, around: Around) -> Part {
        let decide = Around { ahead: true, ..around };
        match expr {
            OptimizedExpr::Str(text) => literal(text),
            OptimizedExpr::Range(from, to) => match (from.as_bytes(), to.as_bytes()) {
                ([from], [to]) => Part::Set(Bytes::of(*from..=*to)),
                _ => Part::Choice(Vec::new()),
            },
            OptimizedExpr::Ident(name) => self.named(name, around),
            OptimizedExpr::PosPred(inner) => Part::Ahead(Box::new(self.lower(inner, decide))),
            OptimizedExpr::NegPred(inner) => Part::Not(Box::new(self.lower(inner, decide))),
            OptimizedExpr::Seq(left, right) => {
                let parts = [self.lower(left, around), self.blanks(around), self.lower(right, around)];
                sequence(parts)
            }
            OptimizedExpr::Choice(left, right) => choice([self.lower(left, around), self.lower(right, around)]),
            OptimizedExpr::Opt(inner) => choice([self.lower(inner, around), Part::nothing()]),
            OptimizedExpr::Rep(inner) => self.repeat(inner, around),
            OptimizedExpr::RepOnce(inner) => {
                let again = sequence([self.blanks(around), self.lower(inner, around)]);
                let more = Part::Repeat(Box::new(again), Box::new(Part::nothing()));
                sequence([self.lower(inner, around), more])
            }
            OptimizedExpr::Skip(ends) => {
                let end = ends.iter().map(|end| literal(end)).reduce(|one, other| choice([one, other]));
                let one = sequence([Part::Not(Box::new(end.unwrap_or(Part::nothing()))), Part::Set(Bytes::any())]);
                Part::Repeat(Box::new(one), Box::new(Part::nothing()))
            }
            _ => Part::Choice(Vec::new()), // `check` has refused it
        }
    }

    fn repeat(&self, inner: &OptimizedExpr, around: Around) -> Part {
        Part::Repeat(Box::new(self.lower(inner, around)), Box::new(self.blanks(around)))
    }

    /// A rule by its name; one that reads a character and leaves no node is that character.
    fn named(&self, name: &str, around: Around) -> Part {
        if let Some(set) = self.character(name) {
            return Part::Set(set);
        }
        match builtin(name).filter(|_| !self.rules.contains_key(name)) {
            Some(known) if known != Part::End || !around.makes_nodes() => known,
            _ => Part::Call(Call { rule: name.to_owned(), around }),
        }
    }

    fn character(&self, name: &str) -> Option<Bytes> {
        match self.rules.get(name) {
            Some(rule) if rule.ty == RuleType::Silent => self.one_of(&rule.expr),
            Some(_) => None,
            None => match builtin(name) {
                Some(Part::Set(set)) => Some(set),
                _ => None,
            },
        }
    }

    fn one_of(&self, expr: &OptimizedExpr) -> Option<Bytes> {
        match expr {
            OptimizedExpr::Str(text) if text.len() == 1 => Some(Bytes::of(text.bytes())),
            OptimizedExpr::Choice(left, right) => Some(self.one_of(left)?.union(self.one_of(right)?)),
            OptimizedExpr::Ident(name) => self.character(name),
            _ => None,
        }
    }

    /// What pest skips between two parts.
    fn blanks(&self, around: Around) -> Part {
        if around.atomicity != Atomicity::NonAtomic || !self.rules.contains_key("WHITESPACE") {
            return Part::nothing();
        }
        let blank = Call { rule: "WHITESPACE".to_owned(), around };
        Part::Repeat(Box::new(self.body(&blank)), Box::new(Part::nothing()))
    }
}

fn builtin(name: &str) -> Option<Part> {
    Some(match name {
        "SOI" => Part::Start,
        "EOI" => Part::End,
        "ANY" => Part::Set(Bytes::any()),
        "ASCII_DIGIT" => Part::Set(Bytes::of(b'0'..=b'9')),
        "ASCII_ALPHA" => Part::Set(Bytes::of((b'a'..=b'z').chain(b'A'..=b'Z'))),
        "ASCII_ALPHANUMERIC" => Part::Set(Bytes::of((b'a'..=b'z').chain(b'A'..=b'Z').chain(b'0'..=b'9'))),
        _ => return None,
    })
}

fn node(rule: &str, part: Part) -> Part {
    Part::Node(rule.to_owned(), Box::new(part))
}

fn literal(text: &str) -> Part {
    match text.as_bytes() {
        [] => Part::nothing(),
        [one] => Part::Set(Bytes::of([*one])),
        _ => Part::Text(text.to_owned()),
    }
}

/// Parts in a row. `!"x" ~ ANY` is one set.
fn sequence(parts: impl IntoIterator<Item = Part>) -> Part {
    let mut flat: Vec<Part> = Vec::new();
    for part in parts {
        match part {
            Part::Sequence(inner) => flat.extend(inner),
            Part::Set(set) => match flat.last() {
                Some(Part::Not(not)) if matches!(**not, Part::Set(_)) => {
                    let Some(Part::Not(not)) = flat.pop() else { continue };
                    let Part::Set(not) = *not else { continue };
                    flat.push(Part::Set(set.without(not)));
                }
                _ => flat.push(Part::Set(set)),
            },
            other => flat.push(other),
        }
    }
    match flat.len() {
        1 => flat.remove(0),
        _ => Part::Sequence(flat),
    }
}

/// Alternatives; neighbours that read one character each are one set.
fn choice(parts: impl IntoIterator<Item = Part>) -> Part {
    let mut flat: Vec<Part> = Vec::new();
    let inner = parts.into_iter().flat_map(|part| match part {
        Part::Choice(inner) => inner,
        other => vec![other],
    });
    for part in inner {
        match (flat.last_mut(), part) {
            (Some(Part::Set(before)), Part::Set(set)) => *before = before.union(set),
            (_, other) => flat.push(other),
        }
    }
    match flat.len() {
        1 => flat.remove(0),
        _ => Part::Choice(flat),
    }
}
