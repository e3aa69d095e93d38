//! `chaos policy`.

use super::disk::Disk;
use super::examples;
use super::output::{TextOrJson, write_out};
use super::selection::Selection;
use super::{REFUSED, counted, print};
use crate::analysis::{Analysis, Example, Target, each};
use crate::base::{FileError, Sources, Span};
use crate::diagnostics::{Diagnostic, Severity, any_error, codes};
use crate::names::{Shelf, unreadable};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Work on policies.
#[derive(Debug, clap::Args)]
pub struct PolicyCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Test(PolicyTest),
}

/// Judge the examples of policies: every `test … of X in E` with a verdict. Where it expects `refused`, a rule must refuse
/// X in E; where it expects another verdict, none may. Nothing is run.
///
/// Exit code: 0 all as expected, 1 an example came out otherwise or a file has errors, 2 a file cannot be read, or there is
/// no example.
#[derive(Debug, clap::Args)]
struct PolicyTest {
    /// Files, or folders: all `.chaos` files in them.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// How it is told.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: TextOrJson,
}

impl PolicyCommand {
    pub fn run(self) -> u8 {
        match self.what {
            What::Test(test) => test.run(),
        }
    }
}

impl PolicyTest {
    fn run(self) -> u8 {
        let selection = Selection::read(&self.paths, &Disk);
        let shelf = Shelf::numbered_by(&Disk, selection.sources.numbers());
        let found = each(&selection.targets(None), &shelf, judged);
        let mut wrong = selection.findings.clone();
        let mut sources = shelf.sources();
        sources.join(&selection.sources);
        wrong.extend(found.iter().flat_map(|found| found.wrong.iter().cloned()));
        crate::diagnostics::tidy_files(&mut wrong, &sources);
        let examples: Vec<&Example> = found.iter().flat_map(|found| &found.examples).collect();
        match self.format {
            TextOrJson::Text => tell(&wrong, &examples, &sources),
            TextOrJson::Json => write_out(&examples::document(&wrong, &examples, &sources)),
        }
        let unread = wrong.iter().any(Diagnostic::is_unreadable_file);
        match () {
            () if unread || (examples.is_empty() && wrong.is_empty()) => REFUSED,
            () => u8::from(any_error(&wrong) || examples.iter().any(|example| example.failed())),
        }
    }
}

/// What came of one file.
struct Judged {
    /// What stands in the way of its examples.
    wrong: Vec<Diagnostic>,
    examples: Vec<Example>,
}

fn judged(target: &Target, read: Result<Analysis, FileError>) -> Judged {
    match read {
        Ok(analysis) => {
            // That an experiment breaks rules elsewhere is for `check` to tell.
            let rules = [codes::E0601, codes::E0602];
            let stands = |it: &&Diagnostic| it.severity == Severity::Error && !rules.contains(&it.code);
            let wrong: Vec<Diagnostic> = analysis.findings.iter().filter(stands).cloned().collect();
            Judged { wrong, examples: analysis.examples() }
        }
        Err(error) => Judged { wrong: vec![unreadable(&target.path, &error, None)], examples: Vec::new() },
    }
}

fn tell(wrong: &[Diagnostic], examples: &[&Example], sources: &Sources) {
    print(wrong, sources);
    for example in examples {
        let word = if example.failed() { "FAILED" } else { "ok" };
        say!("{word:<6}  {}", example.name);
        print(&example.wrong, sources);
    }
    sum_up(examples);
}

fn sum_up(examples: &[&Example]) {
    if examples.is_empty() {
        complain_of!("no example: a `test \"…\" of X in E` that expects a verdict is one");
        return;
    }
    let failed = examples.iter().filter(|example| example.failed()).count();
    say!("\n{}, {failed} failed", counted(examples.len(), "example"));
    let untried = untried(examples);
    if !untried.is_empty() {
        say!("no example shows what these rules refuse:");
        untried.iter().for_each(|rule| say!("  {rule}"));
    }
}

/// The rules that guard examples and refuse none of them, in their order.
pub fn untried<'a>(examples: &[&'a Example]) -> Vec<&'a str> {
    let refusing: BTreeSet<Span> = examples.iter().flat_map(|example| &example.refusing).copied().collect();
    let rules: BTreeSet<&(Span, String)> = examples.iter().flat_map(|example| &example.rules).collect();
    rules.into_iter().filter(|(span, _)| !refusing.contains(span)).map(|(_, rule)| rule.as_str()).collect()
}
