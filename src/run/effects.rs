//! The one way in which anything is done to the outside: intent, synced; apply; applied; revert; reverted.

use super::error::RunError;
use super::intent::Intent;
use super::world::World;
use crate::base::Clock;
use crate::journal::{EffectId, EffectState, Journal};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Tries at a revert.
pub const ATTEMPTS: u32 = 3;
/// Pause before the second try; doubled for each further one.
const PAUSE: Duration = Duration::from_millis(200);

/// An effect that is in force.
#[derive(Clone, Debug)]
pub struct LeftOver {
    /// Its number.
    pub id: EffectId,
    /// What it is.
    pub intent: Intent,
}

/// What came of taking an effect back.
#[derive(Clone, Debug)]
pub struct Undone {
    /// What it was.
    pub what: String,
    /// Success with a note, or the last failure.
    pub result: Result<String, RunError>,
    /// How long it took.
    pub took: Duration,
}

/// The effects of one run.
#[derive(Clone)]
pub struct Effects {
    journal: Arc<Journal>,
    world: Arc<dyn World>,
    clock: Arc<dyn Clock>,
    run: String,
    open: Arc<Mutex<Vec<LeftOver>>>,
}

impl Effects {
    /// Effects of `run`, written to `journal`.
    pub fn new(journal: Arc<Journal>, world: Arc<dyn World>, clock: Arc<dyn Clock>, run: String) -> Self {
        Self { journal, world, clock, run, open: Arc::default() }
    }

    /// Writes the intent down and does it. On failure it is taken back at once: part of it may have happened.
    ///
    /// # Errors
    /// The intent could not be made durable, and nothing was done; or doing it failed.
    pub async fn perform(&self, make: impl FnOnce(EffectId) -> Intent) -> Result<LeftOver, RunError> {
        let mut made = None;
        let id = self.journal.intend(&self.run, |id| {
            let intent = make(id);
            let text = serde_json::to_string(&intent).unwrap_or_default();
            made = Some(intent);
            text
        })?;
        let mut intent = made.ok_or_else(|| RunError::new(crate::diagnostics::codes::E0711, "no intent was made"))?;
        self.remember(LeftOver { id, intent: intent.clone() });
        let known = |intent: &Intent| {
            self.remember(LeftOver { id, intent: intent.clone() });
            // Should this not be written, the marker in the process's environment still finds it.
            let _found_by_marker = self.journal.update(id, &serde_json::to_string(intent).unwrap_or_default());
        };
        let applied = self.world.apply(&mut intent, &known).await;
        let effect = LeftOver { id, intent };
        self.remember(effect.clone());
        match applied {
            Ok(()) => {
                self.journal.applied(id, &serde_json::to_string(&effect.intent).unwrap_or_default())?;
                Ok(effect)
            }
            Err(error) => {
                let undone = self.undo(&effect).await;
                match undone.result {
                    Ok(_) => Err(error),
                    Err(second) => Err(RunError { message: format!("{error}; and taking it back: {second}"), ..error }),
                }
            }
        }
    }

    fn remember(&self, effect: LeftOver) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.iter_mut().find(|known| known.id == effect.id) {
            Some(known) => *known = effect,
            None => open.push(effect),
        }
    }

    fn forget(&self, id: EffectId) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|known| known.id != id);
    }

    /// What is in force, the latest first.
    pub fn open(&self) -> Vec<LeftOver> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    /// Leaves an effect in place on purpose.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn keep(&self, effect: &LeftOver, why: &str) -> Result<(), RunError> {
        self.forget(effect.id);
        Ok(self.journal.mark(effect.id, EffectState::Kept, why)?)
    }

    /// Takes an effect back, trying again while that may help.
    pub async fn undo(&self, effect: &LeftOver) -> Undone {
        let began = self.clock.now();
        let mut pause = PAUSE;
        let mut result = self.try_undo(effect).await;
        for _ in 1..ATTEMPTS {
            if !result.as_ref().is_err_and(|error| error.retryable) {
                break;
            }
            self.clock.sleep_until(self.clock.now() + pause).await;
            pause *= 2;
            result = self.try_undo(effect).await;
        }
        let result = match result {
            Err(error) => self.outlived(effect, error, began).await,
            success => success,
        };
        if result.is_ok() {
            self.forget(effect.id);
        }
        Undone { what: effect.intent.what(), result, took: self.clock.now().since(began) }
    }

    async fn try_undo(&self, effect: &LeftOver) -> Result<String, RunError> {
        let result = self.world.revert(&effect.intent).await;
        self.write_down(effect, result)
    }

    /// The effect is gone even if the store cannot be told; then the next runner only finds nothing left to take back.
    fn write_down(&self, effect: &LeftOver, result: Result<String, RunError>) -> Result<String, RunError> {
        let written = match &result {
            Ok(note) => self.journal.mark(effect.id, EffectState::Reverted, note),
            Err(error) => self.journal.mark(effect.id, EffectState::Applied, &error.message),
        };
        match (result, written) {
            (Ok(note), Err(error)) => {
                let said = if note.is_empty() { "taken back".to_owned() } else { note };
                Ok(format!("{said}; that could not be written down: {error}"))
            }
            (result, _) => result,
        }
    }

    /// Notes that an effect is gone though it could not be taken back, for example with the process it lived in.
    pub fn gone(&self, effect: &LeftOver, why: &str) {
        // The worst that comes of an unwritten note is a revert that finds nothing.
        let _told = self.write_down(effect, Ok(why.to_owned()));
        self.forget(effect.id);
    }

    /// A leased fault whose target cannot be reached ends by itself; once its lease must have run out, it is over.
    async fn outlived(
        &self,
        effect: &LeftOver,
        error: RunError,
        began: crate::base::Instant,
    ) -> Result<String, RunError> {
        let Intent::Fault(fault) = &effect.intent else { return Err(error) };
        let Some(lease) = fault.call.lease.filter(|_| error.unreachable) else { return Err(error) };
        self.clock.sleep_until(began + lease).await;
        let again = self.try_undo(effect).await;
        match again {
            Err(error) if error.unreachable => {
                let note = "its target cannot be reached; it ended when its lease ran out".to_owned();
                self.write_down(effect, Ok(note))
            }
            other => other,
        }
    }
}
