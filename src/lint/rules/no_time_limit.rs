//! `no-time-limit`: an experiment that does not bound how long it takes.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject};
use crate::syntax::tree::Experiment;
use crate::types::term::LimitName;

/// The rule.
pub const RULE: Rule = Rule { code: lints::NO_TIME_LIMIT, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.experiments().filter_map(finding).collect()
}

fn finding(experiment: &Experiment) -> Option<Diagnostic> {
    let said = |limit: LimitName| {
        let mut bounds = experiment.limits.iter().flat_map(|limits| &limits.bounds);
        bounds.any(|(word, _)| word.text == limit.word())
    };
    let (headline, missing) = match (said(LimitName::Exposure), said(LimitName::Timeout)) {
        (true, true) => return None,
        (false, true) => ("the time under fault has no limit", "exposure <= 2m"),
        (true, false) => ("the length of the run has no limit", "timeout <= 10m"),
        (false, false) => ("neither the time under fault nor the run has a limit", "exposure <= 2m; timeout <= 10m"),
    };
    let at = experiment.limits.as_ref().map_or(experiment.name.span, |limits| limits.span);
    let finding = Diagnostic::warning(lints::NO_TIME_LIMIT, headline).at(at, "");
    Some(finding.help(format!("add it to `limit {{ … }}`: `{missing}`; `chaos plan` shows what the steps come to")))
}
