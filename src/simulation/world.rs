//! The world that a run sees in virtual time.

use super::fate::{Deed, End, Fate, Turn};
use super::given::Givens;
use super::outside::Outside;
use super::samples::compared;
use super::solver::Variable;
use super::steady::Steady;
use super::steps::{Blocks, Steps};
use crate::base::{Clock, Instant};
use crate::diagnostics::codes;
use crate::injector::{Call, Evidence, Handle, Phase};
use crate::journal::Journal;
use crate::metrics::{Found, Nothing, Read};
use crate::monitor::Sample;
use crate::plan::{Injection, Plan, Proxy};
use crate::run::{ClaimIntent, FaultIntent, Future, Intent, Means, Moments, RunError, Witness, World};
use crate::toy::{FaultInForce, Toy};
use crate::types::Type;
use crate::types::model::{Argument, Class, ProbeUse, SourceRef};
use crate::types::term::{MetricId, Term};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A lease, as the real world gives it.
const LEASE: Duration = Duration::from_secs(10);

/// Everything of which a virtual world is made.
pub struct Scene {
    /// The plan that runs in it.
    pub plan: Arc<Plan>,
    /// The steps' blocks.
    pub blocks: Blocks,
    /// When its steps begin and end.
    pub moments: Moments,
    /// The run's name.
    pub run: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is given.
    pub givens: Givens,
    /// Values that satisfy what is asked of them, where that is given.
    pub steady: Option<Arc<Steady>>,
    /// What becomes of things.
    pub fate: Arc<dyn Fate>,
    /// What is outside, and stays.
    pub outside: Arc<Outside>,
    /// The store that must know of everything before it is done, where that is looked at.
    pub audit: Option<Arc<Journal>>,
    /// Rung when the runner dies.
    pub death: Arc<tokio::sync::Notify>,
}

/// A world in virtual time.
pub struct VirtualWorld {
    pub(super) scene: Scene,
    toy: Option<Mutex<Toy>>,
    state: Mutex<State>,
    /// Steps that inject faults of requests.
    on_requests: BTreeSet<String>,
    /// Metrics that some expectation compares with their baseline.
    pub(super) compared: BTreeSet<MetricId>,
}

#[derive(Default)]
struct State {
    /// When each metric was last read.
    read: BTreeMap<MetricId, Instant>,
    /// What was overtaken, by source.
    held: BTreeMap<String, Vec<(MetricId, Sample)>>,
    /// The injects that were prepared, by step.
    injections: BTreeMap<String, Injection>,
    /// What the toy system feels.
    felt: Vec<FaultInForce>,
}

impl VirtualWorld {
    /// A world, with a toy system in it or without.
    pub fn new(scene: Scene, toy: Option<Toy>) -> Self {
        let injections = scene.plan.injections().filter(|(_, injection)| injection.resource == "requests");
        let on_requests = injections.map(|(step, _)| step.name.clone()).collect();
        let compared = compared(&scene.plan);
        Self { scene, toy: toy.map(Mutex::new), state: Mutex::default(), on_requests, compared }
    }

    /// Whether a fault of requests is in force: only then there are parts of the traffic.
    pub(super) fn is_parted(&self) -> bool {
        let is_it = |step: &str| self.on_requests.contains(step);
        self.scene.outside.is_any_in_force(is_it, self.now())
    }

    /// When a metric was last read.
    pub(super) fn read_before(&self, metric: &MetricId) -> Option<Instant> {
        self.state().read.get(metric).copied()
    }

    /// Notes that a metric is read.
    pub(super) fn is_read(&self, metric: &MetricId, at: Instant) {
        self.state().read.insert(metric.clone(), at);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Instant {
        self.scene.clock.now()
    }

    pub(super) fn steps(&self) -> Steps {
        Steps::of(&self.scene.blocks, &self.scene.moments)
    }

    /// Lets the time pass that a deed takes. A runner that dies in it never goes on.
    async fn begin(&self, deed: Deed<'_>) -> Turn {
        let turn = self.scene.fate.turn(deed, self.now(), &self.steps());
        if !turn.takes.is_zero() {
            self.scene.clock.sleep_until(self.now() + turn.takes).await;
        }
        if turn.end == End::DiesBefore {
            self.die().await;
        }
        turn
    }

    async fn finish(&self, turn: Turn) {
        if turn.end == End::DiesAfter {
            self.die().await;
        }
    }

    async fn die(&self) {
        self.scene.death.notify_one();
        std::future::pending::<()>().await;
    }

    /// Requests a second to a service.
    fn traffic(&self, service: &str) -> f64 {
        self.scene.givens.traffic(service, self.now(), &self.steps())
    }

    /// The toy system, up to when it was last looked at.
    pub(super) fn toy_as_it_is(&self) -> Option<MutexGuard<'_, Toy>> {
        Some(self.toy.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The toy system, up to now.
    pub(super) fn toy(&self) -> Option<MutexGuard<'_, Toy>> {
        let mut toy = self.toy_as_it_is()?;
        let felt = self.state().felt.clone();
        toy.advance(self.now(), &felt);
        Some(toy)
    }

    /// What the toy system feels changes now.
    fn feel(&self, change: impl FnOnce(&mut Vec<FaultInForce>)) {
        drop(self.toy());
        change(&mut self.state().felt);
    }
}

// ---------------------------------------------------------------- metrics

impl VirtualWorld {
    async fn read_now(&self, source: &SourceRef, at: Instant) -> Read {
        let turn = self.begin(Deed::Read(source)).await;
        let steps = self.steps();
        let name = source.to_string();
        let silent = self.scene.givens.is_silent(source, at, &steps);
        let mut read = match turn.end {
            End::Fails => self.unreadable(source, at, "it does not answer"),
            End::Lost => Read::default(),
            _ if silent => self.unreadable(source, at, "it is given silent"),
            _ => self.samples(source, at, &steps),
        };
        if turn.end == End::Strays {
            read.samples.iter_mut().for_each(|(_, sample)| stray(sample));
        }
        let before = self.state().held.remove(&name).unwrap_or_default();
        if turn.end == End::Overtaken {
            let held = std::mem::take(&mut read.samples);
            self.state().held.insert(name, held);
        }
        read.samples.extend(before);
        self.finish(turn).await;
        read
    }

    async fn probe_now(&self, of: &ProbeUse, step: &str) -> Result<Found, Nothing> {
        let turn = self.begin(Deed::Call(step)).await;
        if matches!(turn.end, End::Fails | End::FailsThoughDone | End::Lost) {
            let why = if turn.takes.is_zero() { "it fails" } else { "it does not answer in time" };
            return Err(Nothing::from(why.to_owned()));
        }
        let given = self.scene.givens.answer(step, self.now(), &self.steps());
        let found = given.and_then(found).or_else(|| self.satisfying(of, step));
        self.finish(turn).await;
        found.ok_or_else(|| Nothing::from("nothing is given of what it finds".to_owned()))
    }

    /// An answer with which everything holds that is expected of it.
    fn satisfying(&self, of: &ProbeUse, step: &str) -> Option<Found> {
        let values = self.scene.steady.as_ref()?.answer(step);
        let number = values.get(&Variable::Answer(step.to_owned())).copied();
        let text = values.iter().find_map(|(variable, value)| match variable {
            Variable::Says(_, text) if *value > 0.5 => Some(text.clone()),
            _ => None,
        });
        Some(match of.returns {
            Type::String => Found::Text(text.unwrap_or_default()),
            Type::Bool => Found::Truth(number.is_none_or(|number| number > 0.5)),
            _ => Found::Number(number.unwrap_or(if of.action == "status" { 200.0 } else { 0.0 })),
        })
    }
}

fn found(value: Argument) -> Option<Found> {
    match value {
        Argument::Term(Term::Constant(number)) => Some(Found::Number(number)),
        Argument::Bool(truth) => Some(Found::Truth(truth)),
        Argument::Text(text) | Argument::Word(text) => Some(Found::Text(text)),
        _ => None,
    }
}

/// A share turns to its opposite; all else is ten times as much.
fn stray(sample: &mut Sample) {
    use crate::monitor::Point;
    match &mut sample.value {
        Ok(Point::Ratio { good, all }) => *good = *all - *good,
        Ok(Point::Increase(by) | Point::Gauge(by)) => *by = *by * 10.0 + 1.0,
        Ok(Point::Histogram { .. }) | Err(_) => {}
    }
}

// ---------------------------------------------------------------- effects

fn failure(what: &str) -> RunError {
    RunError::new(codes::E0710, what)
}

impl VirtualWorld {
    /// Nothing is done of which the store does not know.
    fn look_up(&self, intent: &Intent) {
        let Some(journal) = &self.scene.audit else { return };
        let known = journal.open_effects().0;
        let is_it = |text: &str| serde_json::from_str::<Intent>(text).is_ok_and(|known| known == *intent);
        if !known.iter().any(|record| record.run == self.scene.run && record.intent.as_deref().is_some_and(is_it)) {
            self.scene.outside.blame(format!("{} was done before the store knew of it", intent.what()), self.now());
        }
    }

    async fn apply_now(&self, intent: &Intent) -> Result<(), RunError> {
        self.look_up(intent);
        let Intent::Fault(fault) = intent else {
            let what = intent.what();
            let turn = self.begin(Deed::Start(&what)).await;
            if turn.end == End::Fails {
                return Err(failure("it cannot be started"));
            }
            self.scene.outside.start(intent, self.now());
            self.finish(turn).await;
            let done = turn.end != End::FailsThoughDone;
            return if done { Ok(()) } else { Err(failure("it does not answer")) };
        };
        let step = &fault.call.step;
        let turn = self.scene.fate.turn(Deed::Inject(step), self.now(), &self.steps());
        let then = self.now() + turn.takes;
        let dies_at_once = turn.end == End::DiesBefore && turn.takes.is_zero();
        if turn.end != End::Fails && !dies_at_once {
            // It is on its way, whatever becomes of the runner meanwhile.
            self.scene.outside.send(fault, then, self.now());
        }
        if turn.end == End::DiesBefore {
            self.die().await;
        }
        self.scene.clock.sleep_until(then).await;
        if turn.end != End::Fails {
            let injection = self.state().injections.get(step).cloned();
            let felt = injection.map(|injection| FaultInForce::of(step, &injection));
            self.feel(|all| all.extend(felt));
        }
        self.finish(turn).await;
        match turn.end {
            End::Fails | End::FailsThoughDone if turn.takes.is_zero() => Err(failure("the injector refuses it")),
            End::Fails | End::FailsThoughDone => Err(failure("the injector does not answer in time")),
            _ => Ok(()),
        }
    }

    async fn revert_now(&self, intent: &Intent) -> Result<String, RunError> {
        self.scene.outside.tries(&self.scene.run, intent, self.now());
        let Intent::Fault(fault) = intent else {
            let what = intent.what();
            let turn = self.begin(Deed::Stop(&what)).await;
            if turn.end == End::Fails {
                return Err(RunError { retryable: true, ..failure("it cannot be stopped") });
            }
            self.scene.outside.stop(&self.scene.run, intent, self.now());
            self.finish(turn).await;
            return Ok(String::new());
        };
        let step = &fault.call.step;
        let turn = self.begin(Deed::Revert(step)).await;
        if turn.end == End::Fails {
            return Err(RunError { retryable: true, ..failure("the injector cannot take it back") });
        }
        let was = self.scene.outside.take_back(fault, self.now());
        self.feel(|all| all.retain(|felt| felt.id != *step));
        self.finish(turn).await;
        match turn.end {
            End::FailsThoughDone => Err(RunError { retryable: true, ..failure("the injector does not answer") }),
            _ => Ok(if was { String::new() } else { "already gone".to_owned() }),
        }
    }

    async fn prepare_now(&self, injection: &Injection, step: &str) -> Result<FaultIntent, RunError> {
        let turn = self.begin(Deed::Prepare(step)).await;
        if turn.end == End::Fails {
            return Err(failure("the injector refuses it"));
        }
        self.state().injections.insert(step.to_owned(), injection.clone());
        let lease = (injection.class == Class::Leased).then_some(LEASE);
        let (run, experiment) = (self.scene.run.clone(), self.scene.plan.experiment.clone());
        self.finish(turn).await;
        Ok(FaultIntent {
            what: format!("{} on {}", injection.fault, injection.target),
            target: injection.target.clone(),
            component: injection.component.clone(),
            call: Call { run, experiment, step: step.to_owned(), fence: 0, lease, dry_run: false },
            handle: Handle { id: step.to_owned(), data: Vec::new() },
            proxy: injection.proxy.clone(),
            means: Means::default(),
            class: injection.class,
        })
    }

    async fn renew_now(&self, fault: &FaultIntent) -> Result<(), RunError> {
        self.scene.outside.asks(fault, self.now());
        let turn = self.begin(Deed::Renew(&fault.call.step)).await;
        match turn.end {
            End::Vanishes => self.lose(fault),
            End::Fails => return Err(RunError { retryable: true, ..failure("the injector does not answer") }),
            _ => {}
        }
        let there = self.scene.outside.renew(fault, self.now());
        self.finish(turn).await;
        if there { Ok(()) } else { Err(failure("the target does not know it")) }
    }

    fn lose(&self, fault: &FaultIntent) {
        self.scene.outside.lose(fault, self.now());
        self.feel(|all| all.retain(|felt| felt.id != fault.call.step));
    }

    fn status_now(&self, fault: &FaultIntent) -> Evidence {
        // Who has lost a fault says so whenever it is asked, not only when a lease is renewed.
        let asked = self.scene.fate.turn(Deed::Renew(&fault.call.step), self.now(), &self.steps());
        if asked.end == End::Vanishes {
            self.lose(fault);
        }
        let there = self.scene.outside.is_in_force(fault, self.now());
        let phase = if there { Phase::Active } else { Phase::Lost };
        let message = if there { String::new() } else { "nobody knows of it".to_owned() };
        Evidence { phase, acted: 0, message }
    }

    fn witnessed_now(&self, fault: &FaultIntent) -> Option<Witness> {
        let step = &fault.call.step;
        let injection = self.state().injections.get(step).cloned()?;
        let in_toy = self.toy().map(|toy| (toy.seen(step), toy.acted(step)));
        let rate = self.traffic(&injection.target);
        let seen = self.scene.outside.seen(fault, rate, self.now());
        let there = self.scene.outside.is_in_force(fault, self.now());
        let unseen = self.scene.fate.is_unseen(step, self.now(), &self.steps());
        if !there {
            return None;
        }
        let on_requests = injection.resource == "requests";
        let (seen, acted) = match in_toy {
            Some(counted) if on_requests => counted,
            _ if on_requests => (seen as u64, (seen * injection.touches.hi) as u64),
            _ => (1 + seen as u64, 1),
        };
        let acted = if unseen { 0 } else { acted };
        if acted > 0 {
            self.scene.outside.acts(fault, self.now());
        }
        Some(Witness { seen, acted })
    }
}

impl World for VirtualWorld {
    fn read<'a>(&'a self, source: &'a SourceRef, at: Instant) -> Future<'a, Read> {
        Box::pin(self.read_now(source, at))
    }

    fn probe<'a>(&'a self, of: &'a ProbeUse, step: &'a str) -> Future<'a, Result<Found, Nothing>> {
        Box::pin(self.probe_now(of, step))
    }

    fn apply<'a>(
        &'a self,
        intent: &'a mut Intent,
        _known: &'a (dyn Fn(&Intent) + Send + Sync),
    ) -> Future<'a, Result<(), RunError>> {
        Box::pin(self.apply_now(intent))
    }

    fn revert<'a>(&'a self, intent: &'a Intent) -> Future<'a, Result<String, RunError>> {
        Box::pin(self.revert_now(intent))
    }

    fn make_ready<'a>(&'a self, _: &'a Plan) -> Future<'a, Result<(), RunError>> {
        Box::pin(async { Ok(()) })
    }

    fn prepare<'a>(&'a self, injection: &'a Injection, step: &'a str) -> Future<'a, Result<FaultIntent, RunError>> {
        Box::pin(self.prepare_now(injection, step))
    }

    fn renew<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(self.renew_now(fault))
    }

    fn stake<'a>(&'a self, _: &'a ClaimIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async { Ok(()) }) // nobody is beside it
    }

    fn status<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<Evidence, RunError>> {
        Box::pin(async { Ok(self.status_now(fault)) })
    }

    fn witnessed<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Option<Witness>> {
        Box::pin(async { self.witnessed_now(fault) })
    }

    fn passed<'a>(&'a self, proxy: &'a Proxy) -> Future<'a, Option<u64>> {
        Box::pin(async {
            let in_toy = self.toy().map(|toy| toy.requests(&proxy.service));
            let counted = || self.scene.outside.passed(&proxy.service, self.traffic(&proxy.service), self.now()) as u64;
            Some(in_toy.unwrap_or_else(counted))
        })
    }

    fn proxy_stands<'a>(&'a self, proxy: &'a Proxy) -> Future<'a, Result<bool, RunError>> {
        Box::pin(async { Ok(self.scene.outside.stands(&proxy.admin, self.now())) })
    }
}
