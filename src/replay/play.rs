//! Running a plan against a recording.

use super::clock::VirtualClock;
use super::replayed::Replayed;
use super::stored::Stored;
use crate::base::{Clock, Instant};
use crate::diagnostics::codes;
use crate::journal::Journal;
use crate::plan::Plan;
use crate::run::{Claimed, Ending, Event, Events, Halt, RunError, Runner, World, virtual_time};
use std::cmp::Reverse;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What came of a replay.
#[derive(Clone, Debug)]
pub struct Played {
    /// How it ended.
    pub ending: Ending,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// From when on the recording did not fit what was replayed, or had ended.
    pub fits_until: Option<Instant>,
}

/// That the recording did not fit comes before what else was not seen: it is why.
fn told(mut ending: Ending, events: Vec<Event>, left: Option<&(Instant, String)>) -> Played {
    if let Some((_, why)) = left {
        ending.reasons.sort_by_key(|reason| (Reverse(reason.verdict), reason.text != *why));
    }
    Played { ending, events, fits_until: left.map(|(at, _)| *at) }
}

/// Runs a plan in virtual time against what was recorded. `changed`: it is not the plan that was recorded, so it may go another
/// way.
///
/// # Errors
/// The recording leaves the run waiting for what never came.
pub fn play(plan: Plan, stored: Stored, changed: bool) -> Result<Played, RunError> {
    let run = stored.head.run.clone();
    let journal = Arc::new(Journal::in_memory()?);
    let played = virtual_time(async {
        let virtual_clock = VirtualClock::default();
        let clock: Arc<dyn Clock> = Arc::new(virtual_clock.clone());
        let halt = Halt::default();
        let replayed = Arc::new(Replayed::new(stored, virtual_clock.clone(), halt.clone(), changed));
        let claims = Claimed::default();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let events = Events::new(Arc::clone(&clock), sender);
        let world: Arc<dyn World> = Arc::clone(&replayed) as Arc<dyn World>;
        let ending = tokio::select! {
            biased;
            ending = Runner { plan, run, journal, world, clock, events, halt, claims }.run() => Some(ending),
            () = replayed.follow() => None,
            () = virtual_clock.run() => None,
        };
        let events = std::iter::from_fn(|| receiver.try_recv().ok()).collect();
        ending.map(|ending| told(ending, events, replayed.left()))
    });
    let failed = |error: std::io::Error| RunError::new(codes::E0803, error.to_string());
    played.map_err(failed)?.ok_or_else(|| RunError::new(codes::E0823, "the recording leaves the run waiting forever"))
}
