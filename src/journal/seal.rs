//! Texts carry a checksum: a store that lost a bit must not take back something else, and call it done.

use sha2::{Digest, Sha256};
use std::fmt::Display;

/// What stands between a text, which is one line, and its checksum.
const MARK: char = '\n';

/// A text with its checksum; `of` is what it belongs to.
pub fn seal(of: impl Display, text: &str) -> String {
    format!("{text}{MARK}{}", sum(of, text))
}

/// What was sealed, if it is as it was written. A text without a checksum is taken as it is.
pub fn unseal(of: impl Display, sealed: &str) -> Option<String> {
    let Some((text, kept)) = sealed.split_once(MARK) else { return Some(sealed.to_owned()) };
    (sum(of, text) == kept).then(|| text.to_owned())
}

/// It covers what the text belongs to, too.
fn sum(of: impl Display, text: &str) -> String {
    let whole = Sha256::digest(format!("{of}{MARK}{text}"));
    whole.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{seal, unseal};

    #[test]
    fn a_text_that_changed_is_not_given_out() {
        let sealed = seal(7, "{\"kind\":\"fault\"}");
        assert_eq!(unseal(7, &sealed).as_deref(), Some("{\"kind\":\"fault\"}"));
        assert_eq!(unseal(8, &sealed), None);
        assert_eq!(unseal(7, &sealed.replace("fault", "fauls")), None);
        assert_eq!(unseal(7, "{}").as_deref(), Some("{}"));
    }
}
