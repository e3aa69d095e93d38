//! The world of a replay: it gives back what the outside answered in a recorded run, when it answered.

use super::clock::VirtualClock;
use super::course::{Course, told};
use super::key;
use super::line::{Answer, Failure};
use super::stored::Stored;
use super::tape::Tape;
use crate::base::{Clock, Instant};
use crate::diagnostics::codes;
use crate::injector::{Call as Caller, Evidence, Handle};
use crate::metrics::{Found, Nothing, Read};
use crate::plan::{Injection, Plan, Proxy};
use crate::run::{ClaimIntent, FaultIntent, Future, Halt, Intent, Means, RunError, WINDING_UP, Witness, World};
use crate::types::model::{Class, ProbeUse, SourceRef};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A run that goes another way than the recorded one may be so much earlier or later and still fit the recording.
const PATIENCE: Duration = Duration::from_secs(1);
/// What was never answered fails so long after the end of the recording: by then the replay has been stopped.
const GRACE: Duration = Duration::from_secs(1);
/// Leases of leased faults; their length does not matter, since renewals are given back too.
const LEASE: Duration = Duration::from_secs(10);
/// What is said of what nobody asked in the recorded run.
const NOTHING: &str = "nothing was recorded of it";

/// A recorded run, given back.
pub struct Replayed {
    clock: VirtualClock,
    halt: Halt,
    tape: Tape,
    course: Course,
    died: Mutex<BTreeMap<String, Vec<Instant>>>,
    run: String,
    experiment: String,
    /// Whether what is run judges otherwise than what was recorded, so that it may go another way.
    changed: bool,
}

impl Replayed {
    /// Gives back what was stored; `halt` is that of the replay, which is stopped where the recording does not fit any more.
    pub fn new(stored: Stored, clock: VirtualClock, halt: Halt, changed: bool) -> Self {
        let mut died: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
        for (what, at) in &stored.died {
            died.entry(what.clone()).or_default().push(*at);
        }
        Self {
            course: Course::of(&stored, clock.clone(), halt.clone()),
            tape: Tape::new(clock.clone(), stored.calls, stored.moments),
            clock,
            halt,
            died: Mutex::new(died),
            run: stored.head.run,
            experiment: stored.head.made_from.experiment,
            changed,
        }
    }

    /// From when on the recording did not fit, and why, if that came.
    pub fn left(&self) -> Option<&(Instant, String)> {
        self.course.left()
    }

    /// Goes along with the replay. Never returns.
    pub async fn follow(&self) {
        self.course.follow(&self.tape).await;
    }

    /// The recorded result of something that is done to the outside. A replay that does it at another time than the recorded
    /// run has left it.
    async fn effect(&self, of: &str) -> Option<Answer> {
        let now = self.clock.now();
        let Some((line, call)) = self.tape.call(of) else {
            if self.changed && now < self.course.end() {
                self.course.leave(now, &format!("{} here, and was not then", told(of)));
            }
            if self.halt.stopped().is_none() {
                self.clock.sleep_until(self.course.end() + GRACE).await;
            }
            return None;
        };
        if self.changed && call.from.since(now) > PATIENCE {
            self.course.leave(now, &format!("{} here, and only at {} then", told(of), call.from));
        }
        let left = self.changed && self.halt.stopped().is_some();
        match left {
            true => self.clock.sleep_until(now + call.at.since(call.from)).await,
            false => self.clock.turn(call.at, line).await,
        }
        call.got
    }

    /// The next recorded answer. Where there is none, nothing comes until the recording ends.
    async fn answer(&self, of: &str) -> Option<Answer> {
        let answer = self.tape.answer(of).await;
        if answer.is_none() && self.tape.knows(of) {
            self.clock.sleep_until(self.course.end() + GRACE).await;
        }
        answer
    }

    /// A read, with what reads gave that are left out here: what was counted must not get lost.
    async fn reading(&self, source: &SourceRef) -> Read {
        let of = key::read(source);
        let Some(Answer::Read(mut read)) = self.answer(&of).await else {
            return Read { failures: vec![NOTHING.to_owned()], ..Read::default() };
        };
        while let Some(Answer::Read(more)) = self.tape.left(&of) {
            read.samples.extend(more.samples);
            read.failures.extend(more.failures);
            read.remarks.extend(more.remarks);
            read.changes.extend(more.changes);
            read.falls.extend(more.falls);
        }
        read
    }

    fn intent(&self, injection: &Injection, step: &str) -> FaultIntent {
        let lease = (injection.class == Class::Leased).then_some(LEASE);
        let (run, experiment, step) = (self.run.clone(), self.experiment.clone(), step.to_owned());
        FaultIntent {
            what: format!("{} on {}", injection.fault, injection.target),
            target: injection.target.clone(),
            component: injection.component.clone(),
            handle: Handle { id: step.clone(), data: Vec::new() },
            call: Caller { run, experiment, step, fence: 0, lease, dry_run: false },
            proxy: injection.proxy.clone(),
            means: Means::default(),
            class: injection.class,
        }
    }
}

fn unknown() -> RunError {
    RunError::new(codes::E0823, NOTHING)
}

fn result<T>(of: Result<T, Failure>) -> Result<T, RunError> {
    of.map_err(RunError::from)
}

impl World for Replayed {
    fn read<'a>(&'a self, source: &'a SourceRef, _: Instant) -> Future<'a, Read> {
        Box::pin(self.reading(source))
    }

    fn probe<'a>(&'a self, of: &'a ProbeUse, _: &'a str) -> Future<'a, Result<Found, Nothing>> {
        Box::pin(async move {
            match self.answer(&key::probe(of)).await {
                Some(Answer::Found(found)) => found,
                _ => Err(Nothing::from(NOTHING.to_owned())),
            }
        })
    }

    fn apply<'a>(
        &'a self,
        intent: &'a mut Intent,
        _: &'a (dyn Fn(&Intent) + Send + Sync),
    ) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            let done = self.effect(&key::apply(intent)).await;
            if let Some(died) = self.died.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&key::effect(intent)) {
                died.retain(|at| *at > self.clock.now());
            }
            match done {
                Some(Answer::Done(done)) => result(done),
                _ => Err(unknown()),
            }
        })
    }

    /// Nothing is in force in a replay, so nothing fails to be taken back but what failed then.
    fn revert<'a>(&'a self, intent: &'a Intent) -> Future<'a, Result<String, RunError>> {
        Box::pin(async move {
            match self.effect(&key::revert(intent)).await {
                Some(Answer::Undone(undone)) => result(undone),
                _ => Ok(String::new()),
            }
        })
    }

    fn make_ready<'a>(&'a self, _: &'a Plan) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            match self.answer(key::READY).await {
                Some(Answer::Done(ready)) => result(ready),
                _ => Ok(()),
            }
        })
    }

    fn prepare<'a>(&'a self, injection: &'a Injection, step: &'a str) -> Future<'a, Result<FaultIntent, RunError>> {
        Box::pin(async move {
            if let Some(Answer::Done(Err(failure))) = self.answer(&key::prepare(step)).await {
                return Err(failure.into());
            }
            Ok(self.intent(injection, step))
        })
    }

    fn renew<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            match self.answer(&key::renew(fault)).await {
                Some(Answer::Done(renewed)) => result(renewed),
                _ => Err(unknown()),
            }
        })
    }

    fn stake<'a>(&'a self, _: &'a ClaimIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async { Ok(()) }) // nobody is beside it
    }

    fn status<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<Evidence, RunError>> {
        Box::pin(async move {
            match self.answer(&key::status(fault)).await {
                Some(Answer::Evidence(evidence)) => result(evidence),
                _ => Err(unknown()),
            }
        })
    }

    fn witnessed<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Option<Witness>> {
        Box::pin(async move {
            match self.answer(&key::witnessed(fault)).await {
                Some(Answer::Witness(witness)) => witness,
                _ => None,
            }
        })
    }

    fn passed<'a>(&'a self, proxy: &'a Proxy) -> Future<'a, Option<u64>> {
        Box::pin(async move {
            match self.answer(&key::passed(proxy)).await {
                Some(Answer::Passed(passed)) => passed,
                _ => None,
            }
        })
    }

    fn proxy_stands<'a>(&'a self, proxy: &'a Proxy) -> Future<'a, Result<bool, RunError>> {
        Box::pin(async move {
            match self.answer(&key::stands(proxy)).await {
                Some(Answer::Stands(stands)) => result(stands),
                _ => Err(unknown()),
            }
        })
    }

    fn lives(&self, effect: &Intent, at: Instant) -> bool {
        let died = self.died.lock().unwrap_or_else(PoisonError::into_inner);
        died.get(&key::effect(effect)).is_none_or(|died| died.iter().all(|moment| *moment > at))
    }

    fn moment<'a>(&'a self, what: &'a str, now: Instant) -> Future<'a, Instant> {
        Box::pin(async move {
            if what == WINDING_UP {
                self.course.wind_up();
            }
            let next = self.tape.moment(what, now);
            let fits = |(_, moment): &(usize, Instant)| !self.changed || moment.since(now) <= PATIENCE;
            let Some((line, moment)) = next.filter(fits) else { return now };
            self.tape.pass(what, line);
            self.clock.turn(moment, line).await;
            moment
        })
    }
}
