//! The outside, as the interpreter sees it: the seam at which a simulation takes its place.

use super::error::RunError;
use super::intent::{ClaimIntent, FaultIntent, Intent};
use crate::base::Instant;
use crate::injector::Evidence;
use crate::metrics::{Found, Nothing, Read};
use crate::plan::{Injection, Plan, Proxy};
use crate::types::model::{ProbeUse, SourceRef};
use serde::{Deserialize, Serialize};
use std::pin::Pin;

/// A future of a world's answer.
pub type Future<'a, T> = Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

/// What the host itself sees of a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// Requests that came while it was in force.
    pub seen: u64,
    /// Requests on which it acted.
    pub acted: u64,
}

/// Everything a run does to the outside, and all it sees of it.
pub trait World: Send + Sync {
    /// Reads a source at the moment `at`.
    fn read<'a>(&'a self, source: &'a SourceRef, at: Instant) -> Future<'a, Read>;

    /// Makes a probe once, for the step of this name.
    fn probe<'a>(&'a self, of: &'a ProbeUse, step: &'a str) -> Future<'a, Result<Found, Nothing>>;

    /// Does what the intent says. Called only once the intent is durable. As soon as something is known without which the
    /// effect could not be taken back, it is put into the intent, and `known` is told.
    fn apply<'a>(
        &'a self,
        intent: &'a mut Intent,
        known: &'a (dyn Fn(&Intent) + Send + Sync),
    ) -> Future<'a, Result<(), RunError>>;

    /// Takes it back. Idempotent; already gone is success. Gives a note where there is something to say.
    fn revert<'a>(&'a self, intent: &'a Intent) -> Future<'a, Result<String, RunError>>;

    /// Makes ready what the plan's injects need, so that nothing is slow once a fault is in force.
    fn make_ready<'a>(&'a self, plan: &'a Plan) -> Future<'a, Result<(), RunError>>;

    /// Checks an inject and says what it will create; changes nothing.
    fn prepare<'a>(&'a self, injection: &'a Injection, step: &'a str) -> Future<'a, Result<FaultIntent, RunError>>;

    /// Renews a fault's lease.
    fn renew<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<(), RunError>>;

    /// Enters a claim at its proxy, or renews it.
    fn stake<'a>(&'a self, claim: &'a ClaimIntent) -> Future<'a, Result<(), RunError>>;

    /// What became of a fault, as the injector says.
    fn status<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<Evidence, RunError>>;

    /// What a fault has done, as the host itself sees it. Nothing where it has no view of its own.
    fn witnessed<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Option<Witness>>;

    /// Requests that have passed a proxy so far.
    fn passed<'a>(&'a self, proxy: &'a Proxy) -> Future<'a, Option<u64>>;

    /// Whether somebody takes connections at `host:port`; nothing where this world has no network to look at.
    fn answers<'a>(&'a self, address: &'a str) -> Future<'a, Option<bool>> {
        let _unseen = address;
        Box::pin(async { None })
    }

    /// Whether a proxy stands and can be commanded. `Ok(false)`: nobody is there.
    fn proxy_stands<'a>(&'a self, proxy: &'a Proxy) -> Future<'a, Result<bool, RunError>>;

    /// Whether the process of an effect still runs, looked at from the moment `at` on; true where it has none.
    fn lives(&self, effect: &Intent, at: Instant) -> bool {
        let _now = at;
        effect.process().and_then(|process| process.identity).is_none_or(|identity| identity.is_alive())
    }

    /// A moment that decides what is judged: `what` names it, `now` is what the clock says. A world that gives back an
    /// earlier run lets the run go on when it did then, and gives that moment.
    fn moment<'a>(&'a self, what: &'a str, now: Instant) -> Future<'a, Instant> {
        let _only_now = what;
        Box::pin(async move { now })
    }
}
