//! Faults that take only some of the requests, however large their share is.

use super::graph::{Injection, PlannedArgument};
use crate::base::requests::ALL;
use crate::types::model::Argument;
use crate::types::term::Term;

impl Injection {
    /// Whether it takes only requests with a mark, a method, a path or a header field. How many these are, nobody knows
    /// before: all of them at most.
    pub fn picks(&self) -> bool {
        self.is_of_http()
            && self.arguments.iter().any(|(name, argument)| takes_all(name, &argument.value) == Some(false))
    }

    /// The arguments that say something: not those by which a fault of HTTP takes every request, or adds no header field.
    pub fn telling(&self) -> impl Iterator<Item = (&String, &PlannedArgument)> {
        let all = |name: &str, value: &Argument| takes_all(name, value) == Some(true) || adds_nothing(name, value);
        let tells = move |it: &(&String, &PlannedArgument)| !(self.is_of_http() && all(it.0, &it.1.value));
        self.arguments.iter().filter(tells)
    }

    fn is_of_http(&self) -> bool {
        self.component == "http" && self.file.is_none()
    }
}

/// Whether an argument leaves every request in; of one that is not about that, nothing.
fn takes_all(name: &str, value: &Argument) -> Option<bool> {
    let is = |value: &Argument, all: &str| matches!(value, Argument::Text(it) | Argument::Word(it) if it == all);
    match (name, value) {
        ("path", path) => Some(is(path, ALL)),
        ("among", among) => Some(is(among, "all")),
        ("methods", Argument::List(all)) => Some(all.iter().all(|it| is(it, ALL))),
        ("headers", Argument::List(all)) => Some(all.is_empty()),
        _ => None,
    }
}

fn adds_nothing(name: &str, value: &Argument) -> bool {
    name == "retry_after" && *value == Argument::Term(Term::Constant(0.0))
}
