//! From parts to the machine's instructions.

use crate::bytes::{Bytes, END};
use crate::lower::Grammar;
use crate::part::{Around, Atomicity, Call, Part, Starts};
use std::fmt::Write;

/// Of so many alternatives the next byte chooses at once, not one after the other.
const MANY: usize = 3;

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
    Switch(Vec<(Bytes, Label)>, Label),
    Choice(Bytes, Label),
    Commit(Label),
    Rewind(Label),
    FailTwice,
    Fail,
    Jump(Label),
    Call(Label),
    Return,
    Open(String, Label),
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

    /// Where the body of a rule is written, and of which node it is all.
    fn routine(&mut self, call: &Call) -> (Option<String>, Label) {
        let body = self.grammar.body(call);
        let node = match &body {
            Part::Node(rule, _) => Some(rule.clone()),
            _ => None,
        };
        if let Some((_, label)) = self.routines.iter().find(|(known, _)| *known == body) {
            return (node, *label);
        }
        let label = self.label();
        self.routines.push((body, label));
        (node, label)
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
            Part::Node(_, part) => {
                self.part(part);
                self.code.push(Op::Close);
            }
            Part::Call(call) => {
                let (node, label) = self.routine(call);
                self.code.push(node.map_or(Op::Call(label), |rule| Op::Open(rule, label)));
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
        let Some((last, firsts)) = parts.split_last() else { return };
        let (end, ways): (Label, Vec<Label>) = (self.label(), parts.iter().map(|_| self.label()).collect());
        let chosen = firsts.len() + 1 >= MANY;
        if chosen {
            self.switch(firsts, &ways);
        }
        for (at, part) in firsts.iter().enumerate() {
            let next = self.label();
            let starts = self.starts(part).all();
            let others = parts[at + 1..].iter().fold(Bytes::NONE, |all, other| all.union(self.starts(other).all()));
            if certain(part) || starts.intersection(others).is_empty() {
                self.test(starts, next);
                self.place(ways[at]);
                self.part(part);
                self.code.push(Op::Jump(end));
            } else {
                self.place(ways[at]);
                self.code.push(Op::Choice(starts, next));
                self.part(part);
                self.code.push(Op::Commit(end));
            }
            self.place(next);
        }
        ways.last().into_iter().for_each(|way| self.place(*way));
        self.part(last);
        self.place(end);
    }

    /// Goes to the first alternative that the next byte can begin, else to the last one.
    fn switch(&mut self, firsts: &[Part], ways: &[Label]) {
        let starts = firsts.iter().map(|part| self.starts(part).all());
        let targets = starts.zip(ways.iter().copied()).collect();
        self.code.extend(ways.last().map(|last| Op::Switch(targets, *last)));
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
        self.round(rest, again, end);
    }

    /// One round of a repetition, the way to the next one, and the end of it.
    fn round(&mut self, part: &Part, again: Label, end: Label) {
        let starts = self.starts(part).all();
        if certain(part) {
            self.test(starts, end);
            self.part(part);
            self.code.push(Op::Jump(again));
        } else {
            self.code.push(Op::Choice(starts, end));
            self.part(part);
            self.code.push(Op::Commit(again));
        }
        self.place(end);
    }

    /// `a ~ (blanks ~ a)*`: the first round comes in behind the blanks.
    fn repeat_between(&mut self, part: &Part, between: &Part) {
        let (first, end) = (self.label(), self.label());
        let round = Part::Sequence(vec![between.clone(), part.clone()]);
        self.code.push(Op::Choice(self.starts(part).all(), end));
        self.code.push(Op::Jump(first));
        let again = self.here();
        self.code.push(Op::Choice(self.starts(&round).all(), end));
        self.part(between);
        self.place(first);
        self.part(part);
        self.code.push(Op::Commit(again));
        self.place(end);
    }

    fn ahead(&mut self, part: &Part) {
        let starts = self.starts(part).all();
        if matches!(part, Part::Set(_) | Part::End) {
            return self.test(starts, FAIL);
        }
        let next = self.label();
        self.code.push(Op::Choice(starts, FAIL));
        self.part(part);
        self.code.push(Op::Rewind(next));
        self.place(next);
    }

    fn not(&mut self, part: &Part) {
        if let Part::Set(set) = part {
            return self.test(set.complement(), FAIL);
        }
        let next = self.label();
        self.code.push(Op::Choice(self.starts(part).all(), next));
        self.part(part);
        self.code.push(Op::FailTwice);
        self.place(next);
    }

    fn write(&self, text: &mut String) -> Result<(), String> {
        let mut data = Data::default();
        let _ = writeln!(text, "static CODE: [Op; {}] = [", self.code.len());
        for op in &self.code {
            let _ = writeln!(text, "    Op::{},", self.shown(op, &mut data));
        }
        let _ = writeln!(text, "];\nstatic SETS: [[u64; 4]; 256] = [");
        for byte in 0..=u8::MAX {
            let _ = writeln!(text, "    {:?},", data.sets_with(byte));
        }
        let _ = writeln!(text, "];\nstatic SWITCHES: [[u16; 256]; {}] = [", data.switches.len());
        for targets in &data.switches {
            let _ = writeln!(text, "    {targets:?},");
        }
        let _ = writeln!(text, "];\nstatic TEXTS: &str = {:?};", data.texts);
        match (self.code.len().max(data.texts.len()), data.sets.len().max(data.switches.len())) {
            (0..=0xFFFF, 0..=0x100) => Ok(()),
            (long, wide) => Err(format!("{long} instructions or {wide} sets are too many for the machine")),
        }
    }

    fn shown(&self, op: &Op, data: &mut Data) -> String {
        let to = |label: &Label| self.places[label.0];
        match op {
            Op::Text(text) => format!("Text({}, {})", data.text(text), text.len()),
            Op::Set(set) => format!("Set({})", data.set(*set)),
            Op::Span(set) => format!("Span({})", data.set(*set)),
            Op::Test(set, label) => format!("Test({}, {})", data.set(*set), to(label)),
            Op::Switch(ways, other) => {
                let way = |byte| ways.iter().find(|(starts, _)| starts.holds(byte)).map_or(other, |(_, label)| label);
                data.switches.push((0..=u8::MAX).map(|byte| to(way(byte))).collect());
                format!("Switch({})", data.switches.len() - 1)
            }
            Op::Choice(set, label) => format!("Choice({}, {})", data.set(*set), to(label)),
            Op::Commit(label) => format!("Commit({})", to(label)),
            Op::Rewind(label) => format!("Rewind({})", to(label)),
            Op::Jump(label) => format!("Jump({})", to(label)),
            Op::Call(label) => format!("Call({})", to(label)),
            Op::Open(rule, label) => format!("Open(Rule::{rule}, {})", to(label)),
            Op::FailTwice => "FailTwice".to_owned(),
            Op::Fail => "Fail".to_owned(),
            Op::Return => "Return".to_owned(),
            Op::Close => "Close".to_owned(),
            Op::Start => "Start".to_owned(),
            Op::Stop => "Stop".to_owned(),
        }
    }
}

/// What instructions refer to.
#[derive(Default)]
struct Data {
    sets: Vec<Bytes>,
    switches: Vec<Vec<usize>>,
    texts: String,
}

impl Data {
    fn set(&mut self, set: Bytes) -> usize {
        self.sets.iter().position(|known| *known == set).unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        })
    }

    fn text(&mut self, text: &str) -> usize {
        self.texts.find(text).unwrap_or_else(|| {
            self.texts.push_str(text);
            self.texts.len() - text.len()
        })
    }

    /// A bit for each set: whether it holds the byte.
    fn sets_with(&self, byte: u8) -> [u64; 4] {
        let mut bits = [0; 4];
        for (at, _) in self.sets.iter().enumerate().take(256).filter(|(_, set)| set.holds(byte)) {
            bits[at / 64] |= 1 << (at % 64);
        }
        bits
    }
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
