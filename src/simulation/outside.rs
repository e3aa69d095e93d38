//! What is outside of a runner, and stays when it dies: faults in force with their leases, processes, proxies.

use crate::base::Instant;
use crate::run::{ATTEMPTS, FaultIntent, Intent};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A fault, as the outside has known it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The run that injected it.
    pub run: String,
    /// The effect's number in the store.
    pub fence: u64,
    /// The step.
    pub step: String,
    /// The admin address of the proxy that it is in, if it is in one.
    pub admin: Option<String>,
    /// From when on it was in force.
    pub from: Instant,
    /// When it ended.
    pub until: Option<Ended>,
    /// Whether it was shown to act.
    pub acted: bool,
    /// When its lease was last asked to be renewed, whether it was or not.
    pub asked: Instant,
    /// When it was first tried to take it back.
    pub tried: Option<Instant>,
    /// Requests that came meanwhile.
    seen: f64,
    lease: Option<Duration>,
    renewed: Instant,
    /// Up to when requests are counted.
    counted: Instant,
}

/// When a fault ended, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Instant,
    /// How.
    pub how: How,
}

/// How a fault ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was taken back.
    Reverted,
    /// Its lease ran out.
    Lapsed,
    /// Its target lost it.
    Lost,
    /// It ended with its proxy.
    WithItsProxy,
}

/// A process or a proxy that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What people call it.
    pub what: String,
    /// The run that started it.
    pub run: String,
    /// Its admin address, if it is a proxy.
    pub admin: Option<String>,
}

/// What was left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What people call it.
    pub what: String,
    /// How often its run has tried to take it back.
    pub tries: u32,
}

/// The outside.
#[derive(Debug, Default)]
pub struct Outside(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    /// Faults on their way to a target, and when they arrive.
    coming: Vec<(Instant, FaultIntent)>,
    /// Effects that were taken back: what arrives later is refused.
    tombs: Vec<(String, u64)>,
    standing: Vec<Standing>,
    /// How often a runner has tried to take something back, by its run and what people call it.
    tries: BTreeMap<(String, String), u32>,
    /// Requests that have passed proxies, by service, and up to when they are counted.
    passed: BTreeMap<String, (f64, Instant)>,
    wrong: Vec<String>,
}

impl Outside {
    fn state(&self, now: Instant) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.settle(now);
        state
    }

    /// A fault is on its way, and will be in force from `then` on.
    pub fn send(&self, fault: &FaultIntent, then: Instant, now: Instant) {
        self.state(now).coming.push((then, fault.clone()));
    }

    /// A fault is taken back; whether it was in force.
    pub fn take_back(&self, fault: &FaultIntent, now: Instant) -> bool {
        let mut state = self.state(now);
        state.tombs.push((fault.call.run.clone(), fault.call.fence));
        state.end(fault, now, How::Reverted)
    }

    /// A fault is lost at its target.
    pub fn lose(&self, fault: &FaultIntent, now: Instant) {
        self.state(now).end(fault, now, How::Lost);
    }

    /// Its lease is renewed; whether it is in force.
    pub fn renew(&self, fault: &FaultIntent, now: Instant) -> bool {
        let mut state = self.state(now);
        let found = state.open(fault);
        found.map(|fault| fault.renewed = now).is_some()
    }

    /// Its lease is asked to be renewed.
    pub fn asks(&self, fault: &FaultIntent, now: Instant) {
        if let Some(fault) = self.state(now).open(fault) {
            fault.asked = now;
        }
    }

    /// It is shown to act.
    pub fn acts(&self, fault: &FaultIntent, now: Instant) {
        if let Some(fault) = self.state(now).open(fault) {
            fault.acted = true;
        }
    }

    /// A runner tries to take something back.
    pub fn tries(&self, run: &str, intent: &Intent, now: Instant) {
        let mut state = self.state(now);
        let what = match intent {
            Intent::Fault(fault) => of_step(&fault.call.step),
            other => other.what(),
        };
        if let Intent::Fault(fault) = intent
            && let Some(open) = state.open(fault)
        {
            open.tried.get_or_insert(now);
        }
        *state.tries.entry((run.to_owned(), what)).or_default() += 1;
    }

    /// Whether a fault is in force.
    pub fn is_in_force(&self, fault: &FaultIntent, now: Instant) -> bool {
        self.state(now).open(fault).is_some()
    }

    /// Whether the fault of one of these steps is in force.
    pub fn is_any_in_force(&self, is_it: impl Fn(&str) -> bool, now: Instant) -> bool {
        self.state(now).faults.iter().any(|fault| fault.until.is_none() && is_it(&fault.step))
    }

    /// Counts the requests to a fault's target up to now, so many a second; all that came while it was in force.
    pub fn seen(&self, fault: &FaultIntent, rate: f64, now: Instant) -> f64 {
        let mut state = self.state(now);
        let Some(fault) = state.open(fault) else { return 0.0 };
        fault.seen += rate * now.since(fault.counted).as_secs_f64();
        fault.counted = now;
        fault.seen
    }

    /// Counts the requests that pass the proxy of a service.
    pub fn passed(&self, service: &str, rate: f64, now: Instant) -> f64 {
        let mut state = self.state(now);
        let (count, counted) = state.passed.entry(service.to_owned()).or_insert((0.0, Instant(0)));
        *count += rate * now.since(*counted).as_secs_f64();
        *counted = now;
        *count
    }

    /// A process or a proxy is started.
    pub fn start(&self, intent: &Intent, now: Instant) {
        let admin = match intent {
            Intent::Proxy(proxy) => Some(proxy.proxy.admin.clone()),
            _ => None,
        };
        let mut state = self.state(now);
        let what = intent.what();
        if state.standing.iter().any(|one| one.what == what) {
            state.wrong.push(format!("{what} was started twice"));
        }
        let marker = intent.process().map_or("", |process| process.marker.as_str());
        let run = marker.rsplit_once('/').map_or("", |(run, _)| run).to_owned();
        state.standing.push(Standing { what, run, admin });
    }

    /// One is stopped by a runner, and what is in it ends with it.
    pub fn stop(&self, run: &str, intent: &Intent, now: Instant) {
        let mut state = self.state(now);
        let what = intent.what();
        state.standing.retain(|one| one.what != what);
        if let Intent::Proxy(proxy) = intent {
            state.end_all_in(&proxy.proxy.admin, &what, run, now);
        }
    }

    /// Whether a proxy with this admin address runs.
    pub fn stands(&self, admin: &str, now: Instant) -> bool {
        self.state(now).standing.iter().any(|one| one.admin.as_deref() == Some(admin))
    }

    /// All faults so far.
    pub fn faults(&self, now: Instant) -> Vec<Fault> {
        self.state(now).faults.clone()
    }

    /// Everything that is in force or runs, in words.
    pub fn left(&self, now: Instant) -> Vec<String> {
        let state = self.state(now);
        let open = state.faults.iter().filter(|fault| fault.until.is_none());
        let faults = open.map(|fault| of_step(&fault.step));
        faults.chain(state.standing.iter().map(|one| one.what.clone())).collect()
    }

    /// The same of one run.
    pub fn left_of(&self, run: &str, now: Instant) -> Vec<Left> {
        let state = self.state(now);
        let open = state.faults.iter().filter(|fault| fault.until.is_none() && fault.run == run);
        let faults = open.map(|fault| of_step(&fault.step));
        let standing = state.standing.iter().filter(|one| one.run == run);
        let all = faults.chain(standing.map(|one| one.what.clone()));
        all.map(|what| Left { tries: state.tried(run, &what), what }).collect()
    }

    /// What the outside has seen that must not be.
    pub fn wrong(&self, now: Instant) -> Vec<String> {
        self.state(now).wrong.clone()
    }

    /// Notes what must not be.
    pub fn blame(&self, what: String, now: Instant) {
        self.state(now).wrong.push(what);
    }
}

impl State {
    /// Lets arrive what has arrived, and end what has run out.
    fn settle(&mut self, now: Instant) {
        let (here, coming): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.coming).into_iter().partition(|(at, _)| *at <= now);
        self.coming = coming;
        for (at, fault) in here {
            self.arrive(&fault, at);
        }
        for fault in self.faults.iter_mut().filter(|fault| fault.until.is_none()) {
            let over = fault.lease.map(|lease| fault.renewed + lease).filter(|over| *over <= now);
            fault.until = over.map(|at| Ended { at, how: How::Lapsed });
        }
    }

    fn arrive(&mut self, fault: &FaultIntent, at: Instant) {
        let (run, fence) = (fault.call.run.clone(), fault.call.fence);
        if self.tombs.contains(&(run.clone(), fence)) {
            return;
        }
        self.faults.push(Fault {
            run,
            fence,
            step: fault.call.step.clone(),
            admin: fault.proxy.as_ref().map(|proxy| proxy.admin.clone()),
            from: at,
            until: None,
            acted: false,
            asked: at,
            tried: None,
            seen: 0.0,
            lease: fault.call.lease,
            renewed: at,
            counted: at,
        });
    }

    fn open(&mut self, fault: &FaultIntent) -> Option<&mut Fault> {
        let call = &fault.call;
        self.faults.iter_mut().find(|it| it.until.is_none() && it.run == call.run && it.fence == call.fence)
    }

    fn end(&mut self, fault: &FaultIntent, at: Instant, how: How) -> bool {
        let found = self.open(fault);
        found.map(|fault| fault.until = Some(Ended { at, how })).is_some()
    }

    fn tried(&self, run: &str, what: &str) -> u32 {
        self.tries.get(&(run.to_owned(), what.to_owned())).copied().unwrap_or_default()
    }

    /// A proxy that goes takes its faults along. Whoever stops it must have tried to take them back before: the run that
    /// injected them once more than at the end of their steps.
    fn end_all_in(&mut self, admin: &str, what: &str, run: &str, at: Instant) {
        let inside = |it: &&Fault| it.until.is_none() && it.admin.as_deref() == Some(admin);
        let too_soon = |it: &&Fault| self.tried(run, &of_step(&it.step)) < ATTEMPTS + u32::from(it.run == run);
        let early = self.faults.iter().filter(inside).filter(too_soon);
        let early =
            early.map(|it| format!("{what} was stopped before it was tried to take {} back", of_step(&it.step)));
        let early: Vec<String> = early.collect();
        self.wrong.extend(early);
        let open = self.faults.iter_mut().filter(|it| it.until.is_none() && it.admin.as_deref() == Some(admin));
        open.for_each(|it| it.until = Some(Ended { at, how: How::WithItsProxy }));
    }
}

/// What people call the fault of a step.
fn of_step(step: &str) -> String {
    format!("the fault of {step}")
}
