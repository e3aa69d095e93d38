//! Before the grammar: where statements end.
//!
//! Produces a text of the same length, byte for byte, in which each newline that ends a statement is a `;`, each newline
//! inside a statement is a space, and comments and tabs are spaces. So the grammar needs no rule for lines, and every place
//! stays what it was.

use crate::base::{SourceId, Span};

/// The nesting of brackets at which a text is refused.
pub const MAX_DEPTH: usize = 256;

/// A comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From the `#` to the end of its line.
    pub span: Span,
    /// Whether it starts with `##` and so documents a declaration.
    pub doc: bool,
}

/// What [`lay_out`] found.
#[derive(Debug)]
pub struct Layout {
    /// The text for the grammar.
    pub text: String,
    /// All comments, in order.
    pub comments: Vec<Comment>,
    /// Quotes that are never closed: from the quote to the end of its line (or of the text).
    pub unterminated: Vec<Span>,
    /// How deep brackets are nested.
    pub depth: usize,
    /// The bracket at which nesting got too deep; the text ends there.
    pub too_deep: Option<Span>,
}

/// Words with which a line goes on the statement before it.
pub const CONTINUING: &[&str] = &["else", "for", "until", "within", "holding", "after", "because"];

/// Words after which a statement goes on in the next line.
pub const OPERATOR_WORDS: &[&str] = &["and", "or", "not", "of"];

/// Type names that take a parameter in `< >`, so that the `>` that closes them is no operator.
pub const GENERIC: &[&str] = &["distribution", "list", "signal"];

/// Words that start a declaration; at the start of a line they end whatever bracket was left open.
pub const DECLARING: &[&str] = &[
    "use",
    "let",
    "system",
    "environment",
    "experiment",
    "scenario",
    "policy",
    "model",
    "test",
    "schedule",
    "fault",
    "probe",
];

/// Decides for each newline of `text` whether it ends a statement.
pub fn lay_out(source: SourceId, text: &str) -> Layout {
    let mut scan = Scan {
        source,
        text,
        out: text.as_bytes().to_vec(),
        at: 0,
        open: Vec::new(),
        generic: 0,
        last: Last::Start,
        comments: Vec::new(),
        unterminated: Vec::new(),
        depth: 0,
        too_deep: None,
        next: 0,
    };
    scan.run();
    // Only ASCII bytes were written, over whole characters, so this does not fail; a failure would only lose the layout.
    let text = String::from_utf8(scan.out).unwrap_or_else(|_| text.to_owned());
    Layout {
        text,
        comments: scan.comments,
        unterminated: scan.unterminated,
        depth: scan.depth,
        too_deep: scan.too_deep,
    }
}

/// What stands before the place being read, blanks and comments aside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Start,
    Open,
    Comma,
    Operator,
    Other,
}

struct Scan<'a> {
    source: SourceId,
    text: &'a str,
    out: Vec<u8>,
    at: usize,
    open: Vec<u8>,
    generic: usize,
    last: Last,
    comments: Vec<Comment>,
    unterminated: Vec<Span>,
    depth: usize,
    too_deep: Option<Span>,
    /// Where the next line that holds something starts, if that is known.
    next: usize,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at).copied() {
            match byte {
                b' ' => self.at += 1,
                b'\t' | b'\r' => self.blank(),
                b'\n' => self.newline(),
                b'#' => self.comment(),
                b'"' => self.string(),
                b'`' => self.raw(),
                b'(' | b'[' | b'{' => {
                    if self.open.len() >= MAX_DEPTH {
                        return self.stop_here();
                    }
                    self.open.push(byte);
                    self.depth = self.depth.max(self.open.len());
                    self.step(if byte == b'{' { Last::Open } else { Last::Comma });
                }
                b')' | b']' | b'}' => self.close(byte),
                b',' => self.step(Last::Comma),
                b'<' | b'>' | b'=' | b'+' | b'-' | b'*' | b'/' | b':' => self.operator(byte),
                _ if byte.is_ascii_alphanumeric() || byte == b'_' => self.word(),
                _ => self.step(Last::Other),
            }
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    fn blank(&mut self) {
        self.out[self.at] = b' ';
        self.at += 1;
    }

    fn step(&mut self, last: Last) {
        self.at += 1;
        self.last = last;
    }

    /// Cuts the text off at the bracket that nests too deep: nothing after it is read.
    fn stop_here(&mut self) {
        self.too_deep = Some(self.span(self.at, self.at + 1));
        self.out.truncate(self.at);
        self.at = self.text.len();
    }

    fn newline(&mut self) {
        self.generic = 0;
        let next = self.next_word();
        if DECLARING.contains(&next) && self.declares(next) {
            self.open.retain(|bracket| *bracket == b'{');
        }
        let inside = matches!(self.open.last(), Some(b'(' | b'['));
        // No statement starts with a brace, so one on a line of its own belongs to the statement before it.
        let opens = next.is_empty() && self.next_text().starts_with('{');
        let goes_on = inside || self.last != Last::Other || self.continues(next) || opens;
        if let Some(byte) = self.out.get_mut(self.at) {
            *byte = if goes_on { b' ' } else { b';' };
        }
        if !goes_on {
            self.last = Last::Start;
        }
        self.at += 1;
    }

    /// The word with which the next line that holds something starts; empty if it starts otherwise.
    fn next_word(&mut self) -> &'a str {
        let rest = self.next_text();
        let in_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let end = rest.bytes().position(|byte| !in_word(byte)).unwrap_or(rest.len());
        &rest[..end]
    }

    /// What stands in the next line that holds something, from its first character on. Kept, so that a run of comments is
    /// passed over once, not once for each of its lines.
    fn next_text(&mut self) -> &'a str {
        if self.next < self.at {
            let mut rest = &self.text[self.at..];
            loop {
                rest = rest.trim_start();
                match rest.strip_prefix('#') {
                    Some(comment) => rest = comment.find('\n').map_or("", |end| &comment[end..]),
                    None => break,
                }
            }
            self.next = self.text.len() - rest.len();
        }
        &self.text[self.next..]
    }

    /// Whether the word that starts the next line goes on the statement. `holding(…)` uses a scenario of that name.
    fn continues(&mut self, next: &str) -> bool {
        let used = || matches!(next, "else" | "holding" | "because");
        CONTINUING.contains(&next) && !(used() && self.next_text()[next.len()..].starts_with('('))
    }

    /// Whether the coming line really declares something: in column one, with a name or a path after the word.
    fn declares(&self, word: &str) -> bool {
        let line = &self.text[self.at + 1..];
        let here = line.strip_prefix(word).and_then(|rest| rest.strip_prefix(' ')).map(str::trim_start);
        here.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '"' || c == '_'))
    }

    fn comment(&mut self) {
        let end = self.line_end();
        let doc = self.text[self.at..].starts_with("##");
        self.comments.push(Comment { span: self.span(self.at, end), doc });
        self.out[self.at..end].fill(b' ');
        self.at = end;
    }

    fn line_end(&self) -> usize {
        self.text[self.at..].find('\n').map_or(self.text.len(), |end| self.at + end)
    }

    fn string(&mut self) {
        let line = &self.text.as_bytes()[self.at + 1..self.line_end()];
        let mut escaped = false;
        for (offset, byte) in line.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => return self.skip_to(self.at + offset + 2),
                _ => {}
            }
        }
        self.give_up_quote();
    }

    fn raw(&mut self) {
        let rest = &self.text[self.at..];
        let (fence, within) =
            if rest.starts_with("```") { ("```", rest.len()) } else { ("`", self.line_end() - self.at) };
        match rest[fence.len()..within.max(fence.len())].find(fence) {
            Some(end) => self.skip_to(self.at + end + 2 * fence.len()),
            None => self.give_up_quote(),
        }
    }

    fn skip_to(&mut self, end: usize) {
        self.at = end;
        self.last = Last::Other;
    }

    /// An unclosed quote takes its line; blanked, so that the grammar reports nothing more about it.
    fn give_up_quote(&mut self) {
        let end = self.line_end();
        self.unterminated.push(self.span(self.at, end));
        self.out[self.at..end].fill(b' ');
        if end >= self.at + 2 {
            self.out[self.at..self.at + 2].copy_from_slice(b"\"\"");
        }
        self.skip_to(end);
    }

    fn close(&mut self, byte: u8) {
        let opener = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        if let Some(depth) = self.open.iter().rposition(|open| *open == opener) {
            let crosses_block = opener != b'{' && self.open[depth..].contains(&b'{');
            if !crosses_block {
                self.open.truncate(depth);
            }
        }
        self.step(Last::Other);
    }

    fn operator(&mut self, byte: u8) {
        if byte == b'*' && self.text[..self.at].ends_with('.') {
            return self.step(Last::Other); // `http.*`: all of a module
        }
        let closes_type = byte == b'>' && self.generic > 0;
        if closes_type {
            self.generic -= 1;
        }
        self.step(if closes_type { Last::Other } else { Last::Operator });
    }

    fn word(&mut self) {
        let (start, rest) = (self.at, &self.text[self.at..]);
        let in_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'%');
        let end = rest.bytes().position(|byte| !in_word(byte)).unwrap_or(rest.len());
        let word = &rest[..end];
        let behind = rest[end..].trim_start_matches([' ', '\t']);
        self.at += end;
        // A type stands behind a colon, or in another one.
        if GENERIC.contains(&word) && behind.starts_with('<') && self.text[..start].trim_end().ends_with([':', '<']) {
            self.generic += 1;
            self.at = self.text.len() - behind.len() + 1;
        }
        self.last = if OPERATOR_WORDS.contains(&word) { Last::Operator } else { Last::Other };
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::lay_out;
    use crate::base::SourceId;

    fn laid(text: &str) -> String {
        let layout = lay_out(SourceId(0), text);
        assert_eq!(layout.text.len(), text.len());
        layout.text
    }

    #[test]
    fn a_newline_ends_a_statement() {
        assert_eq!(laid("a\nb\n"), "a;b;");
    }

    #[test]
    fn it_goes_on_in_brackets_after_commas_and_operators() {
        assert_eq!(laid("f(a,\n b\n)\nx"), "f(a,  b );x");
        assert_eq!(laid("calls a,\n b"), "calls a,  b");
        assert_eq!(laid("a and\nb"), "a and b");
        assert_eq!(laid("a >=\nb"), "a >= b");
        assert_eq!(laid("90% of\nbaseline"), "90% of baseline");
    }

    #[test]
    fn it_goes_on_before_continuing_words() {
        assert_eq!(laid("x\n  within 3s\ny"), "x   within 3s;y");
        assert_eq!(laid("x\n# why\n for 3s"), "x        for 3s");
    }

    #[test]
    fn a_brace_on_a_line_of_its_own_opens_the_block_of_the_line_before() {
        assert_eq!(laid("run\n{\na\n}\nb"), "run { a;};b");
        assert_eq!(laid("x {\n\n}\n# c\n{"), "x {  }     {");
    }

    #[test]
    fn the_bracket_that_closes_a_type_is_no_operator() {
        assert_eq!(laid("m: distribution<duration>\nslo"), "m: distribution<duration>;slo");
        assert_eq!(laid("m: list<signal<ratio>>\nslo"), "m: list<signal<ratio>>;slo");
        assert_eq!(laid("a >\nb"), "a > b");
    }

    #[test]
    fn comments_are_blank_and_kept_aside() {
        let layout = lay_out(SourceId(0), "a # é\n## doc\nb");
        assert_eq!(layout.text, "a     ;       b");
        assert_eq!(layout.comments.len(), 2);
        assert!(layout.comments.last().unwrap().doc);
    }

    #[test]
    fn quotes_hide_everything() {
        assert_eq!(laid("a \"# { \\\" \"\nb"), "a \"# { \\\" \";b");
        assert_eq!(laid("a ```x\ny```\nb"), "a ```x\ny```;b");
        assert_eq!(laid("a `x{y`\nb"), "a `x{y`;b");
    }

    #[test]
    fn an_open_quote_ends_with_its_line() {
        let layout = lay_out(SourceId(0), "id \"abc\nb");
        assert_eq!(layout.unterminated.len(), 1);
        assert_eq!(layout.text, "id \"\"  ;b");
    }

    #[test]
    fn a_declaration_ends_open_parentheses() {
        assert_eq!(laid("f(a\nsystem s {\nx\ny }"), "f(a;system s { x;y }");
    }

    #[test]
    fn nesting_is_bounded() {
        let layout = lay_out(SourceId(0), &"{".repeat(10_000));
        assert!(layout.too_deep.is_some());
    }
}
