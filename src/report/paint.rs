//! The few colours in use. The stream that prints them strips them where there is no terminal.

use std::fmt;

/// A text in a colour.
#[derive(Clone, Copy, Debug)]
pub struct Paint<T> {
    text: T,
    code: &'static str,
}

impl<T: fmt::Display> Paint<T> {
    /// Good news.
    pub fn green(text: T) -> Self {
        Self { text, code: "32" }
    }

    /// Bad news.
    pub fn red(text: T) -> Self {
        Self { text, code: "31" }
    }

    /// Worth a look.
    pub fn yellow(text: T) -> Self {
        Self { text, code: "33" }
    }

    /// In the background.
    pub fn dim(text: T) -> Self {
        Self { text, code: "2" }
    }

    /// In the foreground.
    pub fn bold(text: T) -> Self {
        Self { text, code: "1" }
    }
}

impl<T: fmt::Display> fmt::Display for Paint<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\u{1b}[{}m{}\u{1b}[0m", self.code, self.text)
    }
}
