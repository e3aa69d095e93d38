//! `chaos exec`.

use super::endpoint::{self, Endpoint};
use super::plan::{Choice, Settings};
use super::planfile;
use super::record;
use super::rehearse;
use super::signals::Signals;
use super::stop;
use super::watched::{Orders, Watched};
use super::{PlaceOption, REFUSED, StoreOption, block_on, complain, print};
use crate::analysis::{Analysis, Planned};
use crate::base::Clock;
use crate::diagnostics::{Diagnostic, Severity, codes};
use crate::document::{changes, differs, unplannable};
use crate::journal::{Journal, ProcessIdentity};
use crate::plan::{self, Plan};
use crate::policy::{self, Answers, Approval, Asked};
use crate::radius::Bounds;
use crate::replay::Head;
use crate::report::{self, Paint};
use crate::run::{
    Claimed, Event, Events, Halt, RealWorld, RunError, Runner, TokioClock, Verdict, leftovers, new_token,
};
use crate::surroundings::Surroundings;
use crate::types::secret::SecretRef;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

/// Run an experiment, or the plan of one.
///
/// A plan (`.json`, as `chaos plan --out` writes it) is run only if its files still say what it says: they are planned again,
/// and where anything differs in meaning, nothing is touched.
///
/// Exit code: 0 confirmed, 1 refuted, 2 refused (nothing was touched), 3 not steady (nothing was injected), 4 aborted,
/// 5 inconclusive, 6 broken, 7 not reverted: something may still be in force.
#[derive(Debug, clap::Args)]
pub struct Exec {
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    store: StoreOption,
    /// Who of a group has approved this run, for example `sre-oncall=Kim Doe`. May be given again for others. It is
    /// recorded with the run; nothing checks it.
    #[arg(long, value_name = "GROUP=NAME", value_parser = approval)]
    approve: Vec<Approval>,
    #[command(flatten)]
    place: PlaceOption,
    /// Start no guard: a process beside the runner that takes everything back within a second when the runner is killed.
    /// Without it, what a killed runner leaves waits for `chaos recover`.
    #[arg(long)]
    no_guard: bool,
    /// Rehearse it: everything that can be known before the run, in the real environment; nothing is injected, and what the
    /// environment starts is taken down again. Exit code: that of `chaos env check`.
    #[arg(long)]
    dry_run: bool,
    /// With `--dry-run`: how long it is watched, 1s to 1h (default: the baseline, or until each source has surely shown three
    /// samples).
    #[arg(long = "for", value_name = "TIME", value_parser = rehearse::time, requires = "dry_run")]
    length: Option<Duration>,
    /// With `--dry-run`: how it is told.
    #[arg(long, value_name = "FORMAT", value_enum, requires = "dry_run")]
    format: Option<rehearse::Format>,
}

fn approval(text: &str) -> Result<Approval, String> {
    let (group, by) = text.split_once('=').unwrap_or((text, ""));
    let (group, by) = (group.trim().to_owned(), by.trim().to_owned());
    if group.is_empty() || by.is_empty() {
        return Err("say who of which group: `sre-oncall=Kim Doe`".to_owned());
    }
    Ok(Approval { group, by })
}

impl Exec {
    pub fn run(self) -> u8 {
        let (analysis, planned) = match self.planned() {
            Ok(found) => found,
            Err(code) => return code,
        };
        if self.dry_run {
            return self.rehearse(&planned, &analysis);
        }
        let lacking = plan::not_runnable(&planned.plan);
        if !lacking.is_empty() {
            print(&lacking, &analysis.program.sources);
            return REFUSED;
        }
        let head = record::head(&analysis, &planned, &self.choice);
        let journal = match self.store.open_of(Path::new(&head.made_from.file)) {
            Ok(journal) => Arc::new(journal),
            Err(error) => return complain(&error.diagnostic()),
        };
        let others = self.store.others(&journal);
        for unread in &others.unread {
            complain(&unread.diagnostic());
        }
        let all = || std::iter::once(&*journal).chain(&others.journals);
        if let Some(held) = all().find_map(stop::held) {
            return complain(&held);
        }
        match self.lacking(&planned, &journal) {
            Ok(lacking) if lacking.is_empty() => {}
            Ok(lacking) => {
                print(&lacking, &analysis.program.sources);
                return REFUSED;
            }
            Err(error) => return complain(&error.diagnostic()),
        }
        if let Err(refusal) = all().try_for_each(|journal| nothing_in_the_way(journal, &planned.plan)) {
            return complain(&refusal);
        }
        let here = Surroundings::look_unless(self.place.place_stays, journal.folder());
        if let Some(finding) = here.judge(&planned.plan) {
            let refused = finding.severity == Severity::Error;
            complain(&finding);
            if refused {
                return REFUSED;
            }
        }
        let endpoints = match endpoint::of(Path::new(&head.made_from.file)) {
            Ok(endpoints) => endpoints,
            Err(error) => return complain(&error.diagnostic()),
        };
        let switch = (journal, endpoints);
        match block_on(execute((planned.plan, planned.bounds), self.approve, switch, head, !self.no_guard)) {
            Ok(Ok(verdict)) => verdict.exit_code(),
            Ok(Err(error)) => complain(&error.diagnostic()),
            Err(error) => {
                complain_of!("{error}");
                REFUSED
            }
        }
    }
}

impl Exec {
    /// Looks at everything, and injects nothing. What this version cannot run it cannot rehearse either.
    fn rehearse(self, planned: &Planned, analysis: &Analysis) -> u8 {
        let sources = &analysis.program.sources;
        let lacking = plan::not_runnable(&planned.plan);
        if !lacking.is_empty() {
            print(&lacking, sources);
            return REFUSED;
        }
        let made_from = record::document(planned, &self.choice).made_from().file.clone();
        let journal = match self.store.open_of(Path::new(&made_from)) {
            Ok(journal) => Arc::new(journal),
            Err(error) => return complain(&error.diagnostic()),
        };
        // A rehearsal injects nothing: that a run would be refused here is only told.
        let here = Surroundings::look_unless(self.place.place_stays, journal.folder());
        if let Some(finding) = here.judge(&planned.plan) {
            complain(&Diagnostic { severity: Severity::Warning, ..finding });
        }
        let look = rehearse::Look { length: self.length, format: self.format.unwrap_or_default() };
        rehearse::run(planned.plan.clone(), (&self.choice.file, sources), journal, look)
    }

    /// What policies ask for and is not there.
    fn lacking(&self, planned: &Planned, journal: &Journal) -> Result<Vec<Diagnostic>, RunError> {
        let mut confirmed = BTreeMap::new();
        for ask in &planned.judgement.asks {
            if let Asked::Confirmed { environment, .. } = &ask.asks {
                let last = journal.last_confirmed(&planned.plan.experiment, environment)?;
                confirmed.extend(last.map(|at| (environment.clone(), at)));
            }
        }
        let answers = Answers {
            now: i64::try_from(seconds_now()).unwrap_or(i64::MAX),
            length: planned.bounds.length,
            approvals: &self.approve,
            confirmed: &|environment| confirmed.get(environment).copied(),
        };
        Ok(policy::lacking(&planned.judgement.asks, &answers))
    }

    fn planned(&self) -> Result<(Analysis, Planned), u8> {
        let Choice { file, settings } = &self.choice;
        if !planfile::is_plan(file) {
            return settings.plan(file);
        }
        match planfile::refuses(file, settings) {
            Some(code) => Err(code),
            None => reviewed(file),
        }
    }
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The plan of a file, made again of what it was made from: it runs if it means the same.
fn reviewed(path: &Path) -> Result<(Analysis, Planned), u8> {
    let document = planfile::read(path)?;
    let origin = document.made_from();
    let settings = Settings::of(origin);
    let again = settings.plan(Path::new(&origin.file));
    let (analysis, planned) = again.map_err(|_| complain(&unplannable(path, &origin.file)))?;
    let now = settings.document(Path::new(&origin.file), &planned);
    if now.hash() != document.hash() {
        return Err(complain(&differs(path, &origin.file, &changes(&document, &now))));
    }
    say!("as reviewed in {}: {}", path.display(), now.hash());
    Ok((analysis, planned))
}

/// An earlier run's leftovers, or another run's faults, at the same addresses.
pub(super) fn nothing_in_the_way(journal: &Journal, plan: &Plan) -> Result<(), Diagnostic> {
    let found = leftovers(journal, plan).map_err(|error| error.diagnostic())?;
    let Some(first) = found.first() else { return Ok(()) };
    let what = first.effect.intent.what();
    if first.alive {
        let headline = format!("the run {} ({}) is at work here: {what}", first.run, first.experiment);
        return Err(Diagnostic::error(codes::E0801, headline).help("wait until it has ended"));
    }
    let count = found.len();
    let headline = format!("{count} effects of the interrupted run {} may still be in force: {what}, …", first.run);
    Err(Diagnostic::error(codes::E0801, headline)
        .note(format!("the store is `{}`", journal.folder().display()))
        .help("run `chaos recover`; `chaos status` shows what there is"))
}

async fn execute(
    (plan, bounds): (Plan, Bounds),
    approvals: Vec<Approval>,
    (journal, endpoints): (Arc<Journal>, Vec<Endpoint>),
    head: Head,
    guarded: bool,
) -> Result<Verdict, RunError> {
    for endpoint in &endpoints {
        if let Some(hinders) = endpoint.hinders().await {
            complain(&hinders);
            return Ok(Verdict::Refused);
        }
    }
    let run = run_name();
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::start());
    let world = RealWorld::new(&plan, &run, journal.folder()).await?;
    let guard = if guarded { watched(&plan, &world, journal.folder(), &run) } else { Watched::by_nobody() };
    introduce(&plan, &endpoints);
    record(&approvals, &run, &journal)?;
    let kept = record::begin(world, &clock, journal.folder(), Head { run: run.clone(), ..head });
    let (sender, receiver) = mpsc::unbounded_channel();
    let events = Events::new(Arc::clone(&clock), sender);
    let halt = Halt::default();
    let signals = Signals::install().map_err(|error| RunError::new(codes::E0803, error.to_string()))?;
    let switch = (Arc::clone(&journal), run.clone(), endpoints);
    let deserted = tokio::spawn(tell_when_it_dies(guard.process(), events.clone()));
    let watching = tokio::spawn(kept.stopped_by(signals, switch, halt.clone(), events.clone()));
    let name = plan.experiment.clone();
    let printing = tokio::spawn(print_events(receiver, Arc::clone(&journal), run.clone()));
    let (world, folder) = (Arc::clone(&kept.world), journal.folder().to_path_buf());
    let claims = Claimed::of(&plan, &bounds, &run);
    let ending = Runner { plan, run: run.clone(), journal, world, clock, events, halt, claims }.run().await;
    deserted.abort();
    watching.abort();
    let _stopped = watching.await;
    let _printed = printing.await;
    if let Some(error) = &ending.error {
        complain(&error.diagnostic());
    }
    say!("{}", report::ending(&name, &ending));
    guard.end();
    kept.end(&ending, &folder, &run);
    Ok(ending.verdict)
}

/// Says when the guard has ended though the run goes on: nobody else looks after it.
async fn tell_when_it_dies(guard: Option<ProcessIdentity>, events: Events) {
    let Some(guard) = guard else { return };
    while guard.is_alive() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    events.note("the guard is gone: if this runner is killed, what it leaves waits for `chaos recover`");
}

/// The run's guard; where none can be started, that is said.
fn watched(plan: &Plan, world: &RealWorld, store: &Path, run: &str) -> Watched {
    let secrets = plan.secrets().filter_map(|of| match of {
        SecretRef::Variable(name) => Some(name.as_str()),
        SecretRef::File { .. } | SecretRef::Command { .. } => None,
    });
    let orders = Orders { store, run, keys: world.keys().to_line(plan), secrets: secrets.collect() };
    Watched::begin(&orders).unwrap_or_else(|why| {
        complain_of!("no guard could be started, so what a killed runner leaves waits for `chaos recover`: {why}");
        Watched::by_nobody()
    })
}

fn introduce(plan: &Plan, endpoints: &[Endpoint]) {
    say!("{} in the environment {}", Paint::bold(&plan.experiment), plan.environment);
    if let Some(hypothesis) = &plan.hypothesis {
        say!("  {hypothesis}");
    }
    for endpoint in endpoints {
        say!("  {} may stop it", endpoint.name());
    }
    say!("");
}

/// Writes down who has approved the run.
fn record(approvals: &[Approval], run: &str, journal: &Journal) -> Result<(), RunError> {
    for approval in approvals {
        let line = format!("approved by {}, of {}", approval.by, approval.group);
        say!("  {line}");
        journal.log(run, 0, &line)?;
    }
    Ok(())
}

/// Prints events as they come, and keeps them in the store.
async fn print_events(mut events: mpsc::UnboundedReceiver<Event>, journal: Arc<Journal>, run: String) {
    while let Some(event) = events.recv().await {
        let line = report::line(&event);
        say!("{line}");
        let plain = anstream::adapter::strip_str(&line).to_string();
        if let Err(error) = journal.log(&run, event.at.0, &plain) {
            complain_of!("{error}");
        }
    }
}

/// A name that no other run has: the time, and some chance.
pub(super) fn run_name() -> String {
    let seconds = seconds_now();
    let chance = new_token().unwrap_or_else(|_| format!("{:08x}", std::process::id()));
    format!("r{seconds:x}-{}", chance.chars().take(8).collect::<String>())
}
