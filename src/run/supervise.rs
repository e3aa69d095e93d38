//! The processes that the run started: one that ends by itself is restarted where the environment says so, else the run
//! is broken.

use super::effects::LeftOver;
use super::intent::Intent;
use super::shared::Shared;
use super::verdict::Verdict;
use crate::base::{Instant, unit};
use crate::plan::Process;
use crate::types::model::Restarter;
use std::sync::Arc;
use std::time::Duration;

/// How often processes are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Watches until the run is stopped.
pub async fn supervise(shared: Arc<Shared>) {
    while shared.halt.stopped().is_none() {
        let at = shared.moment("processes").await;
        for effect in shared.effects.open() {
            if !shared.world.lives(&effect.intent, at) {
                replace(&shared, &effect).await;
            }
        }
        shared.clock.sleep_until(shared.clock.now() + LOOK).await;
    }
}

async fn replace(shared: &Shared, effect: &LeftOver) {
    let what = effect.intent.what();
    let by_fault = struck(shared, &effect.intent);
    let Some(process) = restartable(shared, &effect.intent) else {
        if by_fault {
            shared.events.note(format!("{what} ended under its fault; nobody restarts it"));
            return shared.effects.gone(effect, "a fault of the run ended it");
        }
        return shared.halt.stop(Verdict::Broken, format!("{what} ended by itself"));
    };
    let after = process.restarts.as_ref().map_or(0.0, |restart| restart.after);
    let how = if by_fault { "under its fault" } else { "by itself" };
    if !by_fault {
        shared.because(Verdict::Inconclusive, format!("{what} ended by itself and was restarted: the system changed"));
    }
    shared.events.note(format!("{what} ended {how}; restarting it after {}", unit::show_duration(after)));
    shared.changes.restarted(&process.service, shared.clock.now());
    let gone = shared.effects.undo(effect).await;
    shared.clock.sleep_until(shared.clock.now() + unit::to_duration(after)).await;
    if gone.result.is_err() || shared.halt.stopped().is_some() {
        return;
    }
    let again = effect.intent.clone();
    let restarted = shared.effects.perform(|_| again).await;
    if let Err(error) = restarted {
        shared.halt.stop(Verdict::Broken, format!("{what} could not be restarted: {error}"));
    }
}

/// How long a process that a fault ended may take to be missed.
const MISSED: Duration = Duration::from_secs(2);

/// Whether a fault that hits the instances of its service explains that a process ended.
fn struck(shared: &Shared, intent: &Intent) -> bool {
    let Intent::Process(intent) = intent else { return false };
    let process = shared.plan.processes.iter().find(|process| process.name == intent.name);
    let since = Instant(shared.clock.now().0.saturating_sub(u64::try_from(MISSED.as_nanos()).unwrap_or(0)));
    process.is_some_and(|process| shared.ledger.hit_instances(&process.service, since))
}

/// The plan's process behind an intent, if the runner restarts it.
fn restartable<'s>(shared: &'s Shared, intent: &Intent) -> Option<&'s Process> {
    let Intent::Process(intent) = intent else { return None };
    let process = shared.plan.processes.iter().find(|process| process.name == intent.name)?;
    process.restarts.as_ref().filter(|restart| restart.by == Restarter::Runner).map(|_| process)
}
