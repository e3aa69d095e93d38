//! The parsing machine: runs the program that `grammar/build.rs` makes from the grammar.
//!
//! It is a machine for parsing expression grammars (Medeiros and Ierusalimschy 2008): a text, a place in it, a place in the
//! program, and a stack of ways back. It reads as pest reads; what pest finds out by trying, the next byte mostly says.

use super::parser::Rule;

/// What the machine can do. Addresses are places in [`CODE`], sets are in [`SETS`].
#[derive(Clone, Copy)]
enum Op {
    /// Reads a part of [`TEXTS`], from where and how long, or fails.
    Text(u16, u8),
    /// Reads one character of the set, or fails.
    Set(u16),
    /// Reads as many bytes of the set as there are.
    Span(u16),
    /// Goes to the address if the next byte is not in the set.
    Test(u16, u16),
    /// Remembers a way back: this place in the text, and the address.
    Choice(u16),
    /// Forgets the last way back and goes to the address.
    Commit(u16),
    /// Goes back to the place of the last way back, and to this address.
    Rewind(u16),
    /// Forgets the last way back and takes the one before.
    FailTwice,
    /// Takes the last way back.
    Fail,
    /// Goes to the address.
    Jump(u16),
    /// Goes to the address until the next `Return`.
    Call(u16),
    /// Goes back behind the last `Call`.
    Return,
    /// Begins a node, first thing behind a `Call`.
    Open(Rule),
    /// Ends the node that was begun behind the last `Call`, and goes back there.
    Close,
    /// Fails unless this is the start of the text.
    Start,
    /// Ends the program.
    Stop,
}

include!(concat!(env!("OUT_DIR"), "/program.rs"));

/// A node, in the order in which nodes begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which rule it comes from.
    pub rule: Rule,
    /// Its first byte in the text.
    pub start: u32,
    /// One past its last byte, blanks at its end excluded.
    pub end: u32,
    /// Where the first node stands that is not inside it.
    pub next: u32,
}

/// What the stack holds: a way back, or where to go on behind a `Call`.
#[derive(Clone, Copy)]
struct Frame {
    /// Where the program goes on.
    code: u16,
    /// Where the text goes on; [`NO_WAY`] if this is no way back.
    at: u32,
    /// How many nodes there were: for a `Call`, which node it began if it began one.
    nodes: u32,
}

const NO_WAY: u32 = u32::MAX;

/// What is read behind the last byte.
const END: u8 = 0xFF;

/// The nodes of `text`, read from an entry of the program; nothing if it is not in the language.
pub fn run(entry: u16, text: &str) -> Option<Vec<Entry>> {
    u32::try_from(text.len()).ok().filter(|length| *length < NO_WAY)?;
    let mut machine = Machine { text, at: 0, code: usize::from(entry), nodes: Vec::new(), stack: Vec::new() };
    machine.nodes.reserve(text.len() / 8);
    machine.run().then_some(machine.nodes)
}

struct Machine<'t> {
    text: &'t str,
    at: usize,
    code: usize,
    nodes: Vec<Entry>,
    stack: Vec<Frame>,
}

impl Machine<'_> {
    /// Whether the program ends well.
    fn run(&mut self) -> bool {
        while let Some(op) = CODE.get(self.code) {
            self.code += 1;
            let went = match *op {
                Op::Text(from, length) => self.read(usize::from(from), usize::from(length)),
                Op::Set(set) => self.character(set),
                Op::Span(set) => self.span(set),
                Op::Test(set, otherwise) => {
                    if !holds(set, self.next()) {
                        self.code = usize::from(otherwise);
                    }
                    true
                }
                Op::Choice(back) => self.push(back, self.place()),
                Op::Commit(to) => self.stack.pop().is_some() && self.jump(to),
                Op::Rewind(to) => self.fail() && self.jump(to),
                Op::FailTwice => {
                    self.stack.pop();
                    false
                }
                Op::Fail => false,
                Op::Jump(to) => self.jump(to),
                Op::Call(to) => self.push(self.code as u16, NO_WAY) && self.jump(to),
                Op::Return => self.stack.pop().is_some_and(|frame| self.jump(frame.code)),
                Op::Open(rule) => self.open(rule),
                Op::Close => self.close(),
                Op::Start => self.at == 0,
                Op::Stop => return true,
            };
            if !went && !self.fail() {
                return false;
            }
        }
        false
    }

    fn next(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(END)
    }

    fn place(&self) -> u32 {
        self.at as u32
    }

    fn jump(&mut self, to: u16) -> bool {
        self.code = usize::from(to);
        true
    }

    fn push(&mut self, code: u16, at: u32) -> bool {
        self.stack.push(Frame { code, at, nodes: self.nodes.len() as u32 });
        true
    }

    /// Takes the last way back.
    fn fail(&mut self) -> bool {
        while let Some(frame) = self.stack.pop() {
            if frame.at != NO_WAY {
                self.at = frame.at as usize;
                self.nodes.truncate(frame.nodes as usize);
                return self.jump(frame.code);
            }
        }
        false
    }

    fn read(&mut self, from: usize, length: usize) -> bool {
        let (expected, rest) = (&TEXTS.as_bytes()[from..from + length], &self.text.as_bytes()[self.at..]);
        let went = rest.starts_with(expected);
        if went {
            self.at += length;
        }
        went
    }

    fn character(&mut self, set: u16) -> bool {
        let next = self.next();
        let went = holds(set, next);
        if went {
            self.at += if next.is_ascii() { 1 } else { next.leading_ones() as usize };
        }
        went
    }

    fn span(&mut self, set: u16) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| !holds(set, *byte)).unwrap_or(rest.len());
        true
    }

    fn open(&mut self, rule: Rule) -> bool {
        self.nodes.push(Entry { rule, start: self.place(), end: 0, next: 0 });
        true
    }

    fn close(&mut self) -> bool {
        let Some(frame) = self.stack.pop() else { return false };
        let (next, end) = (self.nodes.len() as u32, self.at);
        if let Some(node) = self.nodes.get_mut(frame.nodes as usize) {
            node.end = without_blanks(self.text, node.start as usize, end) as u32;
            node.next = next;
        }
        self.jump(frame.code)
    }
}

/// Where a node ends if blanks at its end do not count. They are rare, and characters beyond ASCII rarer.
fn without_blanks(text: &str, start: usize, end: usize) -> usize {
    match text.as_bytes()[..end].last() {
        Some(last) if *last <= b' ' || !last.is_ascii() => start + text[start..end].trim_end().len(),
        _ => end,
    }
}

fn holds(set: u16, byte: u8) -> bool {
    SETS[usize::from(set)][usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
}
