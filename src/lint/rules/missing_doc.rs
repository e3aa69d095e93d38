//! `missing-doc`: a name that nothing explains.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};

/// The rule.
pub const RULE: Rule = Rule { code: lints::MISSING_DOC, level: Level::Allow, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let all = walk::declarations(subject.file).into_iter().chain(walk::inner_names(subject.file));
    let without = all.filter(|declared| declared.doc.is_some_and(str::is_empty));
    let findings = without.map(|declared| {
        let headline = format!("the {} `{}` has no doc comment", declared.kind, declared.name.text);
        Diagnostic::warning(lints::MISSING_DOC, headline)
            .at(declared.name.span, "")
            .help("say what it is in a line that starts with `##`, above it or at the end of its own line")
    });
    findings.collect()
}
