//! `chaos test`.

use super::disk::Disk;
use super::selection::Selection;
use super::{REFUSED, counted, print};
use crate::analysis::{Analysis, Planned, Ready, Target, Trial, each};
use crate::base::{FileError, Sources, unit};
use crate::diagnostics::{Diagnostic, Severity, any_error, codes};
use crate::names::{Shelf, unreadable};
use crate::report::Paint;
use crate::simulation::document::{Came, Told, json, junit, one_line, tap};
use crate::simulation::{Coverage, Record, judge, run_test};
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

/// Run the tests of experiments in virtual time: every `test … of EXPERIMENT in ENVIRONMENT`. The interpreter is the real
/// one; what it sees is what a test gives. Nothing is touched, and two minutes of experiment take milliseconds.
///
/// Also says which expectations and triggers no test has seen violated.
///
/// Exit code: 0 all as expected, 1 a test came out otherwise or a file has errors, 2 a file cannot be read, or there is no
/// test.
#[derive(Debug, clap::Args)]
pub struct TestCommand {
    /// Files, or folders: all `.chaos` files in them.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Only the tests whose experiment or name holds this text. May be given again for others.
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// The environment of tests that name none (default: that of `chaos.toml`, else `local`).
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// How results are written: for people, or one document on standard output.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    /// Show what happened in every run, not only in those that came out otherwise.
    #[arg(long)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// JUnit's XML.
    Junit,
    /// JSON; its schema is in `docs/schemas`.
    Json,
}

/// What came of the tests of a file.
#[derive(Default)]
struct File {
    wrong: Vec<Diagnostic>,
    tests: Vec<(Came, Vec<String>)>,
    coverage: Coverage,
    others: usize,
}

impl TestCommand {
    pub fn run(self) -> u8 {
        let selection = Selection::read(&self.paths, &Disk);
        let shelf = Shelf::numbered_by(&Disk, selection.sources.numbers());
        let files = each(&selection.targets(self.env.as_deref()), &shelf, |target, read| self.file(target, read));
        let mut sources = shelf.sources();
        sources.join(&selection.sources);
        let mut wrong = selection.findings.clone();
        let (mut tests, mut coverage, mut others) = (Vec::new(), Coverage::default(), 0);
        for file in files {
            wrong.extend(file.wrong);
            tests.extend(file.tests);
            coverage.join(file.coverage);
            others += file.others;
        }
        crate::diagnostics::tidy_files(&mut wrong, &sources);
        let (tests, events): (Vec<Came>, Vec<Vec<String>>) = tests.into_iter().unzip();
        let told = Told { tests: &tests, coverage: &coverage, wrong: &wrong, sources: &sources };
        match self.format {
            Format::Text => self.tell(&told, &events, others),
            Format::Tap => write(&tap(&told)),
            Format::Junit => write(&junit(&told)),
            Format::Json => write(&json(&told)),
        }
        exit_code(&told)
    }

    /// Runs the tests of one file.
    fn file(&self, target: &Target, read: Result<Analysis, FileError>) -> File {
        let analysis = match read {
            Ok(analysis) => analysis,
            Err(error) => return File { wrong: vec![unreadable(&target.path, &error, None)], ..File::default() },
        };
        // That an experiment breaks rules elsewhere is for `check` to tell.
        let rules = [codes::E0601, codes::E0602];
        let stands = |it: &&Diagnostic| it.severity == Severity::Error && !rules.contains(&it.code);
        let wrong: Vec<Diagnostic> = analysis.findings.iter().filter(stands).cloned().collect();
        let mut file = File { wrong, ..File::default() };
        if !file.wrong.is_empty() {
            return file;
        }
        for trial in analysis.trials(target.environment.as_deref()) {
            if self.is_wanted(&trial) {
                file.tests.push(one(target, &trial, &analysis.program.sources, &mut file.coverage));
            } else {
                file.others += 1;
            }
        }
        file
    }

    fn is_wanted(&self, trial: &Trial) -> bool {
        let name = format!("{}: {}", trial.experiment, trial.test.name);
        self.filter.is_empty() || self.filter.iter().any(|text| name.contains(text.as_str()))
    }

    fn tell(&self, told: &Told, events: &[Vec<String>], others: usize) {
        print(told.wrong, told.sources);
        for (came, events) in told.tests.iter().zip(events) {
            tell_one(came, told.sources, if self.verbose || !came.wrong.is_empty() { events } else { &[] });
        }
        if told.tests.is_empty() {
            return complain_of!("{}", nothing_run(told, others));
        }
        tell_coverage(told.coverage);
        let count = |word: &str| told.tests.iter().filter(|came| came.word() == word).count();
        let (failed, errors) = (count("failed"), count("error"));
        let left = if others > 0 { format!(", {others} left out") } else { String::new() };
        let errors =
            if errors > 0 { format!(", {} that could not be run", counted(errors, "test")) } else { String::new() };
        say!("\n{}, {failed} failed{errors}{left}", counted(told.tests.len(), "test"));
    }
}

fn nothing_run(told: &Told, others: usize) -> &'static str {
    match (told.wrong.is_empty(), others) {
        (false, _) => "no test was run: mend the errors first",
        (true, 0) => "no test: write one beside the experiment, `test \"it holds\" of X in local { given steady; … }`",
        (true, _) => "no test has this text in its name",
    }
}

fn exit_code(told: &Told) -> u8 {
    let unread = told.wrong.iter().any(Diagnostic::is_unreadable_file);
    match () {
        () if unread || (told.tests.is_empty() && told.wrong.is_empty()) => REFUSED,
        () => u8::from(any_error(told.wrong) || told.tests.iter().any(|came| !came.wrong.is_empty())),
    }
}

fn write(document: &str) {
    let mut out = std::io::stdout().lock();
    let _nobody_reads = out.write_all(document.as_bytes()).and_then(|()| out.flush());
}

/// Runs one test. Also what happened in it, line by line.
fn one(target: &Target, trial: &Trial, sources: &Sources, coverage: &mut Coverage) -> (Came, Vec<String>) {
    let line = sources.get(trial.test.span.source).map_or(0, |source| source.line(trial.test.span.start as usize));
    let mut came = Came {
        file: target.path.display().to_string(),
        line,
        name: trial.test.name.clone(),
        experiment: trial.experiment.to_owned(),
        environment: trial.environment.clone(),
        verdict: None,
        length: 0.0,
        took: 0.0,
        wrong: Vec::new(),
        is_error: false,
    };
    let began = Instant::now();
    let mut events = Vec::new();
    match &trial.ready {
        Ready::Wrong(wrong) => (came.wrong, came.is_error) = (wrong.clone(), true),
        Ready::Judged(example) => {
            came.wrong.clone_from(&example.wrong);
            came.verdict = example.wrong.is_empty().then(|| "refused".to_owned());
        }
        Ready::Run(planned) if !planned.judgement.broken.is_empty() => refused(&mut came, trial, planned),
        Ready::Run(planned) => match run_test(trial.test, planned.plan.clone(), trial.system) {
            Ok(record) => {
                events = record.events.iter().map(crate::report::line).collect();
                coverage.take(&record, &planned.plan);
                take(&mut came, trial, planned, &record);
            }
            Err(finding) => (came.wrong, came.is_error) = (vec![finding], true),
        },
    }
    came.took = began.elapsed().as_secs_f64();
    (came, events)
}

/// A run that policies refuse, though its test expects another end.
fn refused(came: &mut Came, trial: &Trial, planned: &Planned) {
    came.verdict = Some("refused".to_owned());
    let broken = planned.judgement.broken.iter().map(|broken| broken.finding.headline.clone());
    let headline = format!("policies refuse `{}` in `{}`", trial.experiment, trial.environment);
    let finding = Diagnostic::error(codes::E0435, headline).at(trial.test.span, "in this test");
    came.wrong = vec![broken.fold(finding, Diagnostic::note)];
}

fn take(came: &mut Came, trial: &Trial, planned: &Planned, record: &Record) {
    came.verdict = Some(record.ending.verdict.to_string());
    came.length = std::time::Duration::from_nanos(record.length.0).as_secs_f64();
    let failures = judge(&trial.test.expected, record, &planned.plan).into_iter();
    came.wrong = failures
        .map(|failure| {
            let finding = Diagnostic::error(codes::E0435, failure.text).at(failure.span, "expected here");
            failure.notes.into_iter().fold(finding, Diagnostic::note)
        })
        .collect();
}

fn tell_one(came: &Came, sources: &Sources, events: &[String]) {
    let word = match came.word() {
        "ok" => Paint::green("ok    ").to_string(),
        "failed" => Paint::red("FAILED").to_string(),
        _ => Paint::red("ERROR ").to_string(),
    };
    let length = unit::show_duration((came.length * 10.0).round() / 10.0);
    let verdict = came.verdict.as_ref().map_or_else(String::new, |verdict| format!("{verdict} after {length}, "));
    let told = Paint::dim(format!("({verdict}{:.0} ms)", came.took * 1e3));
    say!("{word}  {}: {} {told}", came.experiment, one_line(&came.name));
    events.iter().for_each(|event| say!("        {event}"));
    print(&came.wrong, sources);
}

/// What no test has seen violated.
fn tell_coverage(coverage: &Coverage) {
    for (experiment, conditions) in coverage.experiments() {
        let seen = conditions.iter().filter(|it| it.violated > 0).count();
        let untried: Vec<_> = conditions.iter().filter(|it| it.violated == 0).collect();
        say!("\n{experiment}: {seen} of {} seen violated by a test", counted(conditions.len(), "condition"));
        for it in untried {
            say!("  never: {}{}", it.text, Paint::dim(format!(" ({})", it.of)));
        }
    }
}
