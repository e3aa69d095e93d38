//! Rank 10: a rehearsal: what an environment showed while nothing was injected, check by check, before anybody relies on it.
//!
//! Each check looks at one thing and says one of four: ok, a warning, a failure, or that it was not looked at. What could
//! not be looked at is never ok.

mod addresses;
mod bindings;
mod check;
mod document;
mod expectations;
mod injectors;
mod instances;
mod proxies;
mod sources;
mod steady;
mod traffic;
mod triggers;
mod units;

pub use check::{Check, Outcome, Totals};
pub use document::{About, document};

use crate::base::unit;
use crate::plan::Plan;
use crate::run::{Observation, Unopened};
use std::time::Duration;

/// What a rehearsal knows.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The plan of an experiment, or of an environment alone.
    pub plan: &'a Plan,
    /// What the environment showed.
    pub seen: &'a Observation,
    /// The sources that cannot be opened.
    pub unopened: &'a Unopened,
}

impl Scene<'_> {
    /// Whether an experiment is rehearsed, and not an environment alone.
    pub fn is_of_experiment(&self) -> bool {
        !self.plan.experiment.is_empty()
    }

    /// How long it was watched, in seconds.
    pub fn length(&self) -> f64 {
        self.seen.length().as_secs_f64()
    }

    /// Whether it was stopped before anything was measured.
    pub fn saw_nothing(&self) -> bool {
        self.seen.stopped.is_some() && self.seen.answers.is_empty()
    }
}

/// All checks, in the order in which one needs another.
pub fn rehearse(scene: Scene) -> Vec<Check> {
    let mut checks = addresses::check(scene);
    checks.extend(sources::check(scene));
    checks.extend(bindings::check(scene));
    checks.extend(proxies::check(scene));
    checks.extend(traffic::check(scene));
    checks.extend(instances::check(scene));
    checks.extend(injectors::check(scene));
    checks.extend(steady::check(scene));
    checks.extend(triggers::check(scene));
    checks.extend(expectations::check(scene));
    checks
}

/// How long a plan is watched where it is not said: its baseline, for an environment alone ten seconds; and so long that
/// each source has surely shown three samples, up to five minutes.
pub fn length(plan: &Plan) -> Duration {
    const LONGEST: f64 = 300.0;
    let own = if plan.experiment.is_empty() { 10.0 } else { plan.baseline };
    let slowest = plan.sources.keys().map(|source| plan.lag(source)).fold(0.0, f64::max);
    unit::to_duration(own.max(3.0 * slowest).min(LONGEST))
}
