//! `unused-param`: a parameter that changes nothing.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::{Expr, Name, Parameter, Step};

/// The rule.
pub const RULE: Rule = Rule { code: lints::UNUSED_PARAM, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let of_experiments = subject.experiments().flat_map(|it| {
        let note = "`--set` can change it, and nothing else will change";
        let unused = unused(&it.parameters, walk::of_experiment(it));
        unused.into_iter().map(move |name| finding("parameter", name).note(note)).collect::<Vec<_>>()
    });
    let of_scenarios = subject.scenarios().flat_map(|it| {
        let unused = unused(&it.parameters, walk::of_scenario(it));
        unused.into_iter().map(|name| finding("parameter", name)).collect::<Vec<_>>()
    });
    let levels = subject.runs().flat_map(walk::steps).filter_map(unused_level);
    of_experiments.chain(of_scenarios).chain(levels).collect()
}

fn unused<'t>(parameters: &'t [Parameter], said: Vec<&Expr>) -> Vec<&'t Name> {
    let named = walk::first_names(said);
    parameters.iter().map(|parameter| &parameter.name).filter(|name| !named.contains(name.text.as_str())).collect()
}

/// An escalation whose block does the same at every level.
fn unused_level(step: &Step) -> Option<Diagnostic> {
    let variable = walk::variable(step)?;
    let mut said = Vec::new();
    step.blocks().into_iter().for_each(|block| walk::of_steps(block, &mut said));
    let used = walk::first_names(said).contains(variable.text.as_str());
    (!used).then(|| finding("level", variable).note("every level does the same"))
}

fn finding(kind: &str, name: &Name) -> Diagnostic {
    Diagnostic::warning(lints::UNUSED_PARAM, format!("the {kind} `{}` is never used", name.text))
        .at(name.span, "")
        .help("use it in an argument, a duration or a condition, or remove it")
}
