//! What can stop a run: triggers, SLOs outside the radius, missing data, the time limit.

use super::detail;
use super::shared::Shared;
use super::verdict::Verdict;
use crate::base::{Instant, unit};
use crate::monitor::{Atom, Hold, Trigger};
use crate::types::term::{Condition, LimitName, Reading};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often time alone is looked at, without a sample.
const LOOK: Duration = Duration::from_millis(250);

/// Watches until the run is stopped, by this or by something else.
///
/// The time limit counts from `began`, the start of the baseline.
pub async fn watch(shared: Arc<Shared>, began: Instant) {
    let mut guards = guards(&shared, shared.moment("watch").await);
    let mut missing = Missing::new(&shared);
    let mut bell = shared.board.bell();
    let deadline = shared.plan.limits.bound(LimitName::Timeout).map(|bound| began + unit::to_duration(bound.value));
    while shared.halt.stopped().is_none() {
        let now = shared.moment("watch").await;
        for guard in &mut guards {
            guard.look(&shared);
        }
        missing.look(&shared, now);
        if deadline.is_some_and(|deadline| now >= deadline) {
            shared.halt.stop(Verdict::Aborted, "the run took longer than its limit `timeout`");
        }
        tokio::select! {
            biased;
            _ = bell.changed() => {}
            () = shared.clock.sleep_until(now + LOOK) => {}
        }
    }
}

/// A condition that stops the run.
struct Guard {
    trigger: Trigger,
    reason: String,
    /// The service whose first fault ends it.
    until_faulted: Option<String>,
}

impl Guard {
    fn look(&mut self, shared: &Shared) {
        if self.until_faulted.as_ref().is_some_and(|service| shared.ledger.was_faulted(service)) {
            return;
        }
        let fired = self.trigger.advance(&shared.board.signals(), &shared.baselines());
        if let Some((at, atom)) = fired {
            let detail = told(at, atom.as_ref());
            shared.halt.stop(Verdict::Aborted, format!("{}: {detail}", self.reason));
        }
    }
}

fn told(at: Instant, atom: Option<&Atom>) -> String {
    atom.map_or_else(|| format!("at {at}"), |atom| format!("{}, at {at}", detail::sides(atom)))
}

fn guards(shared: &Shared, now: Instant) -> Vec<Guard> {
    let window = shared.window();
    let aborts = shared.plan.aborts.iter().map(|abort| Guard {
        trigger: Trigger::new(abort.condition.clone(), hold(abort), window, now),
        reason: abort.text.clone(),
        until_faulted: None,
    });
    let slos = shared.plan.watched().map(|slo| Guard {
        trigger: Trigger::new(Condition::Not(Arc::new(slo.condition.clone())), Hold::For(Duration::ZERO), window, now),
        reason: format!("an SLO outside `bends` broke: {}", slo.text),
        until_faulted: Some(slo.service.clone()),
    });
    aborts.chain(slos).collect()
}

fn hold(abort: &crate::types::model::Trigger) -> Hold {
    abort.samples.map_or_else(|| Hold::For(unit::to_duration(abort.hold)), Hold::Samples)
}

/// Readings that guard the run, and since when each is unknown.
struct Missing {
    /// Each with the service whose first fault ends the watch.
    readings: Vec<(Reading, Option<String>)>,
    since: BTreeMap<usize, Instant>,
    grace: Duration,
}

impl Missing {
    fn new(shared: &Shared) -> Self {
        let plan = &shared.plan;
        let aborts = plan.aborts.iter().map(|abort| (&abort.condition, None));
        let slos = plan.watched().map(|slo| (&slo.condition, Some(slo.service.clone())));
        let overall = plan.expectations.iter().map(|it| (&it.condition, None));
        let guards = aborts.chain(slos).chain(overall);
        let readings = guards.flat_map(|(condition, until)| {
            condition.readings().into_iter().map(move |reading| (reading.clone(), until.clone()))
        });
        Self { readings: readings.collect(), since: BTreeMap::new(), grace: unit::to_duration(plan.no_data) }
    }

    fn look(&mut self, shared: &Shared, now: Instant) {
        let signals = shared.board.signals();
        let over = |until: &Option<String>| until.as_ref().is_some_and(|service| shared.ledger.was_faulted(service));
        for (at, (reading, _)) in self.readings.iter().enumerate().filter(|(_, (_, until))| !over(until)) {
            let window = reading.window.map_or(shared.window(), unit::to_duration);
            let Some(signal) = signals.get(&reading.metric) else { continue };
            match signal.read(reading.aggregate, now, window) {
                Ok(_) => {
                    self.since.remove(&at);
                }
                Err(cause) => {
                    let since = *self.since.entry(at).or_insert(now);
                    if now.since(since) > self.grace {
                        let grace = unit::show_duration(self.grace.as_secs_f64());
                        let reason = format!("no data for {grace}: {}: {cause}", reading.metric);
                        shared.halt.stop(Verdict::Inconclusive, reason);
                    }
                }
            }
        }
    }
}
