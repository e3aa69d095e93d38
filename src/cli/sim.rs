//! `chaos sim`.

use super::disk::Disk;
use super::selection::Selection;
use super::{REFUSED, counted, print};
use crate::analysis::{Analysis, Planned, Target, analyse_from};
use crate::diagnostics::{Diagnostic, Severity, any_error, codes};
use crate::names::{Shelf, unreadable};
use crate::report::{self, Paint};
use crate::simulation::explore::{Actor, Explored, Find, Happened, Lived, Origin, Schedule, Subject, explore};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Simulate runs of experiments in which things go wrong: injectors that fail, hang or lose their faults, reverts that are
/// slow or fail, samples that come late, never or out of order, runners that die anywhere and are recovered, somebody who
/// stops the run, a second run beside it. The interpreter is the real one; nothing is touched.
///
/// Nothing may be left behind, no bound exceeded, no verdict given without evidence, and nothing done before the store
/// knows of it. Where something is wrong, the least that must go wrong for it is shown, and how it is played again.
///
/// Exit code: 0 nothing is wrong, 1 something is, or a file has errors, 2 a file cannot be read, or there is no experiment.
#[derive(Debug, clap::Args)]
pub struct Sim {
    /// Files, or folders: all `.chaos` files in them.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Only the experiments of this name. May be given again for others.
    #[arg(long, value_name = "NAME")]
    experiment: Vec<String>,
    /// The environment (default: that of `chaos.toml`, else `local`).
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// How many runs are simulated of each experiment.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: u64,
    /// Simulate the run of this seed alone, and show what happens in it.
    #[arg(long, value_name = "N", conflicts_with_all = ["seeds", "from", "schedule"])]
    seed: Option<u64>,
    /// Play a schedule again, and show what happens in it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "from"])]
    schedule: Option<PathBuf>,
}

/// What came of all experiments.
#[derive(Default)]
struct Totals {
    experiments: usize,
    found: usize,
    wrong: Vec<Diagnostic>,
}

impl Sim {
    pub fn run(self) -> u8 {
        let schedule = match self.schedule.as_deref().map(read).transpose() {
            Ok(schedule) => schedule,
            Err(finding) => return super::complain(&finding),
        };
        let selection = Selection::read(&self.paths, &Disk);
        let shelf = Shelf::numbered_by(&Disk, selection.sources.numbers());
        let mut totals = Totals { wrong: selection.findings.clone(), ..Totals::default() };
        for target in selection.targets(self.env.as_deref()) {
            match analyse_from(&shelf, &target) {
                Ok(analysis) => self.file(&target, analysis, schedule.as_ref(), &mut totals),
                Err(error) => totals.wrong.push(unreadable(&target.path, &error, None)),
            }
        }
        let mut sources = shelf.sources();
        sources.join(&selection.sources);
        crate::diagnostics::tidy_files(&mut totals.wrong, &sources);
        print(&totals.wrong, &sources);
        if totals.experiments == 0 && totals.wrong.is_empty() {
            complain_of!("no experiment to simulate in the environment that is asked for");
            return REFUSED;
        }
        let unread = totals.wrong.iter().any(Diagnostic::is_unreadable_file);
        if unread { REFUSED } else { u8::from(totals.found > 0 || any_error(&totals.wrong)) }
    }

    fn file(&self, target: &Target, analysis: Analysis, schedule: Option<&Schedule>, totals: &mut Totals) {
        // What policies refuse is simulated all the same: nothing is touched.
        let rules = [codes::E0601, codes::E0602];
        let stands = |it: &&Diagnostic| it.severity == Severity::Error && !rules.contains(&it.code);
        let wrong: Vec<Diagnostic> = analysis.findings.iter().filter(stands).cloned().collect();
        if !wrong.is_empty() {
            return totals.wrong.extend(wrong);
        }
        for (name, planned) in analysis.runs_in(target.environment.as_deref()) {
            if !self.experiment.is_empty() && !self.experiment.contains(&name) {
                continue;
            }
            match planned {
                Ok(planned) => self.simulate(&target.path, *planned, schedule, totals),
                Err(findings) => totals.wrong.extend(findings),
            }
        }
    }

    fn simulate(&self, path: &Path, planned: Planned, schedule: Option<&Schedule>, totals: &mut Totals) {
        totals.experiments += 1;
        let (name, environment) = (planned.plan.experiment.clone(), planned.plan.environment.clone());
        let subject = Subject::new(planned.plan, planned.bounds);
        let one = match (schedule, self.seed) {
            (Some(schedule), _) => Some(Origin::Schedule(schedule.clone())),
            (None, Some(seed)) => Some(Origin::Seed(seed)),
            (None, None) => None,
        };
        say!("{} in {environment} ({})", Paint::bold(&name), path.display());
        let began = Instant::now();
        let came = match one {
            Some(origin) => subject.live(origin).map(|lived| alone(&lived)),
            None => explore(&subject, self.from..self.from.saturating_add(self.seeds)).map(|explored| {
                tell(&explored, began.elapsed().as_secs_f64());
                explored.found.as_ref().map(|find| show(find, &name, path)).is_some()
            }),
        };
        match came {
            Ok(found) => totals.found += usize::from(found),
            Err(error) => totals.wrong.push(Diagnostic::error(codes::E0803, error)),
        }
        let open = subject.open();
        if !open.is_empty() {
            say!("  {} nothing satisfies all of {}", Paint::yellow("note:"), open.join("; "));
        }
    }
}

/// Reads a schedule.
fn read(path: &Path) -> Result<Schedule, Diagnostic> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Diagnostic::error(codes::E0100, format!("`{}` cannot be read: {error}", path.display())).about(path)
    })?;
    Schedule::read(&text).map_err(|error| {
        Diagnostic::error(codes::E0808, format!("`{}` is no schedule: {error}", path.display()))
            .about(path)
            .help("`chaos sim` prints one where it finds something; lines that begin with `#` are passed over")
    })
}

/// Something that happened, in a line.
fn line((actor, what): &(Actor, Happened)) -> String {
    match what {
        Happened::Event(event) => format!("{actor}: {}", report::line(event)),
        Happened::Said(text) => format!("{actor}: {text}"),
    }
}

/// One simulated run; whether something is wrong in it.
fn alone(lived: &Lived) -> bool {
    for line in lived.schedule.told() {
        say!("  {} {line}", Paint::dim("goes wrong:"));
    }
    lived.log.iter().for_each(|one| say!("  {}", line(one)));
    lived.wrong.iter().for_each(|line| say!("  {} {line}", Paint::red("wrong:")));
    if lived.wrong.is_empty() {
        say!("  nothing was left behind, no bound exceeded, no verdict given without evidence");
    }
    !lived.wrong.is_empty()
}

fn tell(explored: &Explored, seconds: f64) {
    let verdicts: Vec<String> = explored.verdicts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let a_minute = explored.runs as f64 / seconds.max(1e-9) * 60.0;
    say!("  {} in {seconds:.1} s, {a_minute:.0} a minute: {}", counted_runs(explored.runs), verdicts.join(", "));
    if explored.found.is_none() {
        let nothing = "nothing was left behind, no bound exceeded, no verdict given without evidence";
        say!("  {} {nothing}", Paint::green("ok:"));
    }
}

fn counted_runs(runs: u64) -> String {
    counted(usize::try_from(runs).unwrap_or(usize::MAX), "run")
}

fn show(find: &Find, name: &str, path: &Path) {
    for line in &find.lived.wrong {
        say!("  {} {line}", Paint::red("wrong:"));
    }
    let turns = find.schedule.turns.len();
    say!("  seed {}; of {} that went wrong in it, {turns} must:", find.seed, counted(find.turns, "deed"));
    find.schedule.told().iter().for_each(|line| say!("    {line}"));
    say!("  what happens then:");
    find.lived.log.iter().for_each(|one| say!("    {}", line(one)));
    say!("  to play it again, write these lines to a file, and run");
    say!("  chaos sim {} --experiment {name} --schedule FILE", path.display());
    find.schedule.to_string().lines().for_each(|line| say!("{line}"));
}
