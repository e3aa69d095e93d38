//! `unlimited-environment`: production without upper limits of its own.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject};
use crate::syntax::tree::Environment;

/// The rule.
pub const RULE: Rule = Rule { code: lints::UNLIMITED_ENVIRONMENT, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.environments().filter_map(finding).collect()
}

fn finding(environment: &Environment) -> Option<Diagnostic> {
    let tier = environment.tier.as_ref().filter(|tier| tier.text == "production")?;
    let said = |words: &[&str]| {
        let mut bounds = environment.limits.iter().flat_map(|limits| &limits.bounds);
        bounds.any(|(word, _)| words.contains(&word.text.as_str()))
    };
    let (missing, help) = match (said(&["traffic", "requests"]), said(&["exposure"])) {
        (true, true) => return None,
        (false, true) => ("the share of traffic", "traffic <= 5%"),
        (true, false) => ("the time under fault", "exposure <= 10m"),
        (false, false) => ("the share of traffic, nor the time under fault", "traffic <= 5%; exposure <= 10m"),
    };
    let headline = format!("`{}` does not limit {missing}", environment.name.text);
    let at = environment.limits.as_ref().map_or(environment.name.span, |limits| limits.span);
    let finding = Diagnostic::warning(lints::UNLIMITED_ENVIRONMENT, headline)
        .at(at, "")
        .at(tier.span, "this is production")
        .help(format!("add `limit {{ {help} }}`: no experiment may then do more here"));
    Some(finding)
}
