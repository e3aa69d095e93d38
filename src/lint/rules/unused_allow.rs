//! `unused-allow`: an `@allow(…)` that answers nothing. What it is found by is in `allows.rs`, for it can only be known when
//! all other rules have been asked.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject};
use crate::syntax::tree::Name;

/// The rule.
pub const RULE: Rule = Rule { code: lints::UNUSED_ALLOW, level: Level::Warn, needs: Needs::Surroundings, check };

fn check(_: &Subject) -> Vec<Diagnostic> {
    Vec::new()
}

/// A name in an `@allow(…)` that answered no finding.
pub fn finding(name: &Name) -> Diagnostic {
    Diagnostic::warning(lints::UNUSED_ALLOW, format!("`{}` finds nothing here that this could allow", name.text))
        .at(name.span, "")
        .help("remove it")
}
