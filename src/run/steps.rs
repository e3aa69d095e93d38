//! Running the graph: a step begins when all that it waits for have ended.

use super::event::EventKind;
use super::shared::Shared;
use super::verdict::Verdict;
use super::{inject, stable};
use crate::base::{Instant, unit};
use crate::monitor::{Obligation, Outcome, Phase, View, truth};
use crate::plan::graph::StepId;
use crate::plan::{Edge, LATE, QUERY_TIMEOUT, Step, StepKind};
use crate::types::model::{Expectation, ProbeUse};
use crate::types::term::{Condition, Demand};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Runs all steps; returns when the last has ended, or all that had begun have after a stop.
pub async fn run_graph(shared: &Arc<Shared>) {
    let (sender, mut starts) = mpsc::unbounded_channel();
    let mut progress = Progress::default();
    let mut running: JoinSet<Done> = JoinSet::new();
    loop {
        while shared.halt.stopped().is_none()
            && let Some((id, at)) = progress.next(shared)
        {
            running.spawn(start(Arc::clone(shared), id, at, sender.clone()));
        }
        tokio::select! {
            biased;
            ended = running.join_next() => match ended {
                None => return progress.all_ran(shared),
                Some(Ok(done)) => progress.take(done),
                Some(Err(panic)) => {
                    shared.halt.stop(Verdict::Broken, format!("a step failed: {panic}"));
                }
            },
            Some((id, at)) = starts.recv() => drop(progress.begun.insert(id, at)),
        }
    }
}

/// How far the graph has come.
#[derive(Default)]
struct Progress {
    /// Steps that were set going, if only to wait for their moment.
    taken: BTreeSet<StepId>,
    begun: BTreeMap<StepId, Instant>,
    ended: BTreeSet<StepId>,
    /// The way that each choice took.
    ways: BTreeMap<StepId, Option<bool>>,
}

impl Progress {
    /// The next step that waits for nothing more but its moment. Steps on ways that were not taken end here.
    fn next(&mut self, shared: &Shared) -> Option<(StepId, Instant)> {
        loop {
            let order = shared.plan.graph.order();
            let (id, at) =
                order.into_iter().filter(|id| !self.taken.contains(id)).find_map(|id| self.ready(shared, id))?;
            self.taken.insert(id);
            let step = shared.plan.graph.step(id)?;
            let chosen = step.guards.iter().all(|(choice, way)| self.ways.get(choice) == Some(&Some(*way)));
            if chosen && !shared.has_ended(&step.escalations) {
                return Some((id, at));
            }
            if !matches!(step.kind, StepKind::Mark) {
                shared.skip(&step.name);
            }
            self.begun.insert(id, at);
            self.end(id, None);
        }
    }

    /// When a step may begin, if all that it waits for has come.
    fn ready(&self, shared: &Shared, id: StepId) -> Option<(StepId, Instant)> {
        let mut at = shared.clock.now();
        for (before, edge) in shared.plan.graph.before(id) {
            match edge {
                Edge::End if self.ended.contains(&before) => {}
                Edge::End => return None,
                Edge::Start(offset) => at = at.max(*self.begun.get(&before)? + unit::to_duration(offset)),
            }
        }
        Some((id, at))
    }

    /// A step has ended. That it had begun may have been told on the other channel and not been read yet.
    fn take(&mut self, done: Done) {
        if let Some(at) = done.began {
            self.begun.insert(done.id, at);
        }
        self.end(done.id, done.way);
    }

    /// A step that never had its turn, though nobody stopped the run, leaves the run without a verdict.
    fn all_ran(&self, shared: &Shared) {
        if shared.halt.stopped().is_some() {
            return;
        }
        let left = shared.plan.graph.order().into_iter().find(|id| !self.taken.contains(id));
        if let Some(step) = left.and_then(|id| shared.plan.graph.step(id)) {
            shared.halt.stop(Verdict::Broken, format!("the step {} never had its turn", step.name));
        }
    }

    fn end(&mut self, id: StepId, way: Option<bool>) {
        self.ended.insert(id);
        self.ways.insert(id, way);
    }
}

/// A step that has ended.
struct Done {
    id: StepId,
    /// When it began, if it did.
    began: Option<Instant>,
    /// The way that it took, if it is a choice.
    way: Option<bool>,
}

/// Waits for the step's moment, tells that it begins, and runs it.
async fn start(shared: Arc<Shared>, id: StepId, at: Instant, starts: mpsc::UnboundedSender<(StepId, Instant)>) -> Done {
    tokio::select! {
        biased;
        () = shared.clock.sleep_until(at) => {}
        _ = shared.halt.wait() => return Done { id, began: None, way: None },
    }
    let step = shared.plan.graph.step(id);
    let began = shared.moment(&format!("begin {}", step.map_or("", |step| &step.name))).await;
    let _nobody_waits = starts.send((id, began));
    let Some(step) = step else { return Done { id, began: Some(began), way: None } };
    shared.events.moments().began(&step.name, began);
    let way = run_step(&shared, step, began).await;
    shared.events.moments().ended(&step.name, shared.clock.now());
    Done { id, began: Some(began), way }
}

/// Runs a step that begins now; a choice gives the way it took.
async fn run_step(shared: &Arc<Shared>, step: &Step, began: Instant) -> Option<bool> {
    match &step.kind {
        StepKind::Inject(injection) => inject::run(shared, &step.name, injection).await,
        StepKind::Wait(duration) => wait(shared, &step.name, began + unit::to_duration(duration.hi), duration.hi).await,
        StepKind::Expect(expectation) => expect(shared, &step.name, expectation, began).await,
        StepKind::Choose { condition, text } => return choose(shared, step, condition, text, began).await,
        StepKind::Mark => {}
        StepKind::Stable(deadline) => stable::wait(shared, step, *deadline, began).await,
        StepKind::Call { probe, component, returns, arguments } => {
            let (component, action) = component.clone();
            let of =
                |arguments| ProbeUse { probe: probe.clone(), component, action, returns: returns.clone(), arguments };
            call(shared, &step.name, shared.answers.arguments(arguments).map(of)).await;
        }
        StepKind::Approve(..) => {
            // Such plans are refused before the run.
            shared.halt.stop(Verdict::Broken, format!("{}: this version cannot run it", step.name));
        }
    }
    None
}

/// Makes a probe and keeps what it found. What finds nothing leaves the run without a full answer.
async fn call(shared: &Shared, step: &str, of: Result<ProbeUse, String>) {
    let of = match of {
        Ok(of) => of,
        Err(missing) => {
            return shared.because(Verdict::Inconclusive, format!("{step}: the call `{missing}` found nothing"));
        }
    };
    shared.events.tell(EventKind::Waiting { step: step.to_owned(), what: format!("call {}", of.probe) });
    let found = tokio::select! {
        biased;
        found = shared.world.probe(&of, step) => found,
        _ = shared.halt.wait() => return,
    };
    match found {
        Ok(found) => {
            shared.events.note(format!("{step}: {} found {}", of.probe, found.shown(&of.returns)));
            shared.answers.keep(step, found);
        }
        Err(error) => {
            shared.events.note(format!("{step}: {} found nothing: {error}", of.probe));
            shared.because(Verdict::Inconclusive, format!("{step}: {} found nothing: {error}", of.probe));
        }
    }
}

async fn wait(shared: &Shared, step: &str, until: Instant, seconds: f64) {
    let what = unit::show_duration(seconds);
    shared.events.tell(EventKind::Waiting { step: step.to_owned(), what });
    tokio::select! {
        biased;
        () = shared.clock.sleep_until(until) => {}
        _ = shared.halt.wait() => {}
    }
}

/// Decides which way is taken. While the condition is unknown it waits, at most for as long as data may be missing.
async fn choose(shared: &Shared, step: &Step, condition: &Condition, text: &str, began: Instant) -> Option<bool> {
    let text = format!("when {text}");
    shared.events.tell(EventKind::Waiting { step: step.name.clone(), what: text.clone() });
    let expectation = Expectation {
        name: None,
        condition: condition.clone(),
        demand: Demand::Now,
        text: text.clone(),
        span: step.span,
    };
    let grace = unit::to_duration(shared.plan.no_data);
    match outcome(shared, &expectation, began, grace).await? {
        Outcome::Satisfied { .. } => Some(true),
        Outcome::Violated { .. } => Some(false),
        unclear => {
            shared.judge(&text, &step.name, &unclear);
            None
        }
    }
}

/// Judges a condition from the step's beginning on, up to its horizon.
async fn expect(shared: &Shared, step: &str, expectation: &Expectation, began: Instant) {
    shared.events.tell(EventKind::Waiting { step: step.to_owned(), what: expectation.text.clone() });
    let grace = unit::to_duration(slowest(shared, &expectation.condition) + QUERY_TIMEOUT);
    if let Some(outcome) = outcome(shared, expectation, began, grace).await {
        shared.judge(&expectation.text, step, &outcome);
    }
}

/// What becomes of a condition from `start` on; nothing when the run is stopped meanwhile. What is judged at one instant is
/// waited for as long as `grace`.
pub(super) async fn outcome(
    shared: &Shared,
    expectation: &Expectation,
    start: Instant,
    grace: Duration,
) -> Option<Outcome> {
    let phase = Phase { start, end: None };
    let condition = shared.answers.condition(&expectation.condition);
    if condition.readings().is_empty() {
        return Some(at_once(shared, &condition, start));
    }
    let mut obligation = Obligation::new(condition, expectation.demand, phase, shared.window());
    let (horizon, latest) = match expectation.demand {
        // A comparison as a step takes as long as the baseline did: so it has as many samples.
        Demand::Compared => {
            let end = start + unit::to_duration(shared.plan.baseline);
            (end, end + grace.min(unit::to_duration(LATE)))
        }
        _ => horizon(expectation, &obligation, start, grace),
    };
    let baselines = shared.baselines();
    let mut bell = shared.board.bell();
    loop {
        let outcome = obligation.advance(&shared.board.signals(), &baselines);
        if outcome != Outcome::Pending {
            return Some(outcome);
        }
        if shared.clock.now() >= latest {
            return Some(obligation.finish(horizon, &shared.board.signals(), &baselines));
        }
        tokio::select! {
            biased;
            _ = bell.changed() => {}
            () = shared.clock.sleep_until(latest) => {}
            _ = shared.halt.wait() => return None,
        }
    }
}

/// What becomes of a condition that reads no metric: what calls have found does not change any more.
fn at_once(shared: &Shared, condition: &Condition, at: Instant) -> Outcome {
    let (signals, baselines) = (shared.board.signals(), shared.baselines());
    let (window, proven) = (shared.window(), truth::NONE_PROVEN);
    let view = View { signals: &signals, window, increase_from: None, baselines: &baselines, proven };
    let judged = truth::judge(condition, at, view);
    match (judged.holds(), judged.fails()) {
        (true, _) => Outcome::Satisfied { at, atom: judged.atom },
        (_, true) => Outcome::Violated { at, atom: judged.atom },
        _ => Outcome::Inconclusive { reason: "a call that it needs found nothing".to_owned() },
    }
}

/// The moment up to which samples count, and the moment up to which they are waited for.
fn horizon(expectation: &Expectation, obligation: &Obligation, start: Instant, grace: Duration) -> (Instant, Instant) {
    match (expectation.demand, obligation.horizon()) {
        (Demand::Within { .. }, Some(horizon)) => (horizon, horizon + grace.min(unit::to_duration(LATE))),
        _ => (start + grace, start + grace),
    }
}

/// How long the slowest source of a condition takes to show a change, in seconds.
pub(super) fn slowest(shared: &Shared, condition: &Condition) -> f64 {
    let sources = condition.readings().into_iter().filter_map(|it| shared.plan.bindings.get(&it.metric));
    sources.map(|binding| shared.plan.lag(&binding.source)).fold(0.0, f64::max)
}

/// Judges the expectations on the whole run: from the first inject until told that the run is over.
pub async fn overall(shared: Arc<Shared>, mut over: tokio::sync::watch::Receiver<bool>) {
    let start = tokio::select! {
        biased;
        start = shared.first_inject() => start,
        _ = over.wait_for(|over| *over) => return,
    };
    let phase = Phase { start, end: None };
    let make = |it: &Expectation| Obligation::new(it.condition.clone(), it.demand, phase, shared.window());
    let mut pending: Vec<(&Expectation, Obligation)> =
        shared.plan.expectations.iter().map(|it| (it, make(it))).collect();
    let mut bell = shared.board.bell();
    let baselines = shared.baselines();
    loop {
        let mut decided = Vec::new();
        pending.retain_mut(|(expectation, obligation)| {
            let outcome = obligation.advance(&shared.board.signals(), &baselines);
            let open = outcome == Outcome::Pending;
            if !open {
                decided.push((expectation.text.clone(), outcome));
            }
            open
        });
        decided.iter().for_each(|(text, outcome)| shared.judge(text, &shared.plan.experiment, outcome));
        tokio::select! {
            biased;
            _ = bell.changed() => {}
            _ = over.wait_for(|over| *over) => break,
        }
    }
    if shared.halt.stopped().is_some() {
        return;
    }
    let latest = shared.clock.now() + unit::to_duration(QUERY_TIMEOUT);
    tokio::select! {
        biased;
        () = shared.sample_now() => {}
        () = shared.clock.sleep_until(latest) => {}
    }
    let end = shared.moment("over").await;
    for (expectation, mut obligation) in pending {
        let outcome = obligation.finish(end, &shared.board.signals(), &baselines);
        shared.judge(&expectation.text, &shared.plan.experiment, &outcome);
    }
}
