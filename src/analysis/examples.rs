//! Tests as examples of what policies let through: an experiment in an environment, and whether it should be refused.

use super::{Analysis, errors, is_of_policy, whole_ranges};
use crate::base::Span;
use crate::diagnostics::{Diagnostic, Severity};
use crate::names::{DeclarationId, ModuleId};
use crate::policy::Judgement;
use crate::types::model::Test;
use crate::types::trial::{Cause, ExpectedVerdict};
use std::collections::BTreeSet;

/// A test, judged by policies alone.
#[derive(Debug)]
pub struct Example {
    /// The test's name.
    pub name: String,
    /// What is wrong; nothing where it came out as expected.
    pub wrong: Vec<Diagnostic>,
    /// The rules that guard it, each with its policy and words.
    pub rules: BTreeSet<(Span, String)>,
    /// Where the rules stand that refuse it, as was expected.
    pub refusing: BTreeSet<Span>,
}

impl Example {
    /// Whether it came out otherwise than expected.
    pub fn failed(&self) -> bool {
        !self.wrong.is_empty()
    }
}

impl Analysis {
    /// The file's tests that name an environment and a verdict, each judged by the policies that guard its experiment
    /// there. Every value of the parameters counts. What only the moment of a run can answer is taken as answered well,
    /// unless the test expects a refusal because of it.
    pub fn examples(&self) -> Vec<Example> {
        let own = self.checked.tests.iter().filter(|(id, _)| id.module == ModuleId(0));
        own.filter_map(|(_, (test, experiment))| self.example(test, *experiment)).collect()
    }

    pub(super) fn example(&self, test: &Test, id: DeclarationId) -> Option<Example> {
        let (environment, verdict) = (test.environment.as_ref()?, test.verdict()?);
        let (experiment, _) = self.checked.experiments.get(&id)?;
        let blank =
            |wrong| Example { name: test.name.clone(), wrong, rules: BTreeSet::new(), refusing: BTreeSet::new() };
        let place = match self.environment(id, environment) {
            Ok(place) => place,
            Err(finding) => return Some(blank(vec![finding.at(test.span, "named here")])),
        };
        let (planned, findings) = self.plan_with(id, place, &whole_ranges(experiment));
        let wrong: Vec<Diagnostic> = findings.into_iter().filter(|it| !is_of_policy(it) && is_error(it)).collect();
        let Some(planned) = planned.filter(|_| wrong.is_empty()) else { return Some(blank(wrong)) };
        let about = format!("`{}` in `{environment}`", experiment.name);
        let judgement = &planned.judgement;
        let (wrong, refusing) = match test.expects_refusal() {
            true => refused(verdict, &about, judgement),
            false => (let_through(verdict, &about, judgement), BTreeSet::new()),
        };
        let policies = self.policies(place.module);
        let rules = policies.flat_map(|policy| policy.rules.iter().map(move |rule| (rule, policy)));
        let rules = rules.map(|(rule, policy)| (rule.span, format!("{}: {}", policy.name, rule.text))).collect();
        Some(Example { rules, refusing, ..blank(wrong) })
    }
}

/// The text that the reason of a refusal must hold. What a run came to is for `chaos test` to tell.
fn because(verdict: &ExpectedVerdict) -> Option<&str> {
    match &verdict.because {
        Some(Cause::Text(text)) => Some(text),
        _ => None,
    }
}

fn is_error(finding: &Diagnostic) -> bool {
    finding.severity == Severity::Error
}

/// What is wrong with a run that should be let through.
fn let_through(verdict: &ExpectedVerdict, about: &str, judgement: &Judgement) -> Vec<Diagnostic> {
    if judgement.broken.is_empty() {
        return Vec::new();
    }
    let broken = judgement.broken.iter().map(|broken| broken.finding.clone());
    std::iter::once(errors::not_let_through(verdict, about)).chain(broken).collect()
}

/// What is wrong with a run that should be refused, and where the rules stand that refuse it.
fn refused(verdict: &ExpectedVerdict, about: &str, judgement: &Judgement) -> (Vec<Diagnostic>, BTreeSet<Span>) {
    let told = |policy: &str, rule: &str, reason: &Option<String>| {
        format!("{policy}: {rule} because {}", reason.as_deref().unwrap_or_default())
    };
    let broken = judgement.broken.iter();
    let mut all: Vec<(Span, String)> =
        broken.map(|it| (it.span, told(&it.policy, &it.rule, &it.reason) + &it.finding.headline)).collect();
    if because(verdict).is_some() {
        all.extend(judgement.asks.iter().map(|ask| (ask.span, told(&ask.policy, &ask.rule, &ask.reason))));
    }
    let fits = |text: &str| because(verdict).is_none_or(|because| text.contains(because));
    let refusing: BTreeSet<Span> = all.iter().filter(|(_, text)| fits(text)).map(|(span, _)| *span).collect();
    if !refusing.is_empty() {
        return (Vec::new(), refusing);
    }
    let others = judgement.broken.iter().map(|broken| broken.finding.headline.as_str());
    (vec![errors::not_refused(verdict, about, others)], refusing)
}
