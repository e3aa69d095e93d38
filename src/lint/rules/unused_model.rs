//! `unused-model`: a toy system in which no test of its file is run.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::{Model, Path};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule { code: lints::UNUSED_MODEL, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    // The models of a file without tests are for other files; a test that cannot be read might be the one that uses it.
    if subject.file.tests.is_empty() || !subject.is_whole() {
        return Vec::new();
    }
    let used: BTreeSet<String> = subject.file.tests.iter().filter_map(walk::used_model).map(Path::text).collect();
    subject.file.models.iter().filter(|model| !used.contains(&model.name.text)).map(finding).collect()
}

fn finding(model: &Model) -> Diagnostic {
    let name = &model.name.text;
    Diagnostic::warning(lints::UNUSED_MODEL, format!("no test is run in the model `{name}`"))
        .at(model.name.span, "")
        .help(format!("write `model {name}` in a test, or remove it"))
}
