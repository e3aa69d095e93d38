//! `unused-use`: a `use` of which nothing is used.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::removal::remove;
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::names::{ModuleId, Program};
use crate::syntax::tree::{Use, Used};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule { code: lints::UNUSED_USE, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    // A name that cannot be found, or a statement that cannot be read, might be the one that uses it.
    let Some(module) = subject.module().filter(|_| subject.is_whole()) else { return Vec::new() };
    let mentioned: BTreeSet<String> = walk::mentions(subject.file).iter().flat_map(|path| prefixes(path)).collect();
    let uses = subject.file.uses.iter().zip(&module.uses).filter_map(|(it, target)| Some((it, (*target)?)));
    let unused = uses.filter(|(it, target)| !is_used(it, *target, &mentioned, &subject.analysis.program));
    unused.map(|(it, _)| remove(finding(it), it.span, subject)).collect()
}

/// `a.b.c`, `a.b`, `a`.
fn prefixes(path: &str) -> Vec<String> {
    let dots = path.match_indices('.').map(|(at, _)| path[..at].to_owned());
    dots.chain([path.to_owned()]).collect()
}

fn is_used(it: &Use, target: ModuleId, mentioned: &BTreeSet<String>, program: &Program) -> bool {
    let prefix = match (&it.alias, &it.what) {
        (Some(alias), _) => Some(&alias.text),
        (None, Used::Module(path)) => path.parts.last().map(|name| &name.text),
        (None, Used::File(..)) => None,
    };
    match prefix {
        Some(prefix) if mentioned.contains(prefix) => true,
        None if declares(target, program).iter().any(|name| mentioned.contains(*name)) => true,
        _ => brings_surroundings(target, program, &mut BTreeSet::new()),
    }
}

/// What a module declares itself.
fn declares(target: ModuleId, program: &Program) -> Vec<&str> {
    let file = program.module(target).map(|module| &module.file);
    file.map_or_else(Vec::new, |file| {
        walk::declarations(file).into_iter().map(|declared| declared.name.text.as_str()).collect()
    })
}

/// Whether a module, or one that it uses, declares what acts without being named: an environment, a policy.
fn brings_surroundings(target: ModuleId, program: &Program, seen: &mut BTreeSet<ModuleId>) -> bool {
    let Some(module) = program.module(target).filter(|_| seen.insert(target)) else { return false };
    let own = !module.file.environments.is_empty() || !module.file.policies.is_empty();
    own || module.uses.iter().flatten().any(|next| brings_surroundings(*next, program, seen))
}

fn finding(it: &Use) -> Diagnostic {
    let what = match &it.what {
        Used::Module(path) => path.text(),
        Used::File(path, _) => path.clone(),
    };
    Diagnostic::warning(lints::UNUSED_USE, format!("nothing of `{what}` is used here"))
        .at(it.span, "")
        .note("what it uses in turn is not brought in")
}
