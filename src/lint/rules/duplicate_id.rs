//! `duplicate-id`: two experiments with one `id`.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::Experiment;

/// The rule.
pub const RULE: Rule = Rule { code: lints::DUPLICATE_ID, level: Level::Warn, needs: Needs::Surroundings, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.experiments().filter_map(|experiment| finding(experiment, subject)).collect()
}

fn finding(experiment: &Experiment, subject: &Subject) -> Option<Diagnostic> {
    let written = experiment.id.as_ref()?;
    let id = walk::text(written)?;
    let path = &subject.sources().get(written.span.source)?.path;
    let others = subject.gathered.others_with_id(id, path, &experiment.name.text).into_iter();
    let others: Vec<String> = others.map(|(file, name)| format!("`{name}` in {}", file.display())).collect();
    if others.is_empty() {
        return None;
    }
    let finding = Diagnostic::warning(lints::DUPLICATE_ID, format!("another experiment has the id `{id}`, too"))
        .at(written.span, "")
        .help("give each its own: runs, traces and reports are told apart by it")
        .note(format!("it is also that of {}", others.join(", ")));
    Some(finding)
}
