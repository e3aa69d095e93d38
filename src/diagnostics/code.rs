//! A code: a stable name for one kind of finding, with a page that explains it.

use std::fmt;

/// A stable name with its page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// For example `E0203`.
    pub name: &'static str,
    /// The page, in Markdown. Its first line is `# E0203: title`.
    pub page: &'static str,
}

impl Code {
    /// The page's title, without the code.
    pub fn title(&self) -> &'static str {
        let first = self.page.lines().next().unwrap_or("");
        first.split_once(": ").map_or(first, |(_, title)| title)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
