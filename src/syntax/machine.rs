//! The parsing machine: runs the program that `grammar/build.rs` makes from the grammar.
//!
//! It is a machine for parsing expression grammars (Medeiros and Ierusalimschy 2008): a text, a place in it, a place in the
//! program, and a stack of ways back. It reads as pest reads; what pest finds out by trying, the next byte mostly says.

use super::parser::Rule;

/// What the machine can do. Addresses are places in [`CODE`]; sets are numbered, and for each byte [`SETS`] has the bits of
/// those that hold it.
#[derive(Clone, Copy)]
enum Op {
    /// Reads a part of [`TEXTS`], from where and how long, or fails.
    Text(u16, u8),
    /// Reads one character of the set, or fails.
    Set(u8),
    /// Reads as many bytes of the set as there are.
    Span(u8),
    /// Goes to the address if the next byte is not in the set.
    Test(u8, u16),
    /// Goes to the address that one of [`SWITCHES`] has for the next byte.
    Switch(u8),
    /// Remembers a way back, this place in the text and the address; goes there if the next byte is not in the set.
    Choice(u8, u16),
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
    /// Begins a node and goes to the address until the next `Close`.
    Open(Rule, u16),
    /// Ends the node of the last `Open`, and goes back behind that.
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

/// What the stack holds: a way back, or where to go on behind a `Call` or `Open`.
#[derive(Clone, Copy)]
struct Frame {
    /// Where the program goes on.
    code: u16,
    /// Where the text goes on; [`NO_WAY`] if this is no way back.
    at: u32,
    /// How many nodes there were: for an `Open`, which node it began.
    nodes: u32,
}

const NO_WAY: u32 = u32::MAX;

/// What is read behind the last byte.
const END: u8 = 0xFF;

/// The nodes of `text`, read from an entry of the program; nothing if it is not in the language.
///
/// One loop over local variables, so that they stay in registers.
pub fn run(entry: u16, text: &str) -> Option<Vec<Entry>> {
    u32::try_from(text.len()).ok().filter(|length| *length < NO_WAY)?;
    let bytes = text.as_bytes();
    let mut nodes: Vec<Entry> = Vec::with_capacity(bytes.len() / 3);
    let mut stack: Vec<Frame> = Vec::with_capacity(64);
    let (mut code, mut at) = (entry, 0);
    loop {
        let op = CODE.get(usize::from(code))?;
        code += 1;
        let fails = match *op {
            Op::Text(from, length) => {
                let goes_on = bytes[at..].starts_with(words(from, length));
                at += if goes_on { usize::from(length) } else { 0 };
                !goes_on
            }
            Op::Set(set) => {
                let next = byte(bytes, at);
                let goes_on = holds(set, next);
                at += if goes_on { width(next) } else { 0 };
                !goes_on
            }
            Op::Span(set) => {
                while holds(set, byte(bytes, at)) {
                    at += 1;
                }
                false
            }
            Op::Test(set, otherwise) => {
                code = if holds(set, byte(bytes, at)) { code } else { otherwise };
                false
            }
            Op::Switch(table) => {
                code = SWITCHES[usize::from(table)][usize::from(byte(bytes, at))];
                false
            }
            Op::Choice(set, back) => {
                if holds(set, byte(bytes, at)) {
                    stack.push(Frame { code: back, at: at as u32, nodes: nodes.len() as u32 });
                } else {
                    code = back;
                }
                false
            }
            Op::Commit(to) => {
                stack.pop();
                code = to;
                false
            }
            Op::Rewind(to) => {
                let way = stack.pop()?;
                nodes.truncate(way.nodes as usize);
                (code, at) = (to, way.at as usize);
                false
            }
            Op::FailTwice => stack.pop().is_some(),
            Op::Fail => true,
            Op::Jump(to) => {
                code = to;
                false
            }
            Op::Call(to) => {
                stack.push(Frame { code, at: NO_WAY, nodes: nodes.len() as u32 });
                code = to;
                false
            }
            Op::Return => {
                code = stack.pop()?.code;
                false
            }
            Op::Open(rule, to) => {
                stack.push(Frame { code, at: NO_WAY, nodes: nodes.len() as u32 });
                code = to;
                nodes.push(Entry { rule, start: at as u32, end: 0, next: 0 });
                false
            }
            Op::Close => {
                let (frame, next) = (stack.pop()?, nodes.len() as u32);
                let node = nodes.get_mut(frame.nodes as usize)?;
                node.end = without_blanks(text, node.start as usize, at) as u32;
                node.next = next;
                code = frame.code;
                false
            }
            Op::Start => at != 0,
            Op::Stop => return Some(nodes),
        };
        if fails {
            let way = way_back(&mut stack)?;
            nodes.truncate(way.nodes as usize);
            (code, at) = (way.code, way.at as usize);
        }
    }
}

/// The last way back; what was called since is left.
fn way_back(stack: &mut Vec<Frame>) -> Option<Frame> {
    loop {
        let frame = stack.pop()?;
        if frame.at != NO_WAY {
            return Some(frame);
        }
    }
}

fn words(from: u16, length: u8) -> &'static [u8] {
    &TEXTS.as_bytes()[usize::from(from)..usize::from(from) + usize::from(length)]
}

fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(END)
}

/// How many bytes the character has that begins with this one.
fn width(first: u8) -> usize {
    if first.is_ascii() { 1 } else { first.leading_ones() as usize }
}

/// Where a node ends if blanks at its end do not count. They are rare, and characters beyond ASCII rarer.
fn without_blanks(text: &str, start: usize, end: usize) -> usize {
    match text.as_bytes()[..end].last() {
        Some(last) if *last <= b' ' || !last.is_ascii() => start + text[start..end].trim_end().len(),
        _ => end,
    }
}

fn holds(set: u8, byte: u8) -> bool {
    SETS[usize::from(byte)][usize::from(set >> 6)] >> (set & 63) & 1 == 1
}
