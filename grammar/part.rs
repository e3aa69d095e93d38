//! What a rule reads, with blanks and nodes made explicit, and with which bytes it can begin.

use crate::bytes::{Bytes, END};

/// A part of a rule. Reading one either succeeds, and may move forward, or fails, and moves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// These bytes.
    Text(String),
    /// One character that begins with one of these bytes.
    Set(Bytes),
    /// One after the other; none at all always succeeds.
    Sequence(Vec<Part>),
    /// The first that succeeds.
    Choice(Vec<Part>),
    /// As often as it goes, with what stands between two of them.
    Repeat(Box<Part>, Box<Part>),
    /// Whether it could be read here.
    Ahead(Box<Part>),
    /// Whether it could not be read here.
    Not(Box<Part>),
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
    /// What is read becomes a node. Only the whole body of a rule is one.
    Node(String, Box<Part>),
    /// Another rule.
    Call(Call),
}

/// A rule, and what is so around the place where it is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    pub rule: String,
    pub around: Around,
}

/// What the place of a part decides: whether blanks are skipped, and whether nodes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Around {
    pub atomicity: Atomicity,
    /// Whether what is read only decides and is read again.
    pub ahead: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Atomicity {
    /// Blanks are skipped.
    NonAtomic,
    /// No blanks, and no nodes inside: `@`.
    Atomic,
    /// No blanks: `$`.
    Compound,
}

impl Around {
    pub fn makes_nodes(self) -> bool {
        !self.ahead && self.atomicity != Atomicity::Atomic
    }
}

/// Which byte may stand next where a part succeeds; no more than that is promised.
#[derive(Clone, Copy, Debug)]
pub struct Starts {
    /// If it moves forward.
    pub moving: Bytes,
    /// If it moves nothing.
    pub idle: Bytes,
}

impl Starts {
    fn moving(moving: Bytes) -> Self {
        Self { moving, idle: Bytes::NONE }
    }

    fn idle(idle: Bytes) -> Self {
        Self { moving: Bytes::NONE, idle }
    }

    pub fn all(self) -> Bytes {
        self.moving.union(self.idle)
    }

    fn then(self, next: Self) -> Self {
        let moving = self.moving.union(self.idle.intersection(next.moving));
        Self { moving, idle: self.idle.intersection(next.idle) }
    }

    fn or(self, other: Self) -> Self {
        Self { moving: self.moving.union(other.moving), idle: self.idle.union(other.idle) }
    }
}

impl Part {
    /// What reads nothing and succeeds.
    pub const fn nothing() -> Self {
        Part::Sequence(Vec::new())
    }

    /// With which bytes it can begin; `rule` says it of a rule. Ends because no rule begins with itself.
    pub fn starts(&self, rule: &dyn Fn(&Call) -> Starts) -> Starts {
        match self {
            Part::Text(text) => Starts::moving(Bytes::of(text.bytes().take(1))),
            Part::Set(set) => Starts::moving(*set),
            Part::Sequence(parts) => {
                let mut starts = Starts::idle(Bytes::ALL);
                for part in parts {
                    if starts.idle.is_empty() {
                        break;
                    }
                    starts = starts.then(part.starts(rule));
                }
                starts
            }
            Part::Choice(parts) => {
                parts.iter().fold(Starts::idle(Bytes::NONE), |starts, part| starts.or(part.starts(rule)))
            }
            Part::Repeat(part, _) => part.starts(rule).or(Starts::idle(Bytes::ALL)),
            Part::Ahead(part) => Starts::idle(part.starts(rule).all()),
            Part::Not(part) => match **part {
                Part::Set(set) => Starts::idle(set.complement()),
                _ => Starts::idle(Bytes::ALL),
            },
            Part::Start => Starts::idle(Bytes::ALL),
            Part::End => Starts::idle(Bytes::of([END])),
            Part::Node(_, part) => part.starts(rule),
            Part::Call(call) => rule(call),
        }
    }
}
