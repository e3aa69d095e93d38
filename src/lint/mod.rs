//! Rank 8: rules about what is legal, but better not written.
//!
//! A rule looks at one checked file: at its tree, at what it means, at the plans of its experiments. What depends on other
//! files is gathered from all that are checked together. One file a rule, in `rules`; their names and pages are in
//! [`crate::diagnostics::lints`]. Where something is wrong, rules are silent: one cause, one finding.

mod allows;
mod gathered;
mod level;
mod removal;
mod rule;
pub mod rules;
mod study;
mod subject;
pub mod walk;

pub use gathered::Gathered;
pub use level::{EVERY_RULE, Level, Levels, WARNINGS, unknown_rule};
pub use rule::{Needs, Rule};
pub use study::Study;
pub use subject::Subject;

use crate::analysis::Analysis;
use crate::diagnostics::{Diagnostic, tidy};
use allows::Allowed;
use subject::Broken;

/// What the rules find in one file, by place; not what it uses. `gathered` comes from all files that are checked together,
/// `environment` is the one that was asked for.
pub fn lint(analysis: &Analysis, environment: Option<&str>, gathered: &Gathered, levels: &Levels) -> Vec<Diagnostic> {
    let broken = Broken::of(analysis);
    let Some(subject) = Subject::new(analysis, environment, gathered, &broken) else { return Vec::new() };
    let mut allowed = Allowed::new(&subject.file.allows);
    let mut findings = Vec::new();
    // Every rule is asked, whatever its level: what an `@allow(…)` is good for does not depend on who runs the rules.
    for rule in rules::ALL {
        let kept = (rule.check)(&subject).into_iter().filter(|finding| !allowed.covers(finding));
        findings.extend(at_level(rule, levels, kept.collect()));
    }
    let idle = allowed.idle(&subject).into_iter().filter(|finding| !allowed.covers(finding));
    findings.extend(at_level(&rules::unused_allow::RULE, levels, idle.collect()));
    tidy(&mut findings);
    findings
}

fn at_level(rule: &Rule, levels: &Levels, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let Some(severity) = levels.of(rule.code.name, rule.level).severity() else { return Vec::new() };
    findings.into_iter().map(|finding| Diagnostic { severity, ..finding }).collect()
}
