//! One test: the real interpreter in virtual time, in a world made of what the test gives.

use super::fate::Fate;
use super::given::{Givens, name_of};
use super::outside::{Fault, Outside};
use super::steady::Steady;
use super::steps::{Blocks, Steps, blocks};
use super::world::{Scene, VirtualWorld};
use crate::base::{Clock, Instant};
use crate::diagnostics::{Diagnostic, codes};
use crate::journal::Journal;
use crate::plan::Plan;
use crate::run::{Claimed, Ending, Event, Events, Halt, Runner, TokioClock, Verdict, World, virtual_time};
use crate::toy::Toy;
use crate::types::model::{System, Test};
use crate::types::term::Cohort;
use crate::types::trial::What;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use tokio::sync::mpsc;

/// The seed of a toy system in a test.
const SEED: u64 = 1;

/// The reason of a run that somebody stops.
const STOPPED: &str = "stopped by `given stop`";

/// What came of a run in virtual time.
#[derive(Debug)]
pub struct Record {
    /// How it ended.
    pub ending: Ending,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// When its steps began and ended.
    pub steps: Steps,
    /// The faults that were in force.
    pub faults: Vec<Fault>,
    /// When it was stopped, if it was.
    pub halted: Option<Instant>,
    /// When it ended.
    pub length: Instant,
}

/// Runs a plan in virtual time with what a test gives.
///
/// # Errors
/// Why there can be no such run.
pub fn run_test(test: &Test, plan: Plan, system: &System) -> Result<Record, Diagnostic> {
    let toy = match &test.model {
        Some(model) => Some(
            Toy::new(model, system, SEED)
                .map_err(|unstable| impossible(test, &format!("the model has no stable point: {unstable}")))?,
        ),
        None => None,
    };
    let plan = Arc::new(plan);
    let blocks = blocks(&plan);
    known(test, &plan, &blocks)?;
    no_others(test, &plan)?;
    let givens = Givens::new(test.givens.clone(), &plan);
    let steady = givens.is_steady().then(|| Arc::new(Steady::new(Arc::clone(&plan))));
    let journal = Arc::new(Journal::in_memory().map_err(|error| impossible(test, &error.to_string()))?);
    let stage = Stage { plan, blocks, givens, steady: steady.clone(), journal };
    let record = virtual_time(play(stage, toy)).map_err(|error| impossible(test, &error.to_string()))?;
    let open = steady.map(|steady| steady.open()).unwrap_or_default();
    if !open.is_empty() {
        let what = format!("`given steady` cannot be: nothing satisfies all of {}", open.join("; "));
        return Err(impossible(test, &what).help("give the metrics of these conditions their values yourself"));
    }
    Ok(record)
}

fn impossible(test: &Test, what: &str) -> Diagnostic {
    Diagnostic::error(codes::E0433, what.to_owned()).at(test.span, "in this test")
}

/// Sources and steps that are named must be in the plan.
fn known(test: &Test, plan: &Plan, blocks: &Blocks) -> Result<(), Diagnostic> {
    let steps = Steps::of(blocks, &crate::run::Moments::default());
    for given in &test.givens {
        if let What::SilentSource(name) = &given.what
            && !plan.sources.keys().any(|source| name_of(source) == Some(name))
        {
            let finding =
                Diagnostic::error(codes::E0433, format!("no metric of this run comes from the source `{name}`"));
            let known: BTreeSet<&str> = plan.sources.keys().filter_map(name_of).collect();
            return Err(finding.at(given.span, "").did_you_mean(name, given.span, known));
        }
        let step = match (&given.what, &given.since.step) {
            (What::Happening(step, _) | What::Answer(step, _), _) | (_, Some((step, _))) => step,
            _ => continue,
        };
        if steps.named(step).next().is_none() {
            let finding = Diagnostic::error(codes::E0433, format!("the plan has no step `{step}`"));
            return Err(finding
                .at(given.span, "")
                .help("`chaos plan` shows the steps, those of rounds with their numbers"));
        }
    }
    Ok(())
}

/// Where all traffic is in the faults' share, there are no others of whom anything could be given.
fn no_others(test: &Test, plan: &Plan) -> Result<(), Diagnostic> {
    for given in &test.givens {
        let (What::Metric(metric, _) | What::NoData(metric)) = &given.what else { continue };
        if metric.cohort() == Some(Cohort::Others) && !plan.bindings.contains_key(metric) {
            let finding = Diagnostic::error(codes::E0433, format!("no condition of this run reads `{metric}`"));
            let help = "all traffic is in the faults' share, or nothing is expected of the others";
            return Err(finding.at(given.span, "").help(help));
        }
    }
    Ok(())
}

/// What a run needs.
struct Stage {
    plan: Arc<Plan>,
    blocks: Blocks,
    givens: Givens,
    steady: Option<Arc<Steady>>,
    journal: Arc<Journal>,
}

async fn play(stage: Stage, toy: Option<Toy>) -> Record {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::start());
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let events = Events::new(Arc::clone(&clock), sender);
    let (halt, outside) = (Halt::default(), Arc::new(Outside::default()));
    let moments = events.moments().clone();
    let fate: Arc<dyn Fate> = Arc::new(stage.givens.clone());
    let run = "test".to_owned();
    let scene = Scene {
        plan: Arc::clone(&stage.plan),
        blocks: Arc::clone(&stage.blocks),
        moments: moments.clone(),
        run: run.clone(),
        clock: Arc::clone(&clock),
        givens: stage.givens.clone(),
        steady: stage.steady,
        fate,
        outside: Arc::clone(&outside),
        audit: None,
        death: Arc::default(),
    };
    let world: Arc<dyn World> = Arc::new(VirtualWorld::new(scene, toy));
    let halted = Arc::new(OnceLock::new());
    tokio::spawn(note_halt(halt.clone(), Arc::clone(&clock), Arc::clone(&halted)));
    let watcher = Stopper { givens: stage.givens, blocks: Arc::clone(&stage.blocks), events: events.clone() };
    tokio::spawn(watcher.stop(halt.clone(), Arc::clone(&clock)));
    let plan = stage.plan.as_ref().clone();
    let (journal, claims) = (stage.journal, Claimed::default());
    let runner = Runner { plan, run, journal, world, clock: Arc::clone(&clock), events, halt, claims };
    let ending = runner.run().await;
    let length = clock.now();
    let mut events = Vec::new();
    while let Ok(event) = receiver.try_recv() {
        events.push(event);
    }
    let steps = Steps::of(&stage.blocks, &moments);
    Record { ending, events, steps, faults: outside.faults(length), halted: halted.get().copied(), length }
}

async fn note_halt(halt: Halt, clock: Arc<dyn Clock>, halted: Arc<OnceLock<Instant>>) {
    halt.wait().await;
    let _first = halted.set(clock.now());
}

/// Stops the run when the test says so.
struct Stopper {
    givens: Givens,
    blocks: Blocks,
    events: Events,
}

impl Stopper {
    async fn stop(self, halt: Halt, clock: Arc<dyn Clock>) {
        let mut bell = self.events.moments().bell();
        loop {
            let at = self.givens.stop(&Steps::of(&self.blocks, self.events.moments()));
            tokio::select! {
                biased;
                () = sleep(at, &clock) => return halt.stop(Verdict::Aborted, STOPPED),
                rung = bell.changed() => if rung.is_err() { return },
            }
        }
    }
}

async fn sleep(at: Option<Instant>, clock: &Arc<dyn Clock>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
