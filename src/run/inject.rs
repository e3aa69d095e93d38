//! An inject: apply, see it act, hold, judge meanwhile, take it back.

use super::effects::LeftOver;
use super::error::RunError;
use super::event::EventKind;
use super::intent::{FaultIntent, Intent};
use super::shared::{FaultReport, Shared, often};
use super::verdict::Verdict;
use super::world::Witness;
use crate::base::{Instant, unit};
use crate::injector::Phase as FaultPhase;
use crate::monitor::{Obligation, Outcome, Phase};
use crate::plan::{Injection, LAST_LOOK, LATE, QUERY_TIMEOUT};
use crate::types::model::Expectation;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A lease is renewed this often.
const RENEWAL: Duration = Duration::from_secs(3);
/// How often the host looks whether a fault acts.
const LOOK: Duration = Duration::from_millis(250);

/// Traffic that stays away for longer than this and the window has stopped.
const IDLE: Duration = Duration::from_secs(5);

/// What the host knows of a fault in force.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// When it was first seen to have acted.
    acted_at: Option<Instant>,
    /// How often it has acted.
    acted: u64,
    /// How many requests came, and when their number last changed.
    requests: u64,
    changed_at: Option<Instant>,
    /// The longest time without a request.
    idle: Duration,
    /// Why it is no longer in force though nobody took it back.
    lost: Option<String>,
    /// Why it is not known whether it was in force to its end.
    unknown: Option<String>,
}

/// What a look at a fault finds that should still be in force.
enum Standing {
    InForce,
    Gone(String),
    Unknown(String),
}

/// Runs an inject step from beginning to end.
pub async fn run(shared: &Arc<Shared>, step: &str, injection: &Injection) {
    if is_cut_short(shared, step) {
        return shared.skip(step);
    }
    let injection = &match shared.answers.injection(injection) {
        Ok(injection) => injection,
        Err(missing) => {
            let reason = format!("{step}: nothing was injected, since the call `{missing}` found nothing");
            return shared.halt.stop(Verdict::Inconclusive, reason);
        }
    };
    let what = format!("{} on {}", injection.fault, injection.target);
    let length = unit::to_duration(injection.duration.hi);
    shared.events.tell(EventKind::Injecting { step: step.to_owned(), what: what.clone(), length });
    let prepared = match shared.world.prepare(injection, step).await {
        Ok(prepared) => prepared,
        Err(error) => return shared.halt.stop(Verdict::Broken, format!("{step}: {error}")),
    };
    if let Err(limit) = shared.ledger.admit(&shared.plan, step, injection, shared.clock.now()) {
        return shared.halt.stop(Verdict::Aborted, format!("{step}: {limit}"));
    }
    let effect = match apply(shared, prepared).await {
        Ok(effect) => effect,
        Err(error) => return shared.halt.stop(Verdict::Broken, format!("{step}: {error}")),
    };
    let start = shared.moment(&format!("in force {step}")).await;
    shared.injected(start);
    let slack = if injection.until.is_some() { unit::to_duration(LATE) } else { Duration::ZERO };
    let held = hold(shared, step, injection, &effect, start + length + slack).await;
    let end = shared.moment(&format!("end {step}")).await;
    let requests = if injection.resource == "requests" { held.seen.acted } else { 0 };
    take_back(shared, step, &effect, requests).await;
    conclude(shared, step, injection, held, end);
}

async fn apply(shared: &Shared, prepared: FaultIntent) -> Result<LeftOver, RunError> {
    shared
        .effects
        .perform(|id| {
            let mut fault = prepared;
            fault.call.fence = u64::try_from(id.0).unwrap_or(0);
            Intent::Fault(fault)
        })
        .await
}

/// What came of holding a fault.
struct Held {
    seen: Seen,
    obligations: Vec<(Expectation, Option<Obligation>)>,
}

/// Holds the fault until its time is over, an expectation breaks, the run is stopped, or the fault is lost.
async fn hold(shared: &Arc<Shared>, step: &str, injection: &Injection, effect: &LeftOver, until: Instant) -> Held {
    let Intent::Fault(fault) = effect.intent.clone() else {
        return Held { seen: Seen::default(), obligations: Vec::new() };
    };
    let (sender, mut seen) = watch::channel(Seen::default());
    let sender = Arc::new(sender);
    let keeping = tokio::spawn(keep(Arc::clone(shared), fault.clone(), Arc::clone(&sender)));
    let looking = tokio::spawn(look(Arc::clone(shared), step.to_owned(), fault.clone(), Arc::clone(&sender)));
    let mut bell = shared.board.bell();
    let mut obligations: Vec<(Expectation, Option<Obligation>)> =
        injection.judged().map(|it| (it.clone(), None)).collect();
    let moment = format!("hold {step}");
    loop {
        let at = shared.moment(&moment).await;
        let now = seen.borrow_and_update().clone();
        if let Some(acted_at) = now.acted_at {
            anchor(shared, &mut obligations, acted_at, until);
        }
        advance(shared, step, &mut obligations);
        // What is decided has left the list: so has the condition that ends the fault.
        let over =
            injection.until.as_ref().is_some_and(|until| obligations.iter().all(|(it, _)| it.span != until.span));
        if over || now.lost.is_some() || shared.is_over(step) || shared.halt.stopped().is_some() || at >= until {
            break;
        }
        tokio::select! {
            biased;
            _ = bell.changed() => {}
            _ = seen.changed() => {}
            () = shared.over(step) => {}
            _ = shared.halt.wait() => {}
            () = shared.clock.sleep_until(until) => {}
        }
    }
    keeping.abort();
    looking.abort();
    let mut seen = seen.borrow().clone();
    last_look(shared, step, &fault, &mut seen).await;
    advance(shared, step, &mut obligations);
    Held { seen, obligations }
}

/// The metrics, the host's own view and the target's word at the very end, before the fault is taken back.
async fn last_look(shared: &Shared, step: &str, fault: &FaultIntent, seen: &mut Seen) {
    let now = shared.moment(&format!("last look {step}")).await;
    let latest = now + unit::to_duration(LAST_LOOK);
    // What ends before its time is not held up; else an injector that asks others has the time of a query.
    let patient = fault.means.beside_proxy && !is_cut_short(shared, step);
    let patience = unit::to_duration(if patient { QUERY_TIMEOUT } else { LAST_LOOK });
    // Each on its own: what one of them knows in time is not lost because another is slow.
    let (_, witness, standing) = tokio::join!(
        in_time(shared, latest, shared.sample_now()),
        in_time(shared, latest, shared.world.witnessed(fault)),
        in_time(shared, now + patience, standing(shared, fault)),
    );
    seen.take(witness.flatten().unwrap_or_default(), now);
    match standing {
        Some(Standing::Gone(why)) => _ = seen.lost.get_or_insert(why),
        Some(Standing::Unknown(why)) => seen.unknown = Some(why),
        None if patient => seen.unknown = Some(format!("its injector did not answer within {QUERY_TIMEOUT} s")),
        Some(Standing::InForce) | None => {}
    }
}

/// What comes of it, if it comes in time.
async fn in_time<T>(shared: &Shared, latest: Instant, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        came = work => Some(came),
        () = shared.clock.sleep_until(latest) => None,
    }
}

impl Seen {
    /// Takes in a look at the fault; true if it was the first to see it act.
    fn take(&mut self, witness: Witness, now: Instant) -> bool {
        let since = *self.changed_at.get_or_insert(now);
        self.idle = self.idle.max(now.since(since));
        if witness.seen > self.requests {
            self.requests = witness.seen;
            self.changed_at = Some(now);
        }
        self.acted = self.acted.max(witness.acted);
        let first = witness.acted > 0 && self.acted_at.is_none();
        if first {
            self.acted_at = Some(now);
        }
        first
    }
}

/// A fault that its target no longer has in force, though nobody took it back, was not held for its time. What acts in a proxy
/// is seen by the proxy's counters, whether or not its injector can be asked; of any other fault nobody else tells.
async fn standing(shared: &Shared, fault: &FaultIntent) -> Standing {
    match shared.world.status(fault).await {
        Ok(evidence) if evidence.phase == FaultPhase::Active => Standing::InForce,
        Ok(evidence) => Standing::Gone(format!("its target says: {}", evidence.message)),
        Err(error) if fault.means.beside_proxy => Standing::Unknown(error.to_string()),
        Err(_) => Standing::InForce,
    }
}

/// Expectations are anchored at the moment the fault is seen to act.
fn anchor(shared: &Shared, obligations: &mut [(Expectation, Option<Obligation>)], at: Instant, until: Instant) {
    for (expectation, obligation) in obligations {
        obligation.get_or_insert_with(|| {
            let phase = Phase { start: at, end: None };
            let obligation = Obligation::new(expectation.condition.clone(), expectation.demand, phase, shared.window());
            obligation.ending_by(until)
        });
    }
}

/// Takes in new samples; what is decided leaves the list.
fn advance(shared: &Shared, step: &str, obligations: &mut Vec<(Expectation, Option<Obligation>)>) {
    let baselines = shared.baselines();
    let mut decided = Vec::new();
    obligations.retain_mut(|(expectation, obligation)| {
        let Some(obligation) = obligation else { return true };
        let outcome = obligation.advance(&shared.board.signals(), &baselines);
        let pending = outcome == Outcome::Pending;
        if !pending {
            decided.push((expectation.text.clone(), outcome));
        }
        pending
    });
    for (text, outcome) in decided {
        shared.judge(&text, step, &outcome);
    }
}

/// Renews the lease until it is aborted; a fault that the target no longer knows is lost.
async fn keep(shared: Arc<Shared>, fault: FaultIntent, seen: Arc<watch::Sender<Seen>>) {
    if fault.call.lease.is_none() {
        return;
    }
    let lease = fault.call.lease.unwrap_or_default();
    let mut renewed = shared.clock.now();
    loop {
        shared.clock.sleep_until(shared.clock.now() + RENEWAL).await;
        let before = shared.clock.now();
        match shared.world.renew(&fault).await {
            Ok(()) => renewed = before,
            Err(error) => {
                let gone = !error.retryable || before.since(renewed) > lease;
                shared.events.note(format!("the lease of {} could not be renewed: {error}", fault.what));
                if gone {
                    seen.send_modify(|seen| seen.lost = Some(error.to_string()));
                    return;
                }
            }
        }
    }
}

/// Looks whether the fault acts, until it is aborted. What the component says is no evidence; what the host sees is.
async fn look(shared: Arc<Shared>, step: String, fault: FaultIntent, seen: Arc<watch::Sender<Seen>>) {
    let moment = format!("look {step}");
    loop {
        if let Some(witness) = shared.world.witnessed(&fault).await {
            let now = shared.moment(&moment).await;
            let mut first = false;
            seen.send_modify(|seen| first = seen.take(witness, now));
            if first {
                let often = often(witness.acted, !fault.means.beside_proxy);
                shared.events.tell(EventKind::Acted { step: step.clone(), often });
            }
        }
        shared.clock.sleep_until(shared.clock.now() + LOOK).await;
    }
}

async fn take_back(shared: &Shared, step: &str, effect: &LeftOver, acted: u64) {
    if is_cut_short(shared, step) {
        // Others end as well: what came on top of this fault goes first.
        let ending = |other: &Intent| matches!(other, Intent::Fault(fault) if is_cut_short(shared, &fault.call.step));
        shared.effects.turn_of(effect, ending).await;
    }
    let undone = shared.effects.undo(effect).await;
    if let Some(untrue) = undone.untrue {
        shared.because(Verdict::Broken, format!("{step}: {untrue}"));
    }
    match undone.result {
        Ok(note) => {
            shared.ledger.release(step, shared.clock.now());
            shared.events.tell(EventKind::Reverted { step: step.to_owned(), took: undone.took, acted });
            if !note.is_empty() {
                shared.events.note(format!("{step}: {note}"));
            }
        }
        // It stays among the open effects; the end of the run tries again and reports. Until then nothing is injected.
        Err(error) => {
            shared.events.note(format!("{step}: not reverted yet: {error}"));
            shared.halt.stop(Verdict::Aborted, format!("{step}: it could not be taken back in time"));
        }
    }
}

/// Whether a step ends now, before its time.
fn is_cut_short(shared: &Shared, step: &str) -> bool {
    shared.halt.stopped().is_some() || shared.is_over(step)
}

/// Judges what is still pending, and whether there is evidence.
fn conclude(shared: &Shared, step: &str, injection: &Injection, held: Held, end: Instant) {
    let cut_short = is_cut_short(shared, step);
    let baselines = shared.baselines();
    for (expectation, obligation) in held.obligations {
        let outcome = match obligation {
            Some(_) if cut_short => continue,
            Some(mut obligation) => obligation.finish(end, &shared.board.signals(), &baselines),
            None if cut_short => continue,
            None => Outcome::Inconclusive { reason: "the fault was not seen to act".to_owned() },
        };
        shared.judge(&expectation.text, step, &outcome);
    }
    let what = format!("{} on {}", injection.fault, injection.target);
    if let Some(lost) = &held.seen.lost {
        shared.because(Verdict::Inconclusive, format!("{step}: the fault ended before its time: {lost}"));
    }
    if let Some(why) = held.seen.unknown.as_ref().filter(|_| !cut_short) {
        let unknown = format!("{step}: whether the fault was in force to its end is not known: {why}");
        shared.because(Verdict::Inconclusive, unknown);
    }
    let by_requests = injection.resource == "requests";
    if by_requests && held.seen.idle > IDLE.max(shared.window()) {
        let idle = unit::show_duration(held.seen.idle.as_secs_f64());
        shared
            .because(Verdict::Inconclusive, format!("{step}: no request came for {idle} while the fault was in force"));
    }
    if held.seen.acted == 0 {
        let on = if by_requests { " on a single request" } else { "" };
        let why = format!("{step}: {what} was not seen to act{on}");
        shared.because(Verdict::Inconclusive, why);
    }
    let report = FaultReport { step: step.to_owned(), what, acted: held.seen.acted, on_requests: by_requests };
    shared.fault_ended(report);
}
