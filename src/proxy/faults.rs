//! All faults of the proxy: who may start, renew and end one, and what they do to each request.
//!
//! Time is passed in. A lease that has run out counts as ended at the very next look, whoever looks.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use hyper::Request;

use super::cap::Cap;
use super::claims::{ClaimSpec, ClaimView, Claims};
use super::fault::{Action, Fault};
use super::lock::lock;
use super::refusal::Refusal;
use super::spec::{FaultSpec, LeaseSpec};
use super::tombs::Tombs;
use super::view::{FaultView, Phase};

/// How many faults that are over, and reverts of ones that never were, are remembered.
const MOST_TOMBS: usize = 10_000;
/// How many faults can be active at once: each costs every request a little time.
const MOST_ACTIVE: usize = 64;

/// The faults of one proxy.
#[derive(Debug)]
pub(super) struct Faults {
    /// How many are active. Kept beside the lock so that traffic without faults takes none.
    active: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    active: BTreeMap<String, Fault>,
    tombs: Tombs,
    cap: Cap,
    claims: Claims,
    /// Why no fault may be active, if none may.
    stopped: Option<String>,
    closed: bool,
}

/// What the faults do to one request.
#[derive(Debug, Default)]
pub(super) struct Decision {
    /// Whether any fault touched it.
    pub(super) touched: bool,
    /// What's to be done in turn, by the faults' names; at last at most one answer, or end.
    pub(super) actions: Vec<Action>,
}

/// A fault after [`Faults::inject`]: new, or one that was there already and got its lease renewed.
#[derive(Debug)]
pub(super) enum Injected {
    /// It starts now.
    New(FaultView),
    /// It was active with the same fence and content.
    Renewed(FaultView),
}

impl Faults {
    /// No faults.
    pub(super) fn new() -> Self {
        let state = State {
            active: BTreeMap::new(),
            tombs: Tombs::new(MOST_TOMBS),
            cap: Cap::new(),
            claims: Claims::default(),
            stopped: None,
            closed: false,
        };
        Self { active: AtomicUsize::new(0), state: Mutex::new(state) }
    }

    /// What is to be done to a request that arrives `now`. Costs one load when no fault is active.
    pub(super) fn decide<B>(&self, request: &Request<B>, now: Instant) -> Decision {
        match self.active.load(Ordering::Acquire) {
            0 => Decision::default(),
            _ => self.look(now, |state| state.decide(request, now)),
        }
    }

    /// Asks, right before it's carried out, whether `action` still stands, and counts it if so.
    pub(super) fn claim(&self, action: &Action, now: Instant) -> bool {
        self.look(now, |state| match state.active.get_mut(&*action.id) {
            Some(fault) if fault.spec().fence == action.fence => {
                fault.count_acted();
                true
            }
            _ => false,
        })
    }

    /// Starts a fault, or renews it when it's the same one. The spec must have been checked.
    ///
    /// # Errors
    /// When the fence is too low, the id is taken by something else, or too many are active.
    pub(super) fn inject(&self, id: &str, spec: FaultSpec, now: Instant) -> Result<Injected, Refusal> {
        self.look(now, |state| state.inject(id, spec, now))
    }

    /// Renews the lease of an active fault.
    ///
    /// # Errors
    /// When the fault isn't active, or has another fence.
    pub(super) fn renew(&self, id: &str, lease: LeaseSpec, now: Instant) -> Result<FaultView, Refusal> {
        self.look(now, |state| state.renew(id, lease, now))
    }

    /// Ends a fault, and refuses from now on every inject of `id` with `fence` or a lower one.
    ///
    /// # Errors
    /// When the fault is active with a higher fence.
    pub(super) fn revert(&self, id: &str, fence: u64, now: Instant) -> Result<FaultView, Refusal> {
        self.look(now, |state| state.revert(id, fence, now))
    }

    /// Ends every fault, and lets no other one start.
    pub(super) fn close(&self, now: Instant) {
        self.look(now, |state| {
            state.closed = true;
            state.end_all(now);
        });
    }

    /// Ends every fault, and lets no other one start until it is released.
    pub(super) fn stop(&self, why: String, now: Instant) {
        self.look(now, |state| {
            state.end_all(now);
            state.stopped = Some(why);
        });
    }

    /// Lets faults start again.
    pub(super) fn release(&self, now: Instant) {
        self.look(now, |state| state.stopped = None);
    }

    /// Why no fault may be active, if none may.
    pub(super) fn stopped(&self, now: Instant) -> Option<String> {
        self.look(now, |state| state.stopped.clone())
    }

    /// Enters a run's claim, or renews it; true for a new one. The spec must have been checked.
    ///
    /// # Errors
    /// When all faults are stopped, or with the other claims it would be more than a run allows.
    pub(super) fn stake(&self, run: &str, spec: ClaimSpec, now: Instant) -> Result<(bool, ClaimView), Refusal> {
        self.look(now, |state| {
            state.refuse_while_stopped()?;
            let is_new = state.claims.admit(run, spec, now)?;
            let view = state.claims.view(run, now);
            view.map(|view| (is_new, view)).ok_or(Refusal::Closing)
        })
    }

    /// Ends a run's claim, if there is one.
    pub(super) fn unstake(&self, run: &str, now: Instant) {
        self.look(now, |state| state.claims.release(run));
    }

    /// All claims, by their runs' names.
    pub(super) fn claims(&self, now: Instant) -> Vec<ClaimView> {
        self.look(now, |state| state.claims.views(now))
    }

    /// The fault `id`, active or over.
    pub(super) fn get(&self, id: &str, now: Instant) -> Option<FaultView> {
        self.look(now, |state| match state.active.get(id) {
            Some(fault) => Some(fault.view(Phase::Active, now)),
            None => state.tombs.get(id).map(|tomb| tomb.view.clone()).filter(|view| view.phase != Phase::Absent),
        })
    }

    /// At most `most` faults: the active ones by name, then the others, newest end first.
    pub(super) fn list(&self, most: usize, now: Instant) -> Vec<FaultView> {
        self.look(now, |state| {
            let active = state.active.values().map(|fault| fault.view(Phase::Active, now));
            active.chain(state.tombs.views().cloned()).take(most).collect()
        })
    }

    /// Looks at the state as it is `now`, without the faults whose lease has run out.
    fn look<T>(&self, now: Instant, look: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        state.expire(now);
        let found = look(&mut state);
        self.active.store(state.active.len(), Ordering::Release);
        found
    }
}

impl State {
    fn expire(&mut self, now: Instant) {
        self.claims.expire(now);
        while let Some(id) = self.active.iter().find(|(_, fault)| fault.is_over(now)).map(|(id, _)| id.clone()) {
            self.end(&id, Phase::Expired, 0, now);
        }
    }

    fn end_all(&mut self, now: Instant) {
        let ids: Vec<String> = self.active.keys().cloned().collect();
        ids.iter().for_each(|id| drop(self.end(id, Phase::Reverted, 0, now)));
    }

    fn refuse_while_stopped(&self) -> Result<(), Refusal> {
        self.stopped.as_ref().map_or(Ok(()), |why| Err(Refusal::Stopped(why.clone())))
    }

    /// Ends the active fault `id`; its tomb refuses its own fence and, if that's higher, `fence`.
    fn end(&mut self, id: &str, phase: Phase, fence: u64, now: Instant) -> Option<FaultView> {
        let fault = self.active.remove(id)?;
        let view = fault.view(phase, now);
        self.tombs.bury(view.clone(), fence.max(view.fence));
        Some(view)
    }

    fn decide<B>(&mut self, request: &Request<B>, now: Instant) -> Decision {
        let mut decision = Decision::default();
        let mut last = None;
        for fault in self.active.values_mut() {
            // A request that two faults touch counts once.
            let limit = fault.spec().requests_per_second;
            let room = decision.touched || limit.is_none_or(|most| self.cap.has_room(most, now));
            let (touched, action) = fault.meet(now, last.is_none(), room && fault.fits(request));
            decision.touched |= touched;
            match action {
                Some(action) if action.is_last() => last = Some(action),
                other => decision.actions.extend(other),
            }
        }
        decision.actions.extend(last);
        if decision.touched {
            let limits = self.active.values().filter_map(|fault| fault.spec().requests_per_second);
            limits.reduce(f64::min).into_iter().for_each(|least| self.cap.touch(least, now));
        }
        decision
    }

    fn inject(&mut self, id: &str, spec: FaultSpec, now: Instant) -> Result<Injected, Refusal> {
        if let Some(fault) = self.active.get(id) {
            refuse_another(fault.spec(), &spec)?;
            fault.renew(spec.lease_ms, now);
            return Ok(Injected::Renewed(fault.view(Phase::Active, now)));
        }
        if self.closed {
            return Err(Refusal::Closing);
        }
        self.refuse_while_stopped()?;
        self.refuse_the_late(id, spec.fence)?;
        self.claims.allow(self.active.values().map(|fault| fault.spec().share).sum::<f64>() + spec.share)?;
        if self.active.len() >= MOST_ACTIVE {
            return Err(Refusal::TooMany { most: MOST_ACTIVE });
        }
        let fault = Fault::new(id, spec, now);
        let view = fault.view(Phase::Active, now);
        self.tombs.remove(id);
        self.active.insert(id.to_owned(), fault);
        Ok(Injected::New(view))
    }

    fn refuse_the_late(&self, id: &str, fence: u64) -> Result<(), Refusal> {
        match self.tombs.get(id) {
            Some(tomb) if fence > tomb.fence => Ok(()),
            Some(tomb) if tomb.view.phase == Phase::Expired && fence == tomb.view.fence => {
                Err(Refusal::Ended { fence })
            }
            Some(tomb) => Err(Refusal::StaleFence { fence, known: tomb.fence }),
            None => Ok(()),
        }
    }

    fn renew(&mut self, id: &str, lease: LeaseSpec, now: Instant) -> Result<FaultView, Refusal> {
        let Some(fault) = self.active.get(id) else {
            return Err(Refusal::NotActive(self.tombs.get(id).map_or(Phase::Absent, |tomb| tomb.view.phase)));
        };
        if fault.spec().fence != lease.fence {
            return Err(Refusal::OtherFence { fence: lease.fence, active: fault.spec().fence });
        }
        fault.renew(lease.lease_ms, now);
        Ok(fault.view(Phase::Active, now))
    }

    fn revert(&mut self, id: &str, fence: u64, now: Instant) -> Result<FaultView, Refusal> {
        match self.active.get(id).map(|fault| fault.spec().fence) {
            Some(active) if active > fence => Err(Refusal::OtherFence { fence, active }),
            _ => Ok(self.end(id, Phase::Reverted, fence, now).unwrap_or_else(|| self.tombs.outrank(id, fence))),
        }
    }
}

fn refuse_another(active: &FaultSpec, asked: &FaultSpec) -> Result<(), Refusal> {
    if active.fence != asked.fence {
        return Err(Refusal::OtherFence { fence: asked.fence, active: active.fence });
    }
    if !active.same_content(asked) {
        return Err(Refusal::OtherContent);
    }
    Ok(())
}

#[cfg(test)]
#[path = "faults_tests.rs"]
mod tests;
