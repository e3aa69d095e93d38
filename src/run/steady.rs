//! The steady state: judged over the baseline window, before anything is injected.

use super::detail;
use super::event::EventKind;
use super::shared::{Judged, Shared};
use super::verdict::Verdict;
use crate::base::{Instant, unit};
use crate::monitor::{Baselines, Obligation, Outcome, Phase, Signals};
use crate::plan::{Plan, Proxy, StepKind};
use crate::types::model::Slo;
use crate::types::term::{Comparison, Condition, Demand};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What keeps a system from being steady, in one line each; empty: it is steady.
pub type Unsteady = Vec<String>;

/// Judges the steady state and fixes what `baseline` stands for.
pub async fn judge(shared: &Shared) -> Unsteady {
    let unknown = warm_up(shared).await;
    if !unknown.is_empty() {
        return unknown;
    }
    let length = unit::to_duration(shared.plan.baseline);
    shared.events.tell(EventKind::Baseline { length });
    let start = shared.moment("baseline").await;
    shared.changes.watch_from(start);
    let passed_before = passed(shared).await;
    shared.clock.sleep_until(start + length).await;
    let end = wait_for_sample(shared, start + length).await;
    let mut unsteady = slos(shared, Phase { start, end: Some(end) });
    unsteady.extend(no_traffic(shared, &passed_before).await);
    unsteady.extend(fix_baselines(shared, (start, end)));
    if unsteady.is_empty() {
        shared.events.tell(EventKind::Steady);
    }
    unsteady
}

/// Waits until every SLO is known, true or not: a system that has just started has no metrics yet.
async fn warm_up(shared: &Shared) -> Unsteady {
    let start = shared.clock.now();
    let deadline = start + unit::to_duration(shared.plan.no_data) + shared.window();
    let mut bell = shared.board.bell();
    let mut waiting: Vec<(&Slo, Obligation)> =
        shared.plan.steady.iter().map(|slo| (slo, obligation(shared, slo, Demand::Now, start, None))).collect();
    loop {
        let pending = |obligation: &mut Obligation| {
            obligation.advance(&shared.board.signals(), &Baselines::new()) == Outcome::Pending
        };
        waiting.retain_mut(|(_, obligation)| pending(obligation));
        if waiting.is_empty() || shared.clock.now() >= deadline {
            break;
        }
        tokio::select! {
            biased;
            _ = bell.changed() => {}
            () = shared.clock.sleep_until(deadline) => {}
        }
    }
    let now = shared.clock.now();
    waiting.iter_mut().map(|(slo, obligation)| why_unknown(shared, slo, obligation, now)).collect()
}

fn why_unknown(shared: &Shared, slo: &Slo, obligation: &mut Obligation, now: Instant) -> String {
    match obligation.finish(now, &shared.board.signals(), &Baselines::new()) {
        Outcome::Inconclusive { reason } => format!("{}: {reason}", slo.text),
        _ => format!("{}: unknown", slo.text),
    }
}

fn obligation(shared: &Shared, slo: &Slo, demand: Demand, start: Instant, end: Option<Instant>) -> Obligation {
    Obligation::new(slo.condition.clone(), demand, Phase { start, end }, shared.window())
}

/// The end of the baseline: the first sample at or after its time, so that the last window is whole.
async fn wait_for_sample(shared: &Shared, planned: Instant) -> Instant {
    let mut bell = shared.board.bell();
    let slowest = shared.plan.sources.values().map(|source| source.every).fold(0.0, f64::max);
    let latest = planned + unit::to_duration(slowest) + Duration::from_millis(200);
    loop {
        let readings: Vec<_> = shared.plan.steady.iter().flat_map(|slo| slo.condition.readings()).collect();
        let came = shared.board.signals().instants(&readings, planned - Duration::from_nanos(1)).last().copied();
        if let Some(at) = came {
            return at;
        }
        if readings.is_empty() || shared.clock.now() >= latest {
            return shared.clock.now();
        }
        tokio::select! {
            biased;
            _ = bell.changed() => {}
            () = shared.clock.sleep_until(latest) => {}
        }
    }
}

fn slos(shared: &Shared, phase: Phase) -> Unsteady {
    let judged = judged(&shared.plan, &shared.board.signals(), phase).into_iter();
    let broken = judged.filter(|it| it.verdict != Verdict::Confirmed);
    broken.map(|it| format!("{}: {}", it.text, it.detail)).collect()
}

/// What became of each SLO in a phase that is over.
pub fn judged(plan: &Plan, signals: &Signals, phase: Phase) -> Vec<Judged> {
    let judge = |slo: &Slo| {
        let mut obligation =
            Obligation::new(slo.condition.clone(), Demand::Always, phase, unit::to_duration(plan.window));
        let end = phase.end.unwrap_or(phase.start);
        let outcome = obligation.finish(end, signals, &Baselines::new());
        let (verdict, detail) = detail::told(&outcome).unwrap_or((Verdict::Confirmed, String::new()));
        Judged { text: slo.text.clone(), of: slo.service.clone(), verdict, detail, at: end }
    };
    plan.steady.iter().map(judge).collect()
}

/// The proxies of the faulted services.
fn faulted(shared: &Shared) -> Vec<&Proxy> {
    let mut proxies: Vec<&Proxy> = shared.plan.injections().filter_map(|(_, it)| it.proxy.as_ref()).collect();
    proxies.sort_by(|a, b| a.service.cmp(&b.service));
    proxies.dedup();
    proxies
}

async fn passed(shared: &Shared) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for proxy in faulted(shared) {
        if let Some(count) = shared.world.passed(proxy).await {
            counts.insert(proxy.service.clone(), count);
        }
    }
    counts
}

/// A fault on a service that nobody calls could act on nothing.
async fn no_traffic(shared: &Shared, before: &BTreeMap<String, u64>) -> Unsteady {
    let after = passed(shared).await;
    let idle = |proxy: &&Proxy| before.get(&proxy.service) == after.get(&proxy.service);
    let describe = |proxy: &Proxy| {
        let (service, listen) = (&proxy.service, &proxy.listen);
        format!(
            "no request passed the proxy of `{service}` at {listen} in the baseline: do its callers use that address?"
        )
    };
    faulted(shared).into_iter().filter(idle).map(describe).collect()
}

/// Fixes what the baseline was; a comparison that needs what is unknown of it could never be judged.
fn fix_baselines(shared: &Shared, (start, end): (Instant, Instant)) -> Unsteady {
    let conditions = compared(&shared.plan);
    let steady: Vec<&Condition> = shared.plan.steady.iter().map(|slo| &slo.condition).collect();
    let found = Baselines::over(&conditions, &steady, (start, end), shared.window(), &shared.board.signals());
    let comparisons = conditions.iter().flat_map(|condition| condition.comparisons());
    let lacking = comparisons.filter(|it| lacks(it, &found));
    let unsteady = lacking.map(|it| format!("`{}`: its value in the baseline is unknown", it.text)).collect();
    let _set_once = shared.baselines.set(Arc::new(found));
    unsteady
}

fn lacks(comparison: &Comparison, found: &Baselines) -> bool {
    let sides = [&comparison.left, &comparison.right];
    let has_value = || found.value(&comparison.key()).is_some();
    let spikes = sides.iter().filter(|side| side.has_spike()).flat_map(|side| side.readings());
    (sides.iter().any(|side| side.has_baseline()) && !has_value())
        || spikes.into_iter().any(|it| found.noise(it).is_none())
}

/// Every condition of the steps, the triggers and the whole run.
pub fn compared(plan: &Plan) -> Vec<&Condition> {
    let steps = plan.graph.steps().flat_map(|step| match &step.kind {
        StepKind::Inject(injection) => injection.judged().map(|it| &it.condition).collect(),
        StepKind::Expect(expectation) => vec![&expectation.condition],
        StepKind::Choose { condition, .. } => vec![condition],
        _ => Vec::new(),
    });
    let aborts = plan.aborts.iter().map(|trigger| &trigger.condition);
    let overall = plan.expectations.iter().map(|it| &it.condition);
    steps.chain(aborts).chain(overall).collect()
}

/// Writes down why the system is not steady.
pub fn report(shared: &Shared, unsteady: Unsteady) {
    for reason in unsteady {
        shared.because(Verdict::NotSteady, reason);
    }
}
