//! A text as tokens: comments among them, each with what stood before it.

use crate::base::{SourceId, Span};
use crate::syntax::{Comment, GENERIC, lay_out};

/// What a token is, as far as blanks around it depend on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word, a path (`checkout.latency`) or a pattern (`http.*`).
    Word,
    /// A number with its unit, or a quoted text.
    Literal,
    /// `(` or `[`.
    Open,
    /// `)` or `]`.
    Close,
    /// `{`.
    OpenBlock,
    /// `}`.
    CloseBlock,
    /// `,`.
    Comma,
    /// `:`.
    Colon,
    /// `..`.
    Range,
    /// `@`.
    At,
    /// The `-` of a negative value.
    Sign,
    /// The `<` of a type.
    OpenType,
    /// The `>` of a type.
    CloseType,
    /// Any other sign.
    Operator,
    /// From `#` to the end of the line, blanks there excluded.
    Comment,
}

/// A token and what its author wrote before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: &'t str,
    /// Line ends in a row, between the token before it (or the start of the text) and this one; two make a blank line.
    pub newlines: usize,
    /// Whether a statement ends between the last token that is no comment and this one.
    pub ended: bool,
}

impl Token<'_> {
    /// Whether it is a `##` comment.
    pub fn is_doc(&self) -> bool {
        self.kind == Kind::Comment && self.text.starts_with("##")
    }

    /// Whether it is a comment behind something else on its line.
    pub fn is_trailing(&self) -> bool {
        self.kind == Kind::Comment && self.newlines == 0
    }
}

/// Signs of several characters, and the dots of a range.
const LONG_SIGNS: &[&str] = &["==", "!=", "<=", ">=", "=~", "!~", ".."];

/// The tokens of a text that parses without errors.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    read(text).found
}

/// The tokens of any text, each with the place where it begins.
pub fn placed_tokens(text: &str) -> Vec<(usize, Token<'_>)> {
    let Placed { found, starts } = read(text);
    starts.into_iter().zip(found).collect()
}

struct Placed<'t> {
    found: Vec<Token<'t>>,
    starts: Vec<usize>,
}

fn read(text: &str) -> Placed<'_> {
    let layout = lay_out(SourceId(0), text);
    let mut lexer = Lexer {
        text,
        laid: &layout.text,
        comments: &layout.comments,
        unterminated: &layout.unterminated,
        at: 0,
        newlines: 1, // a comment in the first line is not behind something
        row: 1,
        ended: false,
        types: 0,
        found: Vec::new(),
        starts: Vec::new(),
    };
    lexer.run();
    Placed { found: lexer.found, starts: lexer.starts }
}

struct Lexer<'t, 'l> {
    text: &'t str,
    /// The text as the grammar sees it: `;` where a statement ends, comments blank.
    laid: &'l str,
    comments: &'l [Comment],
    /// Quotes that are never closed.
    unterminated: &'l [Span],
    at: usize,
    newlines: usize,
    /// The line ends since the last token or `;`.
    row: usize,
    ended: bool,
    /// Open `<` of types.
    types: usize,
    found: Vec<Token<'t>>,
    /// Where each begins.
    starts: Vec<usize>,
}

impl<'t> Lexer<'t, '_> {
    fn run(&mut self) {
        while let Some(byte) = self.laid.as_bytes().get(self.at) {
            match byte {
                _ if self.comments.first().is_some_and(|comment| comment.span.start as usize == self.at) => {
                    self.comment();
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' => self.blank(*byte),
                _ if self.laid[self.at..].starts_with('\u{FEFF}') => self.at += '\u{FEFF}'.len_utf8(),
                _ => self.token(),
            }
        }
    }

    fn comment(&mut self) {
        let Some((comment, rest)) = self.comments.split_first() else { return };
        self.comments = rest;
        let text = comment.span.of(self.text).trim_end_matches([' ', '\t', '\r']);
        self.starts.push(self.at);
        self.found.push(Token { kind: Kind::Comment, text, newlines: self.newlines, ended: self.ended });
        (self.newlines, self.row) = (0, 0);
        self.at = comment.span.end as usize;
    }

    fn blank(&mut self, laid: u8) {
        self.ended |= laid == b';';
        match self.text.as_bytes().get(self.at) {
            Some(b'\n') => self.row += 1,
            Some(b';') => self.row = 0,
            _ => {}
        }
        self.newlines = self.newlines.max(self.row);
        self.at += 1;
    }

    fn token(&mut self) {
        let rest = &self.text[self.at..];
        let first = rest.chars().next().unwrap_or(' ');
        let open = self.unterminated.iter().find(|span| span.start as usize == self.at);
        let (kind, length) = match first {
            '"' | '`' if open.is_some() => (Kind::Literal, open.map_or(1, |span| span.len().max(1))),
            '"' => (Kind::Literal, quoted(rest)),
            '`' => (Kind::Literal, raw(rest)),
            c if c.is_ascii_digit() => (Kind::Literal, number(rest)),
            c if c.is_ascii_alphabetic() || c == '_' => (Kind::Word, path(rest)),
            c => self.sign(rest, c),
        };
        self.starts.push(self.at);
        self.found.push(Token { kind, text: &rest[..length], newlines: self.newlines, ended: self.ended });
        (self.newlines, self.row, self.ended) = (0, 0, false);
        self.at += length;
    }

    fn sign(&mut self, rest: &str, first: char) -> (Kind, usize) {
        let kind = match first {
            '(' | '[' => Kind::Open,
            ')' | ']' => Kind::Close,
            '{' => Kind::OpenBlock,
            '}' => Kind::CloseBlock,
            ',' => Kind::Comma,
            ':' => Kind::Colon,
            '@' => Kind::At,
            '-' if !self.laid[self.at + 1..].starts_with([' ', '\t', '\r', '\n']) => Kind::Sign,
            '<' if self.opens_type() => Kind::OpenType,
            '>' if self.types > 0 => Kind::CloseType,
            _ => Kind::Operator,
        };
        match kind {
            Kind::OpenType => self.types += 1,
            Kind::CloseType => self.types -= 1,
            Kind::Comma | Kind::Colon | Kind::Close | Kind::CloseBlock => self.types = 0,
            _ => {}
        }
        let long = LONG_SIGNS.iter().find(|sign| kind == Kind::Operator && rest.starts_with(**sign));
        match long {
            Some(&"..") => (Kind::Range, 2),
            Some(sign) => (kind, sign.len()),
            None => (kind, first.len_utf8()),
        }
    }

    /// `: list<` and `: list<signal<`; elsewhere `list < 5` compares a metric of that name.
    fn opens_type(&self) -> bool {
        let mut before = self.found.iter().rev().filter(|token| token.kind != Kind::Comment);
        before.next().is_some_and(|word| GENERIC.contains(&word.text))
            && before.next().is_some_and(|token| matches!(token.kind, Kind::Colon | Kind::OpenType))
    }
}

/// The length of a quoted text, quotes included.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw(text: &str) -> usize {
    let fence = if text.starts_with("```") { "```" } else { "`" };
    text[fence.len()..].find(fence).map_or(text.len(), |end| end + 2 * fence.len())
}

/// The length of digits with whatever units follow: `1m30s`, `40%`, `50/s`, `0.95`.
fn number(text: &str) -> usize {
    let mut at = digits(text);
    loop {
        let unit = unit(&text[at..]);
        let more = digits(&text[at + unit..]);
        at += unit + more;
        if unit == 0 || more == 0 {
            return at;
        }
    }
}

fn run(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c: char| !fits(c)).unwrap_or(text.len())
}

fn digits(text: &str) -> usize {
    let whole = run(text, |c| c.is_ascii_digit());
    let part = text[whole..].strip_prefix('.').map_or(0, |part| run(part, |c| c.is_ascii_digit()));
    if whole > 0 && part > 0 { whole + 1 + part } else { whole }
}

fn unit(text: &str) -> usize {
    match text.strip_prefix('/').map(|rest| run(rest, |c| c.is_ascii_alphabetic())) {
        Some(0) => 0,
        Some(letters) => 1 + letters,
        None if text.starts_with('%') => 1,
        None => run(text, |c| c.is_ascii_alphabetic() || c == '_'),
    }
}

/// The length of names joined by dots, among them numbers of rounds; the last may be `*`.
fn path(text: &str) -> usize {
    let mut at = name(text);
    while let Some(rest) = text[at..].strip_prefix('.') {
        match name(rest).max(run(rest, |c| c.is_ascii_digit())) {
            0 if rest.starts_with('*') => return at + 2,
            0 => return at,
            more => at += 1 + more,
        }
    }
    at
}

/// The length of a name: a hyphen belongs to it where a word goes on behind it.
fn name(text: &str) -> usize {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return 0;
    }
    let mut at = run(text, word);
    while let Some(rest) = text[at..].strip_prefix('-').filter(|rest| rest.starts_with(word)) {
        at += 1 + run(rest, word);
    }
    at
}
