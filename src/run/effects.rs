//! The one way in which anything is done to the outside: intent, synced; apply; applied; revert; reverted.

use super::error::RunError;
use super::intent::Intent;
use super::world::World;
use crate::base::{Clock, Instant, unit};
use crate::diagnostics::codes;
use crate::injector::Phase;
use crate::journal::{EffectId, EffectState, Journal};
use crate::plan::APPLY_TIMEOUT;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Tries at a revert, at least, while trying again may help.
pub const ATTEMPTS: u32 = 3;
/// It is tried again for so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause before the second try; doubled for each further one, up to the longest.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// An effect that is in force.
#[derive(Clone, Debug)]
pub struct LeftOver {
    /// Its number.
    pub id: EffectId,
    /// What it is.
    pub intent: Intent,
    /// Whether it is known to have been done: else it may still be on its way.
    pub certain: bool,
}

impl LeftOver {
    /// Whether it may be done after it was taken back: our own proxies refuse that by the fence, others do not.
    fn may_come_late(&self) -> bool {
        !self.certain && matches!(&self.intent, Intent::Fault(fault) if fault.proxy.is_none())
    }

    /// Whether it must be taken back before another effect is.
    fn goes_before(&self, other: &LeftOver) -> bool {
        self.id > other.id && self.intent.stands_on(&other.intent)
    }
}

/// What is in force, and what of it could not be taken back so far.
#[derive(Default)]
struct Open {
    effects: Vec<LeftOver>,
    stuck: BTreeSet<EffectId>,
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
    /// What was said of it and is not so: that it was taken back, while its target still had it.
    pub untrue: Option<String>,
}

/// The effects of one run.
#[derive(Clone)]
pub struct Effects {
    journal: Arc<Journal>,
    world: Arc<dyn World>,
    clock: Arc<dyn Clock>,
    run: String,
    open: Arc<watch::Sender<Open>>,
}

impl Effects {
    /// Effects of `run`, written to `journal`.
    pub fn new(journal: Arc<Journal>, world: Arc<dyn World>, clock: Arc<dyn Clock>, run: String) -> Self {
        Self { journal, world, clock, run, open: Arc::new(watch::Sender::new(Open::default())) }
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
        let mut intent = made.ok_or_else(|| RunError::new(codes::E0711, "no intent was made"))?;
        self.remember(LeftOver { id, intent: intent.clone(), certain: false });
        let known = |intent: &Intent| {
            self.remember(LeftOver { id, intent: intent.clone(), certain: false });
            // Should this not be written, the marker in the process's environment still finds it.
            let _found_by_marker = self.journal.update(id, &serde_json::to_string(intent).unwrap_or_default());
        };
        let applied = self.world.apply(&mut intent, &known).await;
        let effect = LeftOver { id, intent, certain: applied.is_ok() };
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
        self.open.send_modify(|open| match open.effects.iter_mut().find(|known| known.id == effect.id) {
            Some(known) => *known = effect,
            None => open.effects.push(effect),
        });
    }

    fn forget(&self, id: EffectId) {
        self.open.send_modify(|open| open.effects.retain(|known| known.id != id));
    }

    /// What is in force, the latest first.
    pub fn open(&self) -> Vec<LeftOver> {
        self.open.borrow().effects.iter().rev().cloned().collect()
    }

    /// Leaves an effect in place on purpose.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn keep(&self, effect: &LeftOver, why: &str) -> Result<(), RunError> {
        self.forget(effect.id);
        Ok(self.journal.mark(effect.id, EffectState::Kept, why)?)
    }

    /// Waits until all that came on top of an effect and is `ending` too has been taken back, or cannot be.
    pub async fn turn_of(&self, effect: &LeftOver, ending: impl Fn(&Intent) -> bool) {
        let on_top = |open: &Open| {
            let mut others = open.effects.iter().filter(|other| !open.stuck.contains(&other.id));
            others.any(|other| other.goes_before(effect) && ending(&other.intent))
        };
        // The sender lives as long as these effects.
        let _own_turn = self.open.subscribe().wait_for(|open| !on_top(open)).await.is_ok();
    }

    /// Takes several effects back: what came on top of another before that, all else at once. `told` hears of each.
    pub async fn undo_all(&self, effects: Vec<LeftOver>, mut told: impl FnMut(&LeftOver, &Undone)) {
        let (mut waiting, mut at_work) = (effects, FuturesUnordered::new());
        let mut busy: Vec<LeftOver> = Vec::new();
        loop {
            let blocked = |one: &LeftOver| waiting.iter().chain(&busy).any(|other| other.goes_before(one));
            let (later, now): (Vec<_>, Vec<_>) = waiting.iter().cloned().partition(blocked);
            busy.extend(now.iter().cloned());
            at_work.extend(now.into_iter().map(async |effect| (self.undo(&effect).await, effect)));
            waiting = later;
            let Some((undone, effect)) = at_work.next().await else { return };
            busy.retain(|other| other.id != effect.id);
            told(&effect, &undone);
        }
    }

    /// Takes an effect back, trying again while that may help.
    pub async fn undo(&self, effect: &LeftOver) -> Undone {
        let (began, mut untrue) = (self.clock.now(), None);
        let result = match self.keep_trying(effect, began, &mut untrue).await {
            Err(error) => self.outlived(effect, error, began).await,
            Ok(note) if effect.may_come_late() => self.look_again(effect, note, began).await,
            success => success,
        };
        match &result {
            Ok(_) => self.forget(effect.id),
            Err(_) => self.open.send_modify(|open| _ = open.stuck.insert(effect.id)),
        }
        Undone { what: effect.intent.what(), result, took: self.clock.now().since(began), untrue }
    }

    async fn keep_trying(
        &self,
        effect: &LeftOver,
        began: Instant,
        untrue: &mut Option<String>,
    ) -> Result<String, RunError> {
        let (mut pause, mut tries) = (PAUSE, 1);
        loop {
            let result = self.try_undo(effect).await;
            if let Err(error) = result.as_ref()
                && error.code == codes::E0718
            {
                *untrue = Some(format!("{} ({})", error.message, error.code));
            }
            let next = self.clock.now() + pause;
            let goes_on = tries < ATTEMPTS || next < began + PATIENCE;
            match result {
                Err(error) if error.retryable && goes_on => self.note_failure(effect, tries, &error),
                result => return result,
            }
            self.clock.sleep_until(next).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            tries += 1;
        }
    }

    /// Each failure stays in the run's log; a log that cannot be written hinders no further try.
    fn note_failure(&self, effect: &LeftOver, tries: u32, error: &RunError) {
        let line = format!("{} could not be taken back, try {tries}: {error}", effect.intent.what());
        let _best_effort = self.journal.log(&self.run, self.clock.now().0, &line);
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

    /// An inject whose answer never came may be done after its revert: once it must have come to its end, its target is
    /// asked, and the fault taken back again where it is there.
    async fn look_again(&self, effect: &LeftOver, note: String, began: Instant) -> Result<String, RunError> {
        let Intent::Fault(fault) = &effect.intent else { return Ok(note) };
        self.clock.sleep_until(began + unit::to_duration(APPLY_TIMEOUT)).await;
        match self.world.status(fault).await {
            Ok(evidence) if evidence.phase != Phase::Active => Ok(note),
            Ok(_) | Err(_) => self.keep_trying(effect, self.clock.now(), &mut None).await,
        }
    }

    /// A leased fault whose target cannot be reached ends by itself; once its lease must have run out, it is over.
    async fn outlived(&self, effect: &LeftOver, error: RunError, began: Instant) -> Result<String, RunError> {
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
