//! `chaos replay`.

use super::plan::{Settings, assignment};
use super::replay_of::{self, Again};
use super::{StoreOption, complain};
use crate::diagnostics::suggest::help_for;
use crate::diagnostics::{Diagnostic, codes};
use crate::journal::{Journal, RunRecord};
use crate::replay::{
    Asked, Damage, Listed, Outcome, Played, Replayable, Stored, differences, document, list, play, state, unfit,
};
use crate::report::{self, Paint};
use crate::run::RunError;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Compute the verdict of a stored run again from what it saw, or say what it would have been with other expectations.
///
/// Nothing is touched: the run is computed in virtual time from its recording. With a file or `--set`, what judges may
/// differ (expectations, triggers, SLOs); what acts on the system may not.
///
/// Exit code: that of the verdict, as `chaos exec` has it; 2 where nothing can be computed.
#[derive(Debug, clap::Args)]
pub struct Replay {
    /// The run, as `chaos exec` and `--list` name it.
    #[arg(required_unless_present = "list")]
    run: Option<String>,
    /// A file with the experiment as it should have been (default: as it was run).
    #[arg(conflicts_with = "list")]
    file: Option<PathBuf>,
    /// The experiment, where the file has several (default: the one that was run).
    #[arg(long, value_name = "NAME", requires = "file")]
    experiment: Option<String>,
    /// A parameter's value instead of that of the run, for example `goal=50%`. May be given again for others.
    #[arg(long, value_name = "PARAM=VALUE", value_parser = assignment, conflicts_with = "list")]
    set: Vec<(String, String)>,
    /// List all runs, and which of them can be replayed.
    #[arg(long, conflicts_with = "run")]
    list: bool,
    /// How it is told.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    store: StoreOption,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One document for machines, on standard output.
    Json,
}

impl Replay {
    pub fn run(self) -> u8 {
        match self.store.open() {
            Ok(journal) if self.list => self.list(&journal),
            Ok(journal) => self.replay(&journal).unwrap_or_else(|code| code),
            Err(error) => complain(&error.diagnostic()),
        }
    }

    fn is_json(&self) -> bool {
        self.json || self.format == Format::Json
    }

    fn list(&self, journal: &Journal) -> u8 {
        let runs = match journal.runs() {
            Ok(runs) => runs,
            Err(error) => return complain(&RunError::from(error).diagnostic()),
        };
        let runs: Vec<Listed> = runs.iter().map(|run| listed(journal, run)).collect();
        match self.is_json() {
            true => write(&list(&runs)),
            false if runs.is_empty() => say!("no runs"),
            false => runs.iter().for_each(tell),
        }
        0
    }

    fn replay(self, journal: &Journal) -> Result<u8, u8> {
        let name = self.run.as_deref().unwrap_or_default();
        let stored = stored(journal, name).map_err(|finding| complain(&finding))?;
        let was = replay_of::recorded(&stored.head, journal.folder())?;
        let wanted = self.wanted(&stored, journal.folder())?;
        let changed = wanted.as_ref().is_some_and(|it| it.document.hash() != was.document.hash());
        if let Some(wanted) = &wanted {
            let why = unfit(&was.planned.plan, &wanted.planned.plan);
            if !why.is_empty() {
                return Err(complain(&another_way(name, &why)));
            }
        }
        let Again { planned, document: of } = wanted.unwrap_or(was);
        let asked = Asked { run: name.to_owned(), of: of.made_from().clone(), changed };
        let recorded = stored.outcome.clone();
        let played = play(planned.plan, stored, changed).map_err(|error| complain(&error.diagnostic()))?;
        match self.is_json() {
            true => write(&document(&asked, recorded.as_ref(), &played)),
            false => show(&asked, recorded.as_ref(), &played),
        }
        Ok(played.ending.verdict.exit_code())
    }

    /// What is asked for instead of what was run.
    fn wanted(&self, stored: &Stored, store: &Path) -> Result<Option<Again>, u8> {
        let was = Settings::of(&stored.head.made_from);
        let mut set: Vec<(String, String)> = was.set;
        set.retain(|(name, _)| !self.set.iter().any(|(other, _)| other == name));
        set.extend(self.set.iter().cloned());
        match &self.file {
            None if self.set.is_empty() => Ok(None),
            None => replay_of::stored(&stored.head, store, Settings { set, ..was }).map(Some),
            Some(file) => {
                let experiment = self.experiment.clone().or(was.experiment);
                replay_of::file(file, Settings { set, experiment, ..was }).map(Some)
            }
        }
    }
}

/// The recording of a run.
fn stored(journal: &Journal, name: &str) -> Result<Stored, Diagnostic> {
    let broken = |error| RunError::from(error).diagnostic();
    let Some(run) = journal.run(name).map_err(broken)? else {
        let runs = journal.runs().map_err(broken)?;
        let known = help_for(name, runs.iter().map(|run| run.id.as_str()));
        let finding = Diagnostic::error(codes::E0821, format!("there is no run `{name}` in this store"));
        return Err(finding.maybe_help(known).help("`chaos replay --list` shows the runs"));
    };
    if run.is_alive() {
        let finding = Diagnostic::error(codes::E0822, format!("the run {name} is still at work"));
        return Err(finding.help("wait until it has ended"));
    }
    Stored::read(journal.folder(), name).map_err(|damage| unusable(name, damage))
}

fn unusable(name: &str, damage: Damage) -> Diagnostic {
    let damaged = |why: String| {
        let finding = Diagnostic::error(codes::E0823, format!("the recording of the run {name} is damaged: {why}"));
        finding.help("take it back from a backup, or run the experiment again")
    };
    match damage {
        Damage::Missing => {
            let finding = Diagnostic::error(codes::E0822, format!("nothing was recorded of the run {name}"));
            finding.help("`chaos replay --list` shows which runs can be replayed")
        }
        Damage::OtherVersion(version) => {
            let headline = format!("the recording of the run {name} is of version {version}, which is unknown here");
            Diagnostic::error(codes::E0823, headline).help("use the version of chaos that made it")
        }
        Damage::Unreadable(why) => damaged(why),
        Damage::Line(line, why) => damaged(format!("line {line}: {why}")),
        Damage::Changed => damaged("it was changed after it was written".to_owned()),
    }
}

fn another_way(name: &str, why: &[String]) -> Diagnostic {
    let headline = format!("with these changes the run {name} would have gone another way");
    let finding = Diagnostic::error(codes::E0824, headline);
    let finding = why.iter().fold(finding, |finding, line| finding.note(line.clone()));
    finding.help("change only what judges, or run it with the changes: `chaos exec`")
}

fn listed(journal: &Journal, run: &RunRecord) -> Listed {
    let began = jiff::Timestamp::from_second(run.started_at).map(|at| at.to_string()).unwrap_or_default();
    let state = state(journal.folder(), &run.id);
    Listed {
        run: run.id.clone(),
        experiment: run.experiment.clone(),
        environment: run.environment.clone(),
        began,
        verdict: run.verdict.clone(),
        replayable: Replayable::of(state, run.is_alive()),
    }
}

fn tell(run: &Listed) {
    let verdict = match (&run.verdict, run.replayable) {
        (Some(verdict), _) => verdict,
        (None, Replayable::AtWork) => "at work",
        (None, _) => "interrupted",
    };
    let Listed { run, experiment, environment, began, replayable, .. } = run;
    let line = format!("{experiment} in {environment}: {verdict}; replayable: {}", replayable.word());
    say!("{began}  {}  {line}", Paint::bold(run));
}

fn show(asked: &Asked, recorded: Option<&Outcome>, played: &Played) {
    let changed = if asked.changed { ", with changes" } else { "" };
    say!("a replay of the run {}{changed}; nothing is touched", Paint::bold(&asked.run));
    for event in &played.events {
        say!("{}", report::line(event));
    }
    say!("{}", report::ending(&asked.of.experiment, &played.ending));
    let replayed = Outcome::of(&played.ending);
    match recorded {
        None => say!("\nthe recorded run has no verdict"),
        Some(was) if asked.changed => say!("\nthe recorded run was {}", was.verdict),
        Some(was) if was.says_the_same(&replayed) => say!("\nthe same as in the recorded run"),
        Some(was) => {
            say!("\nthis version of chaos judges it otherwise than the recorded run, which was {}", was.verdict);
            differences(was, &replayed).iter().for_each(|line| say!("  {line}"));
        }
    }
}

fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    let _nobody_reads = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
