//! The texts that probes take, read: a path into JSON, a pattern, an address, a command.

use super::address::{Address, Url};
use serde_json_path::JsonPath;

/// What is wrong with a text, and how it is written instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// What is wrong.
    pub headline: String,
    /// How it is written.
    pub help: &'static str,
}

/// Reads the text that stands for a parameter of a component's action; a parameter of another name takes any text.
///
/// # Errors
/// What is wrong with it.
pub fn read((component, action): (&str, &str), parameter: &str, text: &str) -> Result<(), Misread> {
    let misread = |headline: String, help: &'static str| Misread { headline, help };
    match (component, parameter) {
        ("http", "url") => {
            url(text).map(drop).map_err(|it| misread(it, "write it like `http://127.0.0.1:7300/health`"))
        }
        ("http", "path") => path(text).map(drop).map_err(|it| misread(it, "write it like `$.queue.length` (RFC 9535)")),
        ("http" | "command", "pattern") => {
            let regex = pattern(text).map_err(|it| misread(it, "mend the expression"))?;
            match action == "find" && regex.captures_len() < 2 {
                true => {
                    let help = "put what is to be found in parentheses: `queue: ([0-9.]+)`";
                    Err(misread(format!("`{text}` has no group, whose number is what is found"), help))
                }
                false => Ok(()),
            }
        }
        ("tcp", "address") => address(text).map(drop).map_err(|it| misread(it, "write it like `127.0.0.1:6379`")),
        ("command", "program") => {
            let help = "write a program and its arguments; it is started without a shell";
            command(text).map(drop).map_err(|it| misread(it, help))
        }
        _ => Ok(()),
    }
}

/// A URL of HTTP.
///
/// # Errors
/// What is wrong with it.
pub fn url(text: &str) -> Result<Url, String> {
    Url::parse(text)
}

/// A path into JSON, as RFC 9535 has it.
///
/// # Errors
/// What is wrong with it.
pub fn path(text: &str) -> Result<JsonPath, String> {
    JsonPath::parse(text).map_err(|error| format!("`{text}` is no JSONPath: {error}"))
}

/// A regular expression, found anywhere in a text.
///
/// # Errors
/// What is wrong with it.
pub fn pattern(text: &str) -> Result<regex::Regex, String> {
    let last_line = |error: regex::Error| error.to_string().lines().last().unwrap_or("").trim().to_owned();
    let read = regex::Regex::new(text).map_err(last_line);
    read.map_err(|error| format!("`{text}` is not a regular expression: {error}"))
}

/// A host and port.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<Address, String> {
    Address::parse(text)
}

/// A program and its arguments.
///
/// # Errors
/// What is wrong with it.
pub fn command(text: &str) -> Result<Vec<String>, String> {
    match shell_words::split(text) {
        Ok(words) if !words.is_empty() => Ok(words),
        _ => Err("this command cannot be read".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn texts_are_read_by_what_they_are_for() {
        for (component, action, parameter, good, wrong) in [
            ("http", "status", "url", "https://a/health?deep=1", "a/health"),
            ("http", "number", "path", "$.items[?@.ready == true].age", "items.ready["),
            ("http", "says", "pattern", "queue: [0-9]+", "queue: ("),
            ("http", "find", "pattern", "queue: ([0-9]+)", "queue: (?:[0-9]+)"),
            ("command", "find", "pattern", "(?P<lag>[0-9]+) s", "[0-9]+ s"),
            ("tcp", "connect", "address", "127.0.0.1:6379", "127.0.0.1"),
            ("command", "exit", "program", "redis-cli 'a b'", "redis-cli 'a b"),
        ] {
            assert_eq!(read((component, action), parameter, good), Ok(()), "{good}");
            assert!(read((component, action), parameter, wrong).is_err(), "{wrong}");
        }
        assert_eq!(read(("http", "find"), "note", "("), Ok(()));
    }
}
