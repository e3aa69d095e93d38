//! A broken rule, and what is lacking before a run: E06.

use super::facts::Facts;
use super::{About, Ask};
use crate::base::Span;
use crate::diagnostics::{Code, Diagnostic, codes};
use crate::types::model::Policy;
use crate::types::policy::{Judged, Rule};

/// A rule with what breaks it.
pub struct Breach<'a> {
    pub policy: &'a Policy,
    pub rule: &'a Rule,
    pub condition: &'a Judged,
    /// Whether the condition should hold.
    pub wanted: bool,
    pub about: About<'a>,
    pub facts: &'a Facts<'a>,
}

impl Breach<'_> {
    /// What is known of these facts, each once, as one sentence.
    fn told(&self, names: &[&str]) -> String {
        let mut all: Vec<String> = Vec::new();
        for name in names {
            let told = self.facts.told(name, self.about);
            if !all.contains(&told) {
                all.push(told);
            }
        }
        all.join(" and ")
    }

    /// The facts that break the rule.
    fn culprits(&self) -> Vec<&str> {
        self.condition.culprits(self.wanted, &|name| self.facts.of(name, self.about))
    }

    /// Where these facts stand, those of a fault and of a limit first; each place once.
    fn places(&self, names: &[&str]) -> Vec<(Span, String)> {
        let mut places: Vec<(Span, String)> = Vec::new();
        let weight = |name: &&str| (!name.starts_with("fault."), !name.starts_with("limit."));
        let mut names = names.to_vec();
        names.sort_by_key(weight);
        for (span, text) in names.into_iter().map(|name| self.facts.place(name, self.about)) {
            match places.iter_mut().find(|(known, _)| *known == span) {
                Some((_, known)) if known.contains(&text) => {}
                Some((_, known)) => *known = format!("{known}; {text}"),
                None => places.push((span, text)),
            }
        }
        places
    }
}

/// What is found where a rule is broken.
pub fn broken(breach: &Breach) -> Diagnostic {
    let Breach { policy, rule, wanted, .. } = breach;
    let culprits = breach.culprits();
    let (code, verb, but) = if *wanted { (codes::E0601, "requires", "but") } else { (codes::E0602, "denies", "and") };
    let told = breach.told(&culprits);
    let headline = format!("the policy `{}` {verb} `{}`, {but} {told}", policy.name, rule.words);
    let mut finding = Diagnostic::error(code, headline);
    for (span, text) in breach.places(&culprits) {
        finding = finding.at(span, text);
    }
    if let Some((step, injection)) = breach.about {
        let text = format!("`{}` injects `{}`", step.name, injection.fault);
        let known = finding.labels.iter().any(|label| label.span == step.span);
        finding = if known { finding } else { finding.at(step.span, text) };
    }
    let finding = finding.at(rule.span, if *wanted { "required here" } else { "denied here" });
    let finding = because(finding, rule.reason.as_deref());
    counting(breach).into_iter().fold(finding, Diagnostic::note)
}

/// Why the rule counts, where that depends on a condition.
fn counting(breach: &Breach) -> Vec<String> {
    let one = |what: &str, condition: &Judged| {
        let facts = |name: &str| breach.facts.of(name, breach.about);
        let surely = condition.holds(&facts) == Some(true);
        let verb = if surely { "holds" } else { "can hold" };
        format!("{what} {verb}: {}", breach.told(&condition.facts()))
    };
    let own = breach.rule.condition.iter().filter(|it| it.reads()).map(|it| one("its `if`", it));
    let whole = breach.policy.applies.iter().filter(|it| it.reads()).map(|it| one("the policy's `when`", it));
    own.chain(whole).collect()
}

fn because(finding: Diagnostic, reason: Option<&str>) -> Diagnostic {
    match reason {
        Some(reason) => finding.note(format!("because {reason}")),
        None => finding,
    }
}

/// What is lacking before a run, with the rule that asks for it.
pub fn lacking(code: Code, what: &str, ask: &Ask, help: &str) -> Diagnostic {
    let headline = format!("the policy `{}` forbids this run: {what}", ask.policy);
    let finding = Diagnostic::error(code, headline).at(ask.span, "asked for here").help(help);
    because(finding, ask.reason.as_deref())
}
