//! What was asked for is not there: E07, E08.

use crate::diagnostics::{Diagnostic, codes, suggest};
use crate::types::model::{Environment, Policy};

pub fn unknown_environment(name: &str, known: &[&str]) -> Diagnostic {
    let finding = Diagnostic::error(codes::E0701, format!("there is no environment `{name}` for this system"));
    let help = suggest::help_for(name, known.iter().copied());
    finding.maybe_help(help).note("environments are looked for in the used files and beside the experiment")
}

pub fn other_system(environment: &Environment) -> Diagnostic {
    let headline = format!("the environment `{}` is for another system than the experiment", environment.name);
    Diagnostic::error(codes::E0701, headline).at(environment.span, "declared here")
}

pub fn two_environments(first: &Environment, second: &Environment) -> Diagnostic {
    Diagnostic::error(codes::E0204, format!("two environments are called `{}`", second.name))
        .at(second.span, "declared again here")
        .at(first.span, "declared first here")
        .help("rename one of them")
}

pub fn no_experiment() -> Diagnostic {
    Diagnostic::error(codes::E0803, "this file has no experiment").help("name a file with `experiment … on … { }`")
}

pub fn which_experiment(names: &[&str]) -> Diagnostic {
    let help = format!("choose one: `--experiment {}`", names.first().unwrap_or(&""));
    Diagnostic::error(codes::E0803, format!("this file has {} experiments", names.len()))
        .help(help)
        .note(format!("they are: {}", names.join(", ")))
}

pub fn unknown_experiment(name: &str, names: &[&str]) -> Diagnostic {
    let help = suggest::help_for(name, names.iter().copied());
    Diagnostic::error(codes::E0803, format!("this file has no experiment `{name}`")).maybe_help(help)
}

pub fn unknown_parameter<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let help = suggest::help_for(name, known).or_else(|| Some("this experiment has no parameters".to_owned()));
    Diagnostic::error(codes::E0802, format!("unknown parameter `{name}`")).maybe_help(help)
}

pub fn unjudged_policy(policy: &Policy) -> Diagnostic {
    Diagnostic::error(codes::E0804, format!("this version cannot judge the policy `{}`", policy.name))
        .at(policy.span, "it applies here, or may apply")
        .note("a run that a policy might forbid is refused")
}
