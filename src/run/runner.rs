//! One run, from the first process to the verdict.

use super::board::Board;
use super::claims::{self, Claimed};
use super::effects::{ATTEMPTS, Effects, LeftOver, Undone};
use super::error::RunError;
use super::event::{EventKind, Events};
use super::halt::Halt;
use super::intent::{ClaimIntent, Intent, ProcessIntent};
use super::sampling::Tally;
use super::shared::Shared;
pub use super::shared::{FaultReport, Judged};
use super::verdict::{Reason, Verdict, outcome};
use super::world::World;
use super::{proxy, recovery, sampling, steady, steps, supervise, watch};
use crate::base::{Clock, unit};
use crate::diagnostics::codes;
use crate::journal::{EffectId, Journal, default_folder};
use crate::monitor::Signals;
use crate::plan::{Plan, Process, Proxy};
use crate::types::model::SourceRef;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::JoinSet;

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not simply *confirmed*, the gravest first.
    pub reasons: Vec<Reason>,
    /// What became of each expectation.
    pub judged: Vec<Judged>,
    /// What each fault did.
    pub faults: Vec<FaultReport>,
    /// The sources of which reads failed or were late.
    pub sources: Vec<(SourceRef, Tally)>,
    /// The error that broke it, with its code.
    pub error: Option<RunError>,
}

/// Runs a plan.
pub struct Runner {
    /// The plan; all its quantities are known.
    pub plan: Plan,
    /// The run's name.
    pub run: String,
    /// The store.
    pub journal: Arc<Journal>,
    /// The outside.
    pub world: Arc<dyn World>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub events: Events,
    /// The stop signal.
    pub halt: Halt,
    /// What it claims.
    pub claims: Claimed,
}

impl Runner {
    /// Runs it to the end. Whatever happens, everything is taken back before this returns.
    pub async fn run(self) -> Ending {
        let (experiment, environment) = (&self.plan.experiment, &self.plan.environment);
        let began = self.journal.begin(&self.run, experiment, environment, &self.claims.store);
        if let Err(error) = began {
            return refused(error.into());
        }
        let (clock, world) = (Arc::clone(&self.clock), Arc::clone(&self.world));
        let effects = Effects::new(Arc::clone(&self.journal), Arc::clone(&world), Arc::clone(&clock), self.run.clone());
        let board = Board::new(signals(&self.plan));
        let shared = Shared::new(self.plan, world, clock, effects, board, self.halt, self.events);
        let store = self.journal.folder().to_path_buf();
        let claims = self.claims.proxies;
        let mut work = Work { shared: Arc::new(shared), run: self.run, store, keeps: true, claims };
        work.shared.events.tell(EventKind::Began { run: work.run.clone() });
        let error = work.everything().await.err();
        let ending = work.wind_up(error).await;
        let summary = ending.reasons.first().map_or("", |reason| reason.text.as_str());
        match self.journal.end(&work.run, &ending.verdict.to_string(), summary) {
            Ok(()) => ending,
            Err(error) => unwritten(ending, error.into()),
        }
    }
}

/// Nothing was touched: the store cannot be written, or another run is at work here.
fn refused(error: RunError) -> Ending {
    let reason = Reason { verdict: Verdict::Refused, text: error.message.clone() };
    Ending {
        verdict: Verdict::Refused,
        reasons: vec![reason],
        judged: Vec::new(),
        faults: Vec::new(),
        sources: Vec::new(),
        error: Some(error),
    }
}

/// The command that takes back what is left in a store.
pub fn repair(store: &Path) -> String {
    if default_folder().is_some_and(|default| default == store) {
        return "chaos recover".to_owned();
    }
    format!("chaos recover --store {}", shell_words::quote(&store.display().to_string()))
}

/// What came of a run is not in the store, which then says that the run has left something: it did not end as it should.
fn unwritten(mut ending: Ending, error: RunError) -> Ending {
    if !ending.reasons.iter().any(|reason| reason.text.ends_with(&error.message)) {
        ending.reasons.push(Reason { verdict: Verdict::Broken, text: error.message.clone() });
    }
    ending.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
    ending.verdict = outcome(&ending.reasons);
    ending.error.get_or_insert(error);
    ending
}

/// A read may take this long, in seconds, before its sample counts as late.
const READING: f64 = 1.0;

/// A signal for every bound metric. A value holds for two and a half intervals of its source, those of the server behind it
/// included, and the time of a read.
pub(super) fn signals(plan: &Plan) -> Signals {
    let mut signals = Signals::default();
    for (metric, binding) in &plan.bindings {
        signals.add(metric.clone(), unit::to_duration(2.5 * plan.lag(&binding.source) + READING));
    }
    signals
}

/// What has to stand before anything is measured.
enum Part<'p> {
    Process(&'p Process),
    Proxy(&'p Proxy),
}

impl Part<'_> {
    fn name(&self) -> String {
        match self {
            Part::Process(process) => process.name.clone(),
            Part::Proxy(proxy) => format!("proxy of {}", proxy.service),
        }
    }
}

/// Everything that has to stand, in order: each proxy right after the first process of its service.
fn parts(plan: &Plan) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut standing: Vec<&str> = Vec::new();
    for process in plan.processes.iter() {
        parts.push(Part::Process(process));
        for proxy in plan.proxies.iter().filter(|proxy| proxy.service == process.service) {
            if !standing.contains(&proxy.service.as_str()) {
                standing.push(&proxy.service);
                parts.push(Part::Proxy(proxy));
            }
        }
    }
    parts.extend(plan.proxies.iter().filter(|it| !standing.contains(&it.service.as_str())).map(Part::Proxy));
    parts
}

/// The moment from which on everything is taken back.
pub const WINDING_UP: &str = "winding up";

pub(super) struct Work {
    pub shared: Arc<Shared>,
    pub run: String,
    pub store: PathBuf,
    /// Whether proxies through which others call stay at the end.
    pub keeps: bool,
    /// What it claims at proxies.
    pub claims: Vec<ClaimIntent>,
}

impl Work {
    /// Environment, steady state, steps. Stops early when told to; what is open then is taken back by `wind_up`.
    async fn everything(&mut self) -> Result<(), RunError> {
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            biased;
            started = self.start_environment() => started?,
            _ = shared.halt.wait() => return Ok(()),
        }
        shared.world.make_ready(&shared.plan).await?;
        let began = shared.clock.now();
        let mut tasks = JoinSet::new();
        tasks.spawn(claims::keep(Arc::clone(&shared), self.claims.clone()));
        for source in shared.plan.sources.keys().cloned() {
            tasks.spawn(sampling::sample(Arc::clone(&shared), self.run.clone(), source));
        }
        tasks.spawn(supervise::supervise(Arc::clone(&shared)));
        let unsteady = tokio::select! {
            biased;
            unsteady = steady::judge(&shared) => unsteady,
            _ = shared.halt.wait() => return Ok(()),
        };
        if !unsteady.is_empty() {
            steady::report(&shared, unsteady);
            return Ok(());
        }
        tasks.spawn(watch::watch(Arc::clone(&shared), began));
        let (over, told) = tokio::sync::watch::channel(false);
        let overall = tokio::spawn(steps::overall(Arc::clone(&shared), told));
        steps::run_graph(&shared).await;
        over.send_replace(true);
        if let Err(panic) = overall.await {
            shared.halt.stop(Verdict::Broken, format!("judging the whole run failed: {panic}"));
        }
        recovery::judge(&shared).await;
        Ok(())
    }

    async fn start_environment(&self) -> Result<(), RunError> {
        let plan = &self.shared.plan;
        for process in plan.processes.iter() {
            if let Some(proxy) = plan.proxies.iter().find(|proxy| proxy.service == process.service) {
                self.proxy_is_free(proxy).await?;
            }
        }
        // What others have claimed at a proxy that stands is known before anything is started.
        let mut claimed = Vec::new();
        for claim in &self.claims {
            match self.claim(claim).await {
                Ok(()) => claimed.push(&claim.proxy.admin),
                Err(error) if claims::stops(&error).is_some() => return Err(error),
                Err(_) => {} // it is started next, or what is wrong with it is said there
            }
        }
        for part in parts(plan) {
            self.stand(&part).await?;
        }
        for claim in self.claims.iter().filter(|claim| !claimed.contains(&&claim.proxy.admin)) {
            self.claim_soon(claim).await?;
        }
        Ok(())
    }

    /// A proxy that does not answer at once is asked again.
    async fn claim_soon(&self, claim: &ClaimIntent) -> Result<(), RunError> {
        for _ in 1..ATTEMPTS {
            match self.claim(claim).await {
                Err(error) if error.retryable => {}
                result => return result,
            }
        }
        self.claim(claim).await
    }

    async fn claim(&self, claim: &ClaimIntent) -> Result<(), RunError> {
        self.shared.effects.perform(|_| Intent::Claim(claim.clone())).await.map(|_| ())
    }

    /// Starts all that it can, and gives what could not be started, each with the error.
    pub(super) async fn start_what_it_can(&self) -> Vec<(String, RunError)> {
        let mut failed = Vec::new();
        for part in parts(&self.shared.plan) {
            if let Err(error) = self.stand(&part).await {
                failed.push((part.name(), error));
            }
        }
        failed
    }

    async fn stand(&self, part: &Part<'_>) -> Result<(), RunError> {
        match part {
            Part::Process(process) => self.start_process(process).await,
            Part::Proxy(proxy) => self.stand_proxy(proxy).await,
        }
    }

    /// Says early what is wrong with a proxy, before anything was started.
    async fn proxy_is_free(&self, proxy: &Proxy) -> Result<(), RunError> {
        self.shared.world.proxy_stands(proxy).await.map(|_| ())
    }

    fn log(&self, name: &str) -> PathBuf {
        self.store.join("runs").join(&self.run).join(format!("{}.log", name.replace(' ', "-")))
    }

    fn marker(&self, id: EffectId) -> String {
        format!("{}/{}", self.run, id.0)
    }

    async fn start_process(&self, process: &Process) -> Result<(), RunError> {
        let make = |id| {
            Intent::Process(ProcessIntent {
                name: process.name.clone(),
                service: process.service.clone(),
                calls: self.shared.plan.called_by(&process.service),
                command: process.command.clone(),
                address: process.address.clone(),
                log: self.log(&process.name),
                marker: self.marker(id),
                identity: None,
            })
        };
        self.shared.effects.perform(make).await?;
        let place = process.address.clone().unwrap_or_default();
        self.shared.events.tell(EventKind::Started { name: process.name.clone(), place });
        Ok(())
    }

    async fn stand_proxy(&self, proxy: &Proxy) -> Result<(), RunError> {
        let (name, place) = (format!("proxy of {}", proxy.service), proxy.listen.clone());
        if self.shared.world.proxy_stands(proxy).await? {
            self.shared.events.tell(EventKind::Found { name, place });
            return Ok(());
        }
        let make = |id| Intent::Proxy(proxy::intent(proxy, &self.store, self.log(&name), self.marker(id)));
        self.shared.effects.perform(make).await?;
        // It listens; now it must also answer as the proxy that we commanded.
        if !self.shared.world.proxy_stands(proxy).await? {
            let message = format!("the proxy of `{}` does not answer at {}", proxy.service, proxy.admin);
            return Err(RunError::new(codes::E0709, message));
        }
        self.shared.events.tell(EventKind::Started { name, place });
        Ok(())
    }

    /// Takes everything back and says what came of the run.
    async fn wind_up(&self, error: Option<RunError>) -> Ending {
        let shared = &self.shared;
        shared.moment(WINDING_UP).await;
        shared.settle_comparisons();
        if let Some(stop) = shared.halt.stopped() {
            shared.events.tell(EventKind::Stopping { reason: stop.reason.clone() });
            shared.because(stop.verdict, stop.reason);
        }
        if let Some(error) = &error {
            let refused = [codes::E0809, codes::E0817].contains(&error.code) && !shared.has_injected();
            let verdict = if refused { Verdict::Refused } else { Verdict::Broken };
            shared.because(verdict, error.message.clone());
        }
        self.take_everything_back().await;
        let mut reasons = shared.reasons();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
        Ending {
            verdict: outcome(&reasons),
            reasons,
            judged: shared.judged(),
            faults: shared.faults(),
            sources: shared.tallies.troubled(),
            error,
        }
    }

    /// What came on top of another before that, all else at once.
    pub(super) async fn take_everything_back(&self) {
        let used_by_others =
            |effect: &LeftOver| self.keeps && matches!(&effect.intent, Intent::Proxy(proxy) if !proxy.proxy.stoppable);
        let (kept, open): (Vec<_>, Vec<_>) = self.shared.effects.open().into_iter().partition(used_by_others);
        let (mut left, mut stopped) = (Vec::new(), Vec::new());
        let told = |effect: &LeftOver, undone: &Undone| match (&undone.result, &effect.intent) {
            (Err(error), _) => left.push((effect.clone(), undone.what.clone(), error.clone())),
            (Ok(_), Intent::Proxy(proxy)) => stopped.push(proxy.proxy.admin.clone()),
            (Ok(_), Intent::Fault(_)) => {
                let (step, took) = (undone.what.clone(), undone.took);
                self.shared.events.tell(EventKind::Reverted { step, took, acted: 0 });
            }
            (Ok(_), Intent::Process(_) | Intent::Claim(_)) => {}
        };
        self.shared.effects.undo_all(open, told).await;
        kept.iter().for_each(|effect| self.keep(effect));
        for (effect, what, error) in left {
            self.still_in_force(&effect, &what, &error, &stopped);
        }
    }

    /// A fault that its proxy held the lease of is gone with that proxy; anything else may still be in force.
    fn still_in_force(&self, effect: &LeftOver, what: &str, error: &RunError, stopped: &[String]) {
        if let Intent::Fault(fault) = &effect.intent
            && fault.call.lease.is_some()
            && fault.proxy.as_ref().is_some_and(|proxy| stopped.contains(&proxy.admin))
        {
            self.shared.effects.gone(effect, "it ended with its proxy");
            return self
                .shared
                .events
                .note(format!("{what}: it could not be reverted ({error}), and ended with its proxy"));
        }
        let first = error.help.as_ref().map_or_else(String::new, |help| format!("{help}, then "));
        let repair = repair(&self.store);
        self.shared.because(Verdict::NotReverted, format!("{what} is still in force: {error}; {first}run `{repair}`"));
    }

    /// A proxy whose callers were not all started by this run stays: they would find a dead address.
    fn keep(&self, effect: &LeftOver) {
        let what = effect.intent.what();
        if let Err(error) = self.shared.effects.keep(effect, "others call through it") {
            return self.shared.events.note(format!("{what}: {error}"));
        }
        let identity = effect.intent.process().and_then(|process| process.identity);
        let pid = identity.map_or_else(String::new, |identity| format!(" (pid {})", identity.pid));
        self.shared.events.note(format!("the {what}{pid} stays, since others call through it; it passes traffic on"));
    }
}
