//! Faults that take only some of the requests, however large their share is.

use super::graph::Injection;
use crate::base::requests::ALL;
use crate::types::model::Argument;

impl Injection {
    /// Whether it takes only requests with a mark, a method, a path or a header field. How many these are, nobody knows
    /// before: all of them at most.
    pub fn picks(&self) -> bool {
        if self.component != "http" || self.file.is_some() {
            return false;
        }
        let is = |value: &Argument, all: &str| matches!(value, Argument::Text(it) | Argument::Word(it) if it == all);
        self.arguments.iter().any(|(name, argument)| match (name.as_str(), &argument.value) {
            ("path", path) => !is(path, ALL),
            ("among", among) => !is(among, "all"),
            ("methods", Argument::List(all)) => !all.iter().all(|it| is(it, ALL)),
            ("headers", Argument::List(all)) => !all.is_empty(),
            _ => false,
        })
    }
}
