//! The world that a run sees in virtual time.

use super::fate::{Deed, End, Fate, Turn};
use super::gauges::{Shown, Stretch, sample};
use super::given::{Givens, Told};
use super::outside::Outside;
use super::solver::Variable;
use super::steady::{Others, Steady};
use super::steps::{Blocks, Steps};
use crate::base::{Clock, Instant, unit};
use crate::diagnostics::codes;
use crate::injector::{Call, Evidence, Handle, Phase};
use crate::journal::Journal;
use crate::metrics::{Found, Nothing, Read};
use crate::monitor::{Cause, Sample};
use crate::plan::{Injection, Plan, Proxy};
use crate::run::{FaultIntent, Future, Intent, Moments, RunError, Witness, World};
use crate::toy::{FaultInForce, Toy};
use crate::types::Type;
use crate::types::model::{Argument, Class, ProbeUse, SourceRef};
use crate::types::term::{MetricId, Term};
use std::collections::BTreeMap;
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
    scene: Scene,
    toy: Option<Mutex<Toy>>,
    state: Mutex<State>,
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
        Self { scene, toy: toy.map(Mutex::new), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Instant {
        self.scene.clock.now()
    }

    fn steps(&self) -> Steps {
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

    /// The toy system, up to now.
    fn toy(&self) -> Option<MutexGuard<'_, Toy>> {
        let mut toy = self.toy.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
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
        let silent = self.scene.givens.is_silent(&name, at, &steps);
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

    fn bound(&self, source: &SourceRef) -> Vec<MetricId> {
        let bindings = self.scene.plan.bindings.iter();
        bindings.filter(|(_, binding)| binding.source == *source).map(|(metric, _)| metric.clone()).collect()
    }

    fn unreadable(&self, source: &SourceRef, at: Instant, why: &str) -> Read {
        let value = Err(Cause::Unreadable(why.to_owned()));
        let sample = Sample { from: at, at, value };
        let samples = self.bound(source).into_iter().map(|metric| (metric, sample.clone())).collect();
        Read { samples, failures: vec![why.to_owned()], ..Read::default() }
    }

    fn samples(&self, source: &SourceRef, at: Instant, steps: &Steps) -> Read {
        // A server shows what it has scraped last.
        let scrape = self.scene.plan.sources.get(source).map_or(0.0, |source| source.scrape);
        let interval = u64::try_from(unit::to_duration(scrape).as_nanos()).unwrap_or(u64::MAX);
        let at = if interval > 0 { Instant(at.0 - at.0 % interval) } else { at };
        let others = self.others(at, steps);
        let samples = self.bound(source).into_iter().filter_map(|metric| {
            let sample = self.sample(&metric, at, steps, &others)?;
            Some((metric, sample))
        });
        Read { samples: samples.collect(), ..Read::default() }
    }

    /// What is known of all metrics, before steady values are sought for the others.
    fn others(&self, at: Instant, steps: &Steps) -> Others {
        let mut others = Others::default();
        if self.scene.steady.is_none() {
            return others;
        }
        for (metric, binding) in &self.scene.plan.bindings {
            let variable = Variable::Metric(metric.clone());
            let counts = matches!(binding.how, crate::types::model::How::Counter(_));
            match self.scene.givens.metric(metric, at, steps) {
                Some(Told::Value(course, began)) if !counts => {
                    others.given.insert(variable, course.at(at.since(began).as_secs_f64()));
                }
                Some(_) => _ = others.unknown.insert(variable),
                None if self.is_in_toy(metric) => _ = others.unknown.insert(variable),
                None => {}
            }
        }
        others
    }

    fn is_in_toy(&self, metric: &MetricId) -> bool {
        self.toy.as_ref().is_some_and(|toy| toy.lock().unwrap_or_else(PoisonError::into_inner).shows(metric))
    }

    fn sample(&self, metric: &MetricId, at: Instant, steps: &Steps, others: &Others) -> Option<Sample> {
        let binding = self.scene.plan.bindings.get(metric)?;
        let from = self.state().read.get(metric).copied();
        if from == Some(at) {
            return None;
        }
        let shown = match self.scene.givens.metric(metric, at, steps) {
            Some(Told::NoData) => return Some(silent(metric, at)),
            Some(Told::Value(course, began)) => Shown::Course(course, began),
            None if self.is_in_toy(metric) => return self.toy_sample(metric, from, at),
            None => match self.scene.steady.as_ref().and_then(|it| it.value(metric, at, steps, others)) {
                Some(value) => Shown::Value(value),
                None => return Some(silent(metric, at)),
            },
        };
        self.state().read.insert(metric.clone(), at);
        let seconds = from.map_or(0.0, |from| at.since(from).as_secs_f64());
        let rate = self.scene.givens.traffic(&metric.service, at, steps);
        sample(&binding.how, shown, Stretch { from, at, requests: rate * seconds })
    }

    fn toy_sample(&self, metric: &MetricId, from: Option<Instant>, at: Instant) -> Option<Sample> {
        let toy = self.toy()?;
        self.state().read.insert(metric.clone(), at);
        let point = toy.sample(metric, from.unwrap_or(at), at)?;
        let from = if matches!(point, crate::monitor::Point::Gauge(_)) { at } else { from? };
        Some(Sample { from, at, value: Ok(point) })
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

fn silent(metric: &MetricId, at: Instant) -> Sample {
    Sample { from: at, at, value: Err(Cause::NoSeries(metric.metric.clone())) }
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
        let known = journal.open_effects().unwrap_or_default();
        let is_it = |text: &str| serde_json::from_str::<Intent>(text).is_ok_and(|known| known == *intent);
        if !known.iter().any(|record| record.run == self.scene.run && is_it(&record.intent)) {
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
        let Intent::Fault(fault) = intent else {
            let what = intent.what();
            let turn = self.begin(Deed::Stop(&what)).await;
            if turn.end == End::Fails {
                return Err(RunError { retryable: true, ..failure("it cannot be stopped") });
            }
            self.scene.outside.stop(intent, self.now());
            self.finish(turn).await;
            return Ok(String::new());
        };
        let step = &fault.call.step;
        self.scene.outside.tries(fault, self.now());
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
            component: injection.component.clone(),
            call: Call { run, experiment, step: step.to_owned(), fence: 0, lease },
            handle: Handle { id: step.to_owned(), data: Vec::new() },
            proxy: injection.proxy.clone(),
            class: injection.class,
        })
    }

    async fn renew_now(&self, fault: &FaultIntent) -> Result<(), RunError> {
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
        Some(Witness { seen, acted: if unseen { 0 } else { acted } })
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
