//! Texts inside drawings: one line, of a bearable length, and without a character that the drawing's language reads.

/// Characters of a line, at most.
const LONGEST: usize = 160;

/// A line that is not too long, without what cannot be seen.
fn line(text: &str) -> String {
    let mut plain: String = text.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect();
    if let Some((at, _)) = plain.char_indices().nth(LONGEST) {
        plain.truncate(at);
        plain.push('…');
    }
    plain
}

/// For a quoted text of Mermaid, which reads `#name;` as one character, and HTML.
pub fn mermaid(text: &str) -> String {
    let mut out = String::new();
    for c in line(text).chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '#' | '`' | '\\' | ';' | '*' => out.push_str(&format!("#{};", u32::from(c))),
            other => out.push(other),
        }
    }
    out
}

/// For a quoted text of DOT, in which `\` begins an escape.
pub fn dot(text: &str) -> String {
    line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::{dot, mermaid};

    #[test]
    fn nothing_leaves_its_quotes() {
        assert_eq!(dot("a \"b\" \\ \n c"), "a \\\"b\\\" \\\\   c");
        assert_eq!(mermaid("x < \"1\" & `y` #1;"), "x #lt; #quot;1#quot; #amp; #96;y#96; #35;1#59;");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(dot(&"é".repeat(500)).chars().count(), 161);
    }
}
