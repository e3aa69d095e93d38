//! From parts to the machine's instructions.

use crate::bytes::{Bytes, END};
use crate::lower::Grammar;
use crate::part::{Around, Atomicity, Call, Part, Starts};
use std::fmt::Write;

/// Where the instruction stands that fails.
const FAIL: Label = Label(0);

/// A place in the program that is known once all of it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Label(usize);

/// `Op` of `src/syntax/machine.rs`, with labels in the place of addresses.
enum Op {
    Text(String),
    Set(Bytes),
    Span(Bytes),
    Test(Bytes, Label),
    Choice(Label),
    Commit(Label),
    Rewind(Label),
    FailTwice,
    Fail,
    Jump(Label),
    Call(Label),
    Return,
    Open(String),
    Close,
    Start,
    Stop,
}

struct Assembler<'g> {
    grammar: &'g Grammar<'g>,
    code: Vec<Op>,
    /// Where each label stands.
    places: Vec<usize>,
    /// What is called, each body once; those from `written` on are still to be written.
    routines: Vec<(Part, Label)>,
    written: usize,
}

/// The program's text, to be included where `Op` and `Rule` are known.
///
/// # Errors
/// It is too long for the machine's addresses.
pub fn program(grammar: &Grammar, entries: &[(&str, &str)]) -> Result<String, String> {
    let mut assembler = Assembler { grammar, code: vec![Op::Fail], places: vec![0], routines: Vec::new(), written: 0 };
    let mut text = String::new();
    for (rule, name) in entries {
        let around = Around { atomicity: Atomicity::NonAtomic, ahead: false };
        let start = assembler.code.len();
        assembler.part(&Part::Call(Call { rule: (*rule).to_owned(), around }));
        assembler.code.push(Op::Stop);
        let _ = writeln!(text, "/// Reads `{rule}`.\npub const {name}: u16 = {start};");
    }
    assembler.routines();
    assembler.write(&mut text)?;
    Ok(text)
}

impl Assembler<'_> {
    fn label(&mut self) -> Label {
        self.places.push(usize::MAX);
        Label(self.places.len() - 1)
    }

    fn place(&mut self, label: Label) {
        self.places[label.0] = self.code.len();
    }

    fn here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }

    fn starts(&self, part: &Part) -> Starts {
        part.starts(&|call| self.grammar.starts(call))
    }

    /// Writes the bodies of all that is called.
    fn routines(&mut self) {
        while let Some((body, label)) = self.routines.get(self.written).cloned() {
            self.written += 1;
            self.place(label);
            self.part(&body);
            if !matches!(body, Part::Node(..)) {
                self.code.push(Op::Return);
            }
        }
    }

    fn routine(&mut self, call: &Call) -> Label {
        let body = self.grammar.body(call);
        if let Some((_, label)) = self.routines.iter().find(|(known, _)| *known == body) {
            return *label;
        }
        let label = self.label();
        self.routines.push((body, label));
        label
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Text(text) => self.code.push(Op::Text(text.clone())),
            Part::Set(set) => self.code.push(Op::Set(*set)),
            Part::Sequence(parts) => parts.iter().for_each(|part| self.part(part)),
            Part::Choice(parts) => self.choice(parts),
            Part::Repeat(part, between) if **between == Part::nothing() => self.repeat(part),
            Part::Repeat(part, between) => self.repeat_between(part, between),
            Part::Ahead(part) => self.ahead(part),
            Part::Not(part) => self.not(part),
            Part::Start => self.code.push(Op::Start),
            Part::End => self.code.push(Op::Test(Bytes::of([END]), FAIL)),
            Part::Node(rule, part) => {
                self.code.push(Op::Open(rule.clone()));
                self.part(part);
                self.code.push(Op::Close);
            }
            Part::Call(call) => {
                let label = self.routine(call);
                self.code.push(Op::Call(label));
            }
        }
    }

    /// Goes to `otherwise` if the next byte says that none of `starts` follows.
    fn test(&mut self, starts: Bytes, otherwise: Label) {
        if starts != Bytes::ALL {
            self.code.push(Op::Test(starts, otherwise));
        }
    }

    /// The way back is only remembered where the next byte leaves more than one way.
    fn choice(&mut self, parts: &[Part]) {
        let end = self.label();
        for (at, part) in parts.iter().enumerate() {
            let Some(others) = parts.get(at + 1..).filter(|others| !others.is_empty()) else {
                self.part(part);
                break;
            };
            let next = self.label();
            let starts = self.starts(part).all();
            let others = others.iter().fold(Bytes::NONE, |all, other| all.union(self.starts(other).all()));
            self.test(starts, next);
            if certain(part) || starts.intersection(others).is_empty() {
                self.part(part);
                self.code.push(Op::Jump(end));
            } else {
                self.code.push(Op::Choice(next));
                self.part(part);
                self.code.push(Op::Commit(end));
            }
            self.place(next);
        }
        self.place(end);
    }

    fn repeat(&mut self, part: &Part) {
        let again = self.here();
        let rest = match part {
            Part::Set(set) => return self.code.push(Op::Span(*set)),
            // Of `(a | b)*`, as many `a` as there are come first.
            Part::Choice(parts) => match parts.split_first() {
                Some((Part::Set(set), rest)) => {
                    self.code.push(Op::Span(*set));
                    &Part::Choice(rest.to_vec())
                }
                _ => part,
            },
            _ => part,
        };
        let end = self.label();
        self.test(self.starts(rest).all(), end);
        self.round(rest, again, end);
    }

    /// One round of a repetition behind its test, the way to the next one, and the end of it.
    fn round(&mut self, part: &Part, again: Label, end: Label) {
        if certain(part) {
            self.part(part);
            self.code.push(Op::Jump(again));
        } else {
            self.code.push(Op::Choice(end));
            self.part(part);
            self.code.push(Op::Commit(again));
        }
        self.place(end);
    }

    /// `a ~ (blanks ~ a)*`: the first round comes in behind the blanks.
    fn repeat_between(&mut self, part: &Part, between: &Part) {
        let (first, end) = (self.label(), self.label());
        let round = Part::Sequence(vec![between.clone(), part.clone()]);
        self.test(self.starts(part).all(), end);
        self.code.push(Op::Choice(end));
        self.code.push(Op::Jump(first));
        let again = self.here();
        self.test(self.starts(&round).all(), end);
        self.code.push(Op::Choice(end));
        self.part(between);
        self.place(first);
        self.part(part);
        self.code.push(Op::Commit(again));
        self.place(end);
    }

    fn ahead(&mut self, part: &Part) {
        self.test(self.starts(part).all(), FAIL);
        if !matches!(part, Part::Set(_) | Part::End) {
            let next = self.label();
            self.code.push(Op::Choice(FAIL));
            self.part(part);
            self.code.push(Op::Rewind(next));
            self.place(next);
        }
    }

    fn not(&mut self, part: &Part) {
        if let Part::Set(set) = part {
            return self.test(set.complement(), FAIL);
        }
        let next = self.label();
        self.test(self.starts(part).all(), next);
        self.code.push(Op::Choice(next));
        self.part(part);
        self.code.push(Op::FailTwice);
        self.place(next);
    }

    fn write(&self, text: &mut String) -> Result<(), String> {
        let (mut sets, mut texts): (Vec<Bytes>, String) = (Vec::new(), String::new());
        let _ = writeln!(text, "static CODE: [Op; {}] = [", self.code.len());
        for op in &self.code {
            let _ = writeln!(text, "    Op::{},", self.shown(op, &mut sets, &mut texts));
        }
        let _ = writeln!(text, "];\nstatic SETS: [[u64; 4]; {}] = [", sets.len());
        for set in &sets {
            let _ = writeln!(text, "    {:?},", set.0);
        }
        let _ = writeln!(text, "];\nstatic TEXTS: &str = {texts:?};");
        match self.code.len().max(sets.len()).max(texts.len()) {
            0..=0xFFFF => Ok(()),
            long => Err(format!("{long} instructions are too many for 16-bit addresses")),
        }
    }

    fn shown(&self, op: &Op, sets: &mut Vec<Bytes>, texts: &mut String) -> String {
        let to = |label: &Label| self.places[label.0];
        match op {
            Op::Text(text) => format!("Text({}, {})", text_at(texts, text), text.len()),
            Op::Set(set) => format!("Set({})", set_at(sets, *set)),
            Op::Span(set) => format!("Span({})", set_at(sets, *set)),
            Op::Test(set, label) => format!("Test({}, {})", set_at(sets, *set), to(label)),
            Op::Choice(label) => format!("Choice({})", to(label)),
            Op::Commit(label) => format!("Commit({})", to(label)),
            Op::Rewind(label) => format!("Rewind({})", to(label)),
            Op::Jump(label) => format!("Jump({})", to(label)),
            Op::Call(label) => format!("Call({})", to(label)),
            Op::Open(rule) => format!("Open(Rule::{rule})"),
            Op::FailTwice => "FailTwice".to_owned(),
            Op::Fail => "Fail".to_owned(),
            Op::Return => "Return".to_owned(),
            Op::Close => "Close".to_owned(),
            Op::Start => "Start".to_owned(),
            Op::Stop => "Stop".to_owned(),
        }
    }
}

fn set_at(sets: &mut Vec<Bytes>, set: Bytes) -> usize {
    sets.iter().position(|known| *known == set).unwrap_or_else(|| {
        sets.push(set);
        sets.len() - 1
    })
}

fn text_at(texts: &mut String, text: &str) -> usize {
    texts.find(text).unwrap_or_else(|| {
        texts.push_str(text);
        texts.len() - text.len()
    })
}

/// Whether a part succeeds as soon as the next byte is one it can begin with.
fn certain(part: &Part) -> bool {
    match part {
        Part::Set(_) => true,
        Part::Sequence(parts) => match parts.split_first() {
            Some((first, rest)) => certain(first) && rest.iter().all(|part| matches!(part, Part::Repeat(..))),
            None => true,
        },
        Part::Choice(parts) => parts.iter().all(|part| matches!(part, Part::Set(_))),
        Part::Node(_, part) => certain(part),
        _ => false,
    }
}
