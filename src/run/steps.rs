//! Running the graph: a step begins when all that it waits for have ended.

use super::event::EventKind;
use super::inject;
use super::shared::Shared;
use crate::base::{Instant, unit};
use crate::monitor::{Obligation, Outcome, Phase};
use crate::plan::graph::StepId;
use crate::plan::{LATE, QUERY_TIMEOUT, StepKind};
use crate::types::model::Expectation;
use crate::types::term::{Condition, Demand};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Runs all steps; returns when the last has ended, or all that had begun have after a stop.
pub async fn run_graph(shared: &Arc<Shared>) {
    let order = shared.plan.graph.order();
    let mut begun: BTreeSet<StepId> = BTreeSet::new();
    let mut ended: BTreeSet<StepId> = BTreeSet::new();
    let mut running: JoinSet<StepId> = JoinSet::new();
    loop {
        let ready: Vec<StepId> = order
            .iter()
            .filter(|id| !begun.contains(id) && shared.plan.graph.before(**id).iter().all(|it| ended.contains(it)))
            .copied()
            .collect();
        if shared.halt.stopped().is_none() {
            for id in ready {
                begun.insert(id);
                running.spawn(run_step(Arc::clone(shared), id));
            }
        }
        match running.join_next().await {
            None => return,
            Some(Ok(id)) => {
                ended.insert(id);
            }
            Some(Err(panic)) => shared.halt.stop(super::verdict::Verdict::Broken, format!("a step failed: {panic}")),
        }
    }
}

async fn run_step(shared: Arc<Shared>, id: StepId) -> StepId {
    let Some(step) = shared.plan.graph.step(id) else { return id };
    match &step.kind {
        StepKind::Inject(injection) => inject::run(&shared, &step.name, injection).await,
        StepKind::Wait(duration) => {
            let length = unit::to_duration(duration.hi);
            let what = unit::show_duration(duration.hi);
            shared.events.tell(EventKind::Waiting { step: step.name.clone(), what });
            tokio::select! {
                () = shared.clock.sleep_until(shared.clock.now() + length) => {}
                _ = shared.halt.wait() => {}
            }
        }
        StepKind::Expect(expectation) => expect(&shared, &step.name, expectation).await,
    }
    id
}

/// Judges a condition from now on, up to its horizon.
async fn expect(shared: &Shared, step: &str, expectation: &Expectation) {
    shared.events.tell(EventKind::Waiting { step: step.to_owned(), what: expectation.text.clone() });
    let start = shared.clock.now();
    let phase = Phase { start, end: None };
    let mut obligation = Obligation::new(expectation.condition.clone(), expectation.demand, phase, shared.window());
    let (horizon, latest) = horizon(shared, expectation, &obligation, start);
    let baselines = shared.baselines();
    let mut bell = shared.board.bell();
    let outcome = loop {
        let outcome = obligation.advance(&shared.board.signals(), &baselines);
        if outcome != Outcome::Pending {
            break outcome;
        }
        if shared.clock.now() >= latest {
            break obligation.finish(horizon, &shared.board.signals(), &baselines);
        }
        tokio::select! {
            _ = bell.changed() => {}
            () = shared.clock.sleep_until(latest) => {}
            _ = shared.halt.wait() => return,
        }
    };
    shared.judge(&expectation.text, step, &outcome);
}

/// The moment up to which samples count, and the moment up to which they are waited for.
fn horizon(shared: &Shared, expectation: &Expectation, obligation: &Obligation, start: Instant) -> (Instant, Instant) {
    let late = unit::to_duration(slowest(shared, &expectation.condition) + QUERY_TIMEOUT);
    match (expectation.demand, obligation.horizon()) {
        (Demand::Within { .. }, Some(horizon)) => (horizon, horizon + late.min(unit::to_duration(LATE))),
        _ => (start + late, start + late),
    }
}

/// How often the slowest source of a condition is read, in seconds.
fn slowest(shared: &Shared, condition: &Condition) -> f64 {
    let sources = condition.readings().into_iter().filter_map(|it| shared.plan.bindings.get(&it.metric));
    sources.map(|binding| shared.plan.every(&binding.source)).fold(0.0, f64::max)
}

/// Judges the expectations on the whole run: from the first inject until told that the run is over.
pub async fn overall(shared: Arc<Shared>, mut over: tokio::sync::watch::Receiver<bool>) {
    let start = tokio::select! {
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
            _ = bell.changed() => {}
            _ = over.wait_for(|over| *over) => break,
        }
    }
    if shared.halt.stopped().is_some() {
        return;
    }
    let latest = shared.clock.now() + unit::to_duration(QUERY_TIMEOUT);
    tokio::select! {
        () = shared.sample_now() => {}
        () = shared.clock.sleep_until(latest) => {}
    }
    let end = shared.clock.now();
    for (expectation, mut obligation) in pending {
        let outcome = obligation.finish(end, &shared.board.signals(), &baselines);
        shared.judge(&expectation.text, &shared.plan.experiment, &outcome);
    }
}
