//! The world of a run that is recorded: every call is passed on, and its answer written down.

use super::key;
use super::line::{Answer, Call, Failure, Line};
use super::recorder::Recorder;
use crate::base::{Clock, Instant};
use crate::injector::Evidence;
use crate::metrics::{Found, Nothing, Read};
use crate::plan::{Injection, Plan, Proxy};
use crate::run::{ClaimIntent, FaultIntent, Future, Halt, Intent, RunError, Witness, World, stops};
use crate::types::model::{ProbeUse, SourceRef};
use std::sync::Arc;

/// Takes secrets out of a text.
type Redact = Box<dyn Fn(&str) -> String + Send + Sync>;

/// A world whose answers are written down.
pub struct Recording {
    world: Arc<dyn World>,
    clock: Arc<dyn Clock>,
    recorder: Arc<Recorder>,
    redact: Redact,
}

impl Recording {
    /// Records what `world` answers; what a probe reads as a text goes through `redact` first.
    pub fn new(
        world: Arc<dyn World>,
        clock: Arc<dyn Clock>,
        recorder: Arc<Recorder>,
        redact: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        Self { world, clock, recorder, redact: Box::new(redact) }
    }

    fn asks(&self, of: String) -> Asking<'_> {
        Asking { recording: self, of, from: self.clock.now(), answered: false }
    }
}

/// A stop signal that is written down before it stops a run: `halt` is that of the run.
pub async fn forward(asked: Halt, halt: Halt, recorder: Option<Arc<Recorder>>, clock: Arc<dyn Clock>) {
    let stop = asked.wait().await;
    if let Some(recorder) = recorder {
        recorder.write(&Line::Stopped(stop.clone(), clock.now()));
    }
    halt.stop(stop.verdict, stop.reason);
}

/// Whether an effect is part of a replay: a replay has nobody beside it, and claims nothing.
fn is_replayed(intent: &Intent) -> bool {
    !matches!(intent, Intent::Claim(_))
}

/// A question that is on its way. Dropped without an answer, it was waited for no longer.
struct Asking<'r> {
    recording: &'r Recording,
    of: String,
    from: Instant,
    answered: bool,
}

impl Asking<'_> {
    fn answered(mut self, answer: Answer) {
        self.answered = true;
        self.write(Some(answer));
    }

    fn write(&mut self, got: Option<Answer>) {
        let (of, at) = (std::mem::take(&mut self.of), self.recording.clock.now());
        self.recording.recorder.write(&Line::Call(Call { of, from: self.from, at, got }));
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.write(None);
        }
    }
}

fn failed<T: Clone>(result: &Result<T, RunError>) -> Result<T, Failure> {
    result.clone().map_err(|error| Failure::from(&error))
}

impl World for Recording {
    fn read<'a>(&'a self, source: &'a SourceRef, at: Instant) -> Future<'a, Read> {
        Box::pin(async move {
            let asking = self.asks(key::read(source));
            let read = self.world.read(source, at).await;
            asking.answered(Answer::Read(read.clone()));
            read
        })
    }

    fn probe<'a>(&'a self, of: &'a ProbeUse, step: &'a str) -> Future<'a, Result<Found, Nothing>> {
        Box::pin(async move {
            let asking = self.asks(key::probe(of));
            let found = self.world.probe(of, step).await;
            let kept = match &found {
                Ok(Found::Text(text)) => Ok(Found::Text((self.redact)(text))),
                other => other.clone(),
            };
            asking.answered(Answer::Found(kept));
            found
        })
    }

    fn apply<'a>(
        &'a self,
        intent: &'a mut Intent,
        known: &'a (dyn Fn(&Intent) + Send + Sync),
    ) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            let asking = is_replayed(intent).then(|| self.asks(key::apply(intent)));
            let done = self.world.apply(intent, known).await;
            if let Some(asking) = asking {
                asking.answered(Answer::Done(failed(&done)));
            }
            done
        })
    }

    fn revert<'a>(&'a self, intent: &'a Intent) -> Future<'a, Result<String, RunError>> {
        Box::pin(async move {
            let asking = is_replayed(intent).then(|| self.asks(key::revert(intent)));
            let undone = self.world.revert(intent).await;
            if let Some(asking) = asking {
                asking.answered(Answer::Undone(failed(&undone)));
            }
            undone
        })
    }

    fn make_ready<'a>(&'a self, plan: &'a Plan) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            let asking = self.asks(key::READY.to_owned());
            let ready = self.world.make_ready(plan).await;
            asking.answered(Answer::Done(failed(&ready)));
            ready
        })
    }

    fn prepare<'a>(&'a self, injection: &'a Injection, step: &'a str) -> Future<'a, Result<FaultIntent, RunError>> {
        Box::pin(async move {
            let asking = self.asks(key::prepare(step));
            let prepared = self.world.prepare(injection, step).await;
            asking.answered(Answer::Done(failed(&prepared).map(|_| ())));
            prepared
        })
    }

    fn renew<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            let asking = self.asks(key::renew(fault));
            let renewed = self.world.renew(fault).await;
            asking.answered(Answer::Done(failed(&renewed)));
            renewed
        })
    }

    fn stake<'a>(&'a self, claim: &'a ClaimIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            let staked = self.world.stake(claim).await;
            if let Some(stop) = staked.as_ref().err().and_then(stops) {
                self.recorder.write(&Line::Stopped(stop, self.clock.now()));
            }
            staked
        })
    }

    fn status<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<Evidence, RunError>> {
        Box::pin(async move {
            let asking = self.asks(key::status(fault));
            let evidence = self.world.status(fault).await;
            asking.answered(Answer::Evidence(failed(&evidence)));
            evidence
        })
    }

    fn witnessed<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Option<Witness>> {
        Box::pin(async move {
            let asking = self.asks(key::witnessed(fault));
            let witness = self.world.witnessed(fault).await;
            asking.answered(Answer::Witness(witness));
            witness
        })
    }

    fn passed<'a>(&'a self, proxy: &'a Proxy) -> Future<'a, Option<u64>> {
        Box::pin(async move {
            let asking = self.asks(key::passed(proxy));
            let passed = self.world.passed(proxy).await;
            asking.answered(Answer::Passed(passed));
            passed
        })
    }

    /// A run does not ask that; a rehearsal does, and is not recorded.
    fn answers<'a>(&'a self, address: &'a str) -> Future<'a, Option<bool>> {
        self.world.answers(address)
    }

    fn proxy_stands<'a>(&'a self, proxy: &'a Proxy) -> Future<'a, Result<bool, RunError>> {
        Box::pin(async move {
            let asking = self.asks(key::stands(proxy));
            let stands = self.world.proxy_stands(proxy).await;
            asking.answered(Answer::Stands(failed(&stands)));
            stands
        })
    }

    fn lives(&self, effect: &Intent, at: Instant) -> bool {
        let lives = self.world.lives(effect, at);
        if !lives {
            self.recorder.write(&Line::Died(key::effect(effect), at));
        }
        lives
    }

    fn moment<'a>(&'a self, what: &'a str, now: Instant) -> Future<'a, Instant> {
        self.recorder.write(&Line::Moment(what.to_owned(), now));
        self.world.moment(what, now)
    }
}
