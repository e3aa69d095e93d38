//! What a rule is.

use super::{Level, Subject};
use crate::diagnostics::{Code, Diagnostic};

/// A rule: its name and page, its level, and how it looks for what it says.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name and page.
    pub code: Code,
    /// Its level unless somebody says another.
    pub level: Level,
    /// What its findings depend on.
    pub needs: Needs,
    /// What it finds in a file. The severity of its findings is set by its level.
    pub check: fn(&Subject) -> Vec<Diagnostic>,
}

/// What a rule's findings depend on, beside the file itself and what it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the same file always gives the same findings.
    File,
    /// The environment, or the other files that are checked with it. So nobody can say of an `@allow(…)` of it that it
    /// is never needed.
    Surroundings,
}
