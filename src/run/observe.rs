//! Looking at an environment as a run would, without a run: it is started, watched and taken down again; nothing is injected.

use super::board::Board;
use super::effects::Effects;
use super::error::RunError;
use super::event::EventKind;
use super::halt::Stop;
use super::runner::{Runner, Work, signals};
use super::sampling::{self, Tally};
use super::shared::{Judged, Shared};
use super::verdict::Verdict;
use super::{steady, supervise};
use crate::base::{Instant, unit};
use crate::injector::Handle;
use crate::metrics::Found;
use crate::monitor::{Baselines, Phase, Signals};
use crate::plan::{Injection, Plan, StepKind};
use crate::types::address::Url;
use crate::types::model::{ProbeUse, SourceRef};
use crate::types::term::Condition;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The least time in which metrics may begin, however short the look is.
const WARM_UP: Duration = Duration::from_secs(5);

/// What an environment showed while nothing was done to it.
#[derive(Debug)]
pub struct Observation {
    /// What was started, and is taken down again.
    pub started: Vec<String>,
    /// What could not be started or commanded, each with the error.
    pub failed: Vec<(String, RunError)>,
    /// For each inject, by its step: the handle that its injector would use, or why it refuses; nothing where an argument is
    /// known only in the run.
    pub prepared: BTreeMap<String, Option<Result<Handle, RunError>>>,
    /// For each call of a probe, by its step: what it found, or why nothing; nothing where it was not made.
    pub called: BTreeMap<String, Option<Result<Found, String>>>,
    /// Whether somebody takes connections, by `host:port`; nothing for what could not be looked at.
    pub answers: BTreeMap<String, Option<bool>>,
    /// From when to when it was watched, metrics having begun before.
    pub phase: (Instant, Instant),
    /// The samples.
    pub signals: Signals,
    /// The values and the noise of everything that the plan has conditions on.
    pub baselines: Baselines,
    /// What became of each SLO meanwhile.
    pub steady: Vec<Judged>,
    /// How the reads of the sources went.
    pub tallies: BTreeMap<SourceRef, Tally>,
    /// Requests that had passed the proxies, by service: at the start and at the end.
    pub passed: BTreeMap<String, (Option<u64>, Option<u64>)>,
    /// Changes of the system under the look.
    pub changes: Vec<String>,
    /// Why it was stopped early, if it was.
    pub stopped: Option<Stop>,
    /// What could not be taken down, each with what to do.
    pub left: Vec<String>,
}

impl Runner {
    /// Starts the environment, watches it for `length` once its metrics have begun, and takes everything down that it
    /// started. Nothing is injected.
    ///
    /// # Errors
    /// The store cannot be written, or another run is at work at the same addresses: nothing was touched.
    pub async fn observe(self, length: Duration) -> Result<Observation, RunError> {
        let name = if self.plan.experiment.is_empty() { "(rehearsal)" } else { &self.plan.experiment };
        self.journal.begin(&self.run, name, &self.plan.environment, &self.claims.store)?;
        let (journal, run) = (Arc::clone(&self.journal), self.run.clone());
        let (clock, world) = (Arc::clone(&self.clock), Arc::clone(&self.world));
        let effects = Effects::new(Arc::clone(&journal), Arc::clone(&world), Arc::clone(&clock), run.clone());
        let board = Board::new(signals(&self.plan));
        let shared = Arc::new(Shared::new(self.plan, world, clock, effects, board, self.halt, self.events));
        let store = journal.folder().to_path_buf();
        let work =
            Work { shared: Arc::clone(&shared), run: run.clone(), store, keeps: false, claims: self.claims.proxies };
        let mut seen = look(&work, length).await;
        seen.stopped = shared.halt.stopped();
        work.take_everything_back().await;
        let reasons = shared.reasons().into_iter();
        let (left, changes): (Vec<_>, Vec<_>) = reasons.partition(|reason| reason.verdict == Verdict::NotReverted);
        seen.left = left.into_iter().map(|reason| reason.text).collect();
        seen.changes = changes.into_iter().map(|reason| reason.text).collect();
        let verdict = if seen.left.is_empty() { "rehearsed" } else { "not reverted" };
        if let Err(error) = journal.end(&run, verdict, seen.left.first().map_or("", String::as_str)) {
            shared.events.note(error.to_string());
        }
        Ok(seen)
    }
}

/// What is seen until its time is over or it is stopped. Everything that is seen is kept, also when it is stopped.
async fn look(work: &Work, length: Duration) -> Observation {
    let shared = &work.shared;
    let mut seen = Observation::nothing(shared.clock.now());
    tokio::select! {
        biased;
        () = watch(work, length, &mut seen) => {}
        _ = shared.halt.wait() => {}
    }
    let now = shared.clock.now();
    let (start, end) = seen.phase;
    seen.phase = (start, if end > start { end } else { now });
    seen.started = shared.effects.open().iter().rev().map(|effect| effect.intent.what()).collect();
    seen.signals = shared.board.signals().clone();
    seen.tallies = shared.tallies.all();
    let all = conditions(&shared.plan);
    seen.baselines = Baselines::over(&all, &all, seen.phase, shared.window(), &seen.signals);
    let phase = Phase { start, end: Some(seen.phase.1) };
    seen.steady = steady::judged(&shared.plan, &seen.signals, phase);
    seen
}

async fn watch(work: &Work, length: Duration, seen: &mut Observation) {
    let shared = &work.shared;
    seen.failed = work.start_what_it_can().await;
    let mut tasks = JoinSet::new();
    for source in shared.plan.sources.keys().cloned() {
        tasks.spawn(sampling::sample(Arc::clone(shared), work.run.clone(), source));
    }
    tasks.spawn(supervise::supervise(Arc::clone(shared)));
    warm_up(shared, length.max(WARM_UP)).await;
    seen.called = call(shared).await;
    seen.prepared = prepare(shared).await;
    let start = shared.clock.now();
    seen.phase = (start, start);
    shared.events.tell(EventKind::Baseline { length });
    shared.changes.watch_from(start);
    let before = passed(shared).await;
    seen.answers = answers(shared).await;
    shared.clock.sleep_until(start + length).await;
    let after = passed(shared).await;
    seen.passed =
        before.into_iter().map(|(name, count)| (name.clone(), (count, after.get(&name).copied().flatten()))).collect();
    seen.phase.1 = shared.clock.now();
    shared.sample_now().await;
}

impl Observation {
    fn nothing(now: Instant) -> Self {
        Self {
            started: Vec::new(),
            failed: Vec::new(),
            prepared: BTreeMap::new(),
            called: BTreeMap::new(),
            answers: BTreeMap::new(),
            phase: (now, now),
            signals: Signals::default(),
            baselines: Baselines::new(),
            steady: Vec::new(),
            tallies: BTreeMap::new(),
            passed: BTreeMap::new(),
            changes: Vec::new(),
            stopped: None,
            left: Vec::new(),
        }
    }

    /// How long it was watched.
    pub fn length(&self) -> Duration {
        self.phase.1.since(self.phase.0)
    }
}

/// Waits until every metric has a value, at most so long: a system that has just started has none yet.
async fn warm_up(shared: &Shared, most: Duration) {
    let deadline = shared.clock.now() + most.min(unit::to_duration(shared.plan.no_data) + shared.window());
    let mut bell = shared.board.bell();
    let begun = || {
        let signals = shared.board.signals();
        shared.plan.bindings.keys().all(|metric| signals.get(metric).is_some_and(|it| it.is_known()))
    };
    while !begun() && shared.clock.now() < deadline {
        tokio::select! {
            biased;
            _ = bell.changed() => {}
            () = shared.clock.sleep_until(deadline) => {}
        }
    }
}

async fn passed(shared: &Shared) -> BTreeMap<String, Option<u64>> {
    let mut counts = BTreeMap::new();
    for proxy in shared.plan.proxies.iter() {
        counts.insert(proxy.service.clone(), shared.world.passed(proxy).await);
    }
    counts
}

/// Every address that the environment names, once.
async fn answers(shared: &Shared) -> BTreeMap<String, Option<bool>> {
    let places = shared.plan.places.values();
    let urls = places.clone().flat_map(|place| &place.instances).filter_map(|url| Url::parse(url).ok());
    let instances = urls.map(|url| url.address.to_string());
    let proxies = places.flat_map(|place| [&place.through, &place.admin]).flatten().cloned();
    let all: BTreeSet<String> = instances.chain(proxies).collect();
    let ask = all.into_iter().map(async |address| {
        let found = shared.world.answers(&address).await;
        (address, found)
    });
    futures_util::future::join_all(ask).await.into_iter().collect()
}

/// Has each injector say what it would create.
async fn prepare(shared: &Shared) -> BTreeMap<String, Option<Result<Handle, RunError>>> {
    let mut all = BTreeMap::new();
    for (step, injection) in shared.plan.injections() {
        let known: Option<Injection> = shared.answers.injection(injection).ok();
        let found = match known {
            Some(known) => Some(shared.world.prepare(&known, &step.name).await.map(|fault| fault.handle)),
            None => None,
        };
        all.insert(step.name.clone(), found);
    }
    all
}

/// Makes the calls that only read. What a program does nobody knows before; it is left to the run.
async fn call(shared: &Shared) -> BTreeMap<String, Option<Result<Found, String>>> {
    let mut all = BTreeMap::new();
    for step in shared.plan.graph.steps() {
        let StepKind::Call { probe, component, returns, arguments } = &step.kind else { continue };
        let found = match (component.0.as_str(), shared.answers.arguments(arguments)) {
            ("http" | "tcp", Ok(arguments)) => {
                let (component, action) = component.clone();
                let of = ProbeUse { probe: probe.clone(), component, action, returns: returns.clone(), arguments };
                Some(shared.world.probe(&of, &step.name).await.map_err(|error| error.to_string()))
            }
            _ => None,
        };
        if let Some(Ok(found)) = &found {
            shared.answers.keep(&step.name, found.clone());
        }
        all.insert(step.name.clone(), found);
    }
    all
}

/// Everything that a plan has a condition on.
fn conditions(plan: &Plan) -> Vec<&Condition> {
    let slos = plan.steady.iter().map(|slo| &slo.condition);
    slos.chain(steady::compared(plan)).collect()
}
