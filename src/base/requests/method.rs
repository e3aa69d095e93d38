//! Methods of HTTP.

use super::{Misread, is_token, misread};

/// Those that are known: in another case they are other methods, which nobody means.
const KNOWN: &[&str] = &["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// A method, such as `GET` or `PROPFIND`.
///
/// # Errors
/// What is wrong with it.
pub fn method(text: &str) -> Result<(), Misread> {
    let usual = text.to_ascii_uppercase();
    if text.is_empty() || !text.bytes().all(is_token) {
        return Err(misread(format!("`{text}` is no method of HTTP"), "write it like `GET`"));
    }
    if usual != text && KNOWN.contains(&usual.as_str()) {
        let headline = format!("`{text}` is another method than `{usual}`");
        return Err(misread(headline, "methods are case-sensitive: write it in upper case"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::method;

    #[test]
    fn methods_are_tokens_in_their_own_case() {
        for good in ["GET", "PROPFIND", "M-SEARCH", "purge"] {
            assert_eq!(method(good), Ok(()), "{good}");
        }
        for wrong in ["", "get", "Post", "GET POST", "GET,POST", "GÉT", "GET/"] {
            assert!(method(wrong).is_err(), "{wrong}");
        }
    }
}
