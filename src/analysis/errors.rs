//! What was asked for is not there: E07, E08.

use crate::diagnostics::{Diagnostic, codes, suggest};
use crate::types::model::Environment;
use crate::types::trial::{Cause, ExpectedVerdict};

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

pub fn which_environment(names: &[&str]) -> Diagnostic {
    let help = format!("choose one: `--env {}`", names.first().unwrap_or(&""));
    Diagnostic::error(codes::E0803, format!("this file has {} environments, and none of them is `local`", names.len()))
        .help(help)
        .note(format!("they are: {}", names.join(", ")))
}

pub fn no_environment() -> Diagnostic {
    Diagnostic::error(codes::E0803, "this file has no environment, and uses none")
        .help("name a file with `environment … for … { }`, or one that uses such a file")
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

pub fn not_let_through(verdict: &ExpectedVerdict, about: &str) -> Diagnostic {
    Diagnostic::error(codes::E0607, format!("policies refuse {about}, which should come out as {}", verdict.word))
        .at(verdict.span, "so it would have to be let through")
        .note("the rules that it breaks come next")
}

pub fn not_refused<'a>(verdict: &ExpectedVerdict, about: &str, others: impl Iterator<Item = &'a str>) -> Diagnostic {
    let others: Vec<&str> = others.collect();
    let headline = match (&verdict.because, others.is_empty()) {
        (Some(Cause::Text(because)), false) => format!("policies refuse {about}, but not because `{because}`"),
        (Some(Cause::Text(because)), true) => format!("no policy refuses {about} because `{because}`"),
        _ => format!("no policy refuses {about}"),
    };
    let finding = Diagnostic::error(codes::E0607, headline).at(verdict.span, "expected here");
    others.into_iter().fold(finding, |finding, other| finding.note(other))
}
