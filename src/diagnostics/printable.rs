//! Texts of others on a terminal: what would steer it is taken out.

use std::borrow::Cow;

/// The text without control characters, line ends and tabs aside; as many bytes as before, so that places stay.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let stand_in = |letter: char| match letter.len_utf8() {
        _ if !steers(letter) => letter,
        1 => '?',
        _ => '·',
    };
    Cow::Owned(text.chars().map(stand_in).collect())
}

fn steers(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn nothing_steers_the_terminal_and_places_stay() {
        let text = "a\u{1b}[31m\u{9b}2J\u{7f}é\n";
        assert_eq!(printable(text), "a?[31m·2J?é\n");
        assert_eq!(printable(text).len(), text.len());
    }
}
