//! The secret that a caller of the admin API shows.

use std::fmt;
use std::hint::black_box;
use std::str::FromStr;

/// The bearer token of the admin API. It never shows itself: `Debug` prints a placeholder.
#[derive(Clone)]
pub struct Token(String);

/// Why a text is no token: it's empty, or has characters that an `Authorization` header cannot carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenError;

impl Token {
    /// Whether `offered` is this token. How long that takes tells nothing of where the two differ.
    pub fn matches(&self, offered: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differences = own.iter().enumerate().fold(own.len() ^ offered.len(), |sum, (index, byte)| {
            black_box(sum | usize::from(byte ^ offered.get(index).copied().unwrap_or_default()))
        });
        differences == 0
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let sound = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        sound.then(|| Self(text.to_owned())).ok_or(TokenError)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token is one or more visible ASCII characters, without spaces")
    }
}

impl std::error::Error for TokenError {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_token_matches() {
        let token: Token = "s3cret".parse().unwrap();
        assert!(token.matches(b"s3cret"));
        for other in ["", "s3cre", "s3cret2", "S3cret", "s3cres"] {
            assert!(!token.matches(other.as_bytes()), "{other}");
        }
        assert!(!token.matches(&[0; 6]));
    }

    #[test]
    fn debug_keeps_the_secret() {
        assert_eq!(format!("{:?}", "s3cret".parse::<Token>().unwrap()), "Token(…)");
    }

    #[test]
    fn what_a_header_cannot_carry_is_no_token() {
        for text in ["", "a b", "a\n", "ä"] {
            assert!(text.parse::<Token>().is_err(), "{text:?}");
        }
    }
}
