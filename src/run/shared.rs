//! What all parts of a run share.

use super::answers::Answers;
use super::board::Board;
use super::changes::Changes;
use super::comparisons::Comparisons;
use super::effects::Effects;
use super::event::{EventKind, Events};
use super::halt::Halt;
use super::ledger::Ledger;
use super::sampling::{self, Tallies};
use super::verdict::{Reason, Verdict};
use super::world::World;
use crate::base::{Clock, Instant, unit};
use crate::monitor::{Baselines, Outcome};
use crate::plan::{Level, Plan};
use crate::types::model::SourceKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// An expectation and what became of it, for the report.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Judged {
    /// The author's words.
    pub text: String,
    /// The step or fault it belongs to.
    pub of: String,
    /// What became of it: *confirmed*, *refuted* or *inconclusive*.
    pub verdict: Verdict,
    /// By how much, or why.
    pub detail: String,
    /// When that was known.
    pub at: Instant,
}

/// What a fault did, for the report.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct FaultReport {
    /// The step.
    pub step: String,
    /// The fault and its target.
    pub what: String,
    /// How often it acted, as the host saw it.
    pub acted: u64,
    /// Whether what it acted on are requests.
    #[serde(default = "by_requests", skip_serializing_if = "Clone::clone")]
    pub on_requests: bool,
}

fn by_requests() -> bool {
    true
}

impl FaultReport {
    /// How often it acted: `on 20 requests`, `1 time`.
    pub fn often(&self) -> String {
        if self.on_requests { format!("on {}", often(self.acted, true)) } else { often(self.acted, false) }
    }
}

/// So many requests, or times.
pub fn often(count: u64, requests: bool) -> String {
    let noun = if requests { "request" } else { "time" };
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// One run's state.
pub struct Shared {
    /// The plan.
    pub plan: Plan,
    /// The outside.
    pub world: Arc<dyn World>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The way to do anything.
    pub effects: Effects,
    /// The metrics.
    pub board: Board,
    /// The stop signal.
    pub halt: Halt,
    /// Where events go.
    pub events: Events,
    /// What is in force, within the limits.
    pub ledger: Ledger,
    /// How the reads of the sources went.
    pub tallies: Tallies,
    /// What changed under the run.
    pub changes: Changes,
    /// What calls of probes have found, by their steps' names.
    pub answers: Answers,
    /// What `baseline` stands for; set once the steady state was judged.
    pub baselines: OnceLock<Arc<Baselines>>,
    reasons: Mutex<Vec<Reason>>,
    judged: Mutex<Vec<Judged>>,
    comparisons: Mutex<Comparisons>,
    faults: Mutex<Vec<FaultReport>>,
    refuted: watch::Sender<bool>,
    /// Escalations that have come to their end before their last level.
    broken: watch::Sender<BTreeSet<String>>,
    first_inject: watch::Sender<Option<Instant>>,
}

impl Shared {
    /// The state of a run that has not begun.
    pub fn new(
        plan: Plan,
        world: Arc<dyn World>,
        clock: Arc<dyn Clock>,
        effects: Effects,
        board: Board,
        halt: Halt,
        events: Events,
    ) -> Self {
        let comparisons = Mutex::new(Comparisons::of(&plan));
        Self {
            plan,
            world,
            clock,
            effects,
            board,
            halt,
            events,
            ledger: Ledger::default(),
            tallies: Tallies::default(),
            changes: Changes::default(),
            answers: Answers::default(),
            baselines: OnceLock::new(),
            reasons: Mutex::default(),
            judged: Mutex::default(),
            comparisons,
            faults: Mutex::default(),
            refuted: watch::channel(false).0,
            broken: watch::channel(BTreeSet::new()).0,
            first_inject: watch::channel(None).0,
        }
    }

    /// The present moment, where it decides what is judged; `what` names it within the run.
    pub async fn moment(&self, what: &str) -> Instant {
        self.world.moment(what, self.clock.now()).await
    }

    /// The window of aggregates that do not say `over`.
    pub fn window(&self) -> Duration {
        unit::to_duration(self.plan.window)
    }

    /// What `baseline` stands for; nothing before the steady state was judged.
    pub fn baselines(&self) -> Arc<Baselines> {
        self.baselines.get().cloned().unwrap_or_default()
    }

    /// Writes down why the verdict is not simply *confirmed*.
    pub fn because(&self, verdict: Verdict, text: impl Into<String>) {
        let reason = Reason { verdict, text: text.into() };
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner).push(reason);
    }

    /// All reasons so far.
    pub fn reasons(&self) -> Vec<Reason> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All judged expectations so far.
    pub fn judged(&self) -> Vec<Judged> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All faults so far.
    pub fn faults(&self) -> Vec<FaultReport> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes down what a fault did.
    pub fn fault_ended(&self, report: FaultReport) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(report);
    }

    /// Whether an expectation was violated: then nothing more is injected.
    pub fn is_refuted(&self) -> bool {
        *self.refuted.borrow()
    }

    /// Whether a step has no more to do: an expectation was violated, or its escalation has ended.
    pub fn is_over(&self, step: &str) -> bool {
        self.is_refuted() || self.has_ended(self.levels(step))
    }

    /// Whether one of these escalations has ended before its last level.
    pub fn has_ended(&self, levels: &[Level]) -> bool {
        !levels.is_empty() && levels.iter().any(|level| self.broken.borrow().contains(&level.of))
    }

    /// The levels of escalations in which a step lies.
    fn levels(&self, step: &str) -> &[Level] {
        self.plan.graph.steps().find(|one| one.name == step).map_or(&[], |step| &step.escalations)
    }

    /// Waits until a step has no more to do.
    pub async fn over(&self, step: &str) {
        let (mut refuted, mut broken) = (self.refuted.subscribe(), self.broken.subscribe());
        while !self.is_over(step) {
            let told = tokio::select! {
                biased;
                told = refuted.changed() => told,
                told = broken.changed() => told,
            };
            if told.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Passes over a step.
    pub fn skip(&self, step: &str) {
        self.events.moments().skipped(step, self.clock.now());
        self.events.tell(EventKind::Skipped { step: step.to_owned() });
    }

    /// Notes that a fault is in force from `at` on.
    pub fn injected(&self, at: Instant) {
        self.first_inject.send_if_modified(|first| first.is_none() && first.replace(at).is_none());
    }

    /// Whether a fault was ever in force.
    pub fn has_injected(&self) -> bool {
        self.first_inject.borrow().is_some()
    }

    /// Waits until a fault was first in force.
    pub async fn first_inject(&self) -> Instant {
        let mut receiver = self.first_inject.subscribe();
        loop {
            if let Some(at) = *receiver.borrow_and_update() {
                return at;
            }
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Reads all sources at once, beside their own rhythm: at the end of a phase nothing in it may stay unjudged. Probes are
    /// left out: they make load.
    pub async fn sample_now(&self) {
        let sources = self.plan.sources.iter().filter(|(_, source)| source.kind != SourceKind::Probe);
        futures_util::future::join_all(sources.map(|(source, _)| sampling::read(self, source, 0))).await;
    }

    /// Takes in what became of an expectation. A comparison that is not clear by itself is decided at the end.
    pub fn judge(&self, text: &str, of: &str, outcome: &Outcome) {
        let told = match outcome {
            Outcome::Weighed(weighed) => {
                let mut comparisons = self.comparisons.lock().unwrap_or_else(PoisonError::into_inner);
                let verdict = comparisons.take(text, of, weighed);
                verdict.map(|verdict| (verdict, super::detail::weighed(weighed, verdict)))
            }
            other => super::detail::told(other),
        };
        if let Some((verdict, detail)) = told {
            self.conclude(text, of, verdict, detail);
        }
    }

    /// Decides the comparisons that were not clear by themselves, all together.
    pub fn settle_comparisons(&self) {
        let settled = self.comparisons.lock().unwrap_or_else(PoisonError::into_inner).settle();
        for (open, verdict) in settled {
            self.conclude(&open.text, &open.of, verdict, super::detail::weighed(&open.weighed, verdict));
        }
    }

    /// Takes in what was decided of an expectation.
    pub fn conclude(&self, text: &str, of: &str, verdict: Verdict, detail: String) {
        let (what, shown) = (text.to_owned(), detail.clone());
        self.events.tell(match verdict {
            Verdict::Confirmed => EventKind::Satisfied { what, detail: shown },
            Verdict::Refuted => EventKind::Violated { what, detail: shown },
            _ => EventKind::Unclear { what, detail: shown },
        });
        let level = self.levels(of).last().filter(|_| verdict == Verdict::Refuted);
        if let Some(level) = level {
            self.broken.send_modify(|broken| _ = broken.insert(level.of.clone()));
        }
        if level.is_some_and(|level| !level.counts) {
            self.events.note(format!("{of}: what had to be reached was reached; the escalation ends here"));
            self.judged_as(text, of, verdict, detail);
            return;
        }
        if verdict != Verdict::Confirmed {
            self.because(verdict, format!("{of}: {text}: {detail}"));
        }
        if verdict == Verdict::Refuted {
            self.refuted.send_replace(true);
        }
        self.judged_as(text, of, verdict, detail);
    }

    fn judged_as(&self, text: &str, of: &str, verdict: Verdict, detail: String) {
        let at = self.clock.now();
        let judged = Judged { text: text.to_owned(), of: of.to_owned(), verdict, detail, at };
        self.judged.lock().unwrap_or_else(PoisonError::into_inner).push(judged);
    }
}
