//! Taking back what earlier runs left, and saying what is in force.

use super::effects::{Effects, LeftOver, Undone};
use super::error::RunError;
use super::intent::Intent;
use crate::journal::{EffectRecord, Journal};
use crate::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// An effect that may be in force.
#[derive(Clone, Debug)]
pub struct InForce {
    /// The effect.
    pub effect: LeftOver,
    /// The run that did it.
    pub run: String,
    /// The experiment of that run.
    pub experiment: String,
    /// Whether that run is still at work.
    pub alive: bool,
    /// The last thing noted about it.
    pub note: String,
}

/// Everything that may be in force, the latest first.
///
/// # Errors
/// The store cannot be read, or holds what this version does not understand.
pub fn in_force(journal: &Journal) -> Result<Vec<InForce>, RunError> {
    let mut runs = BTreeMap::new();
    journal.open_effects()?.into_iter().map(|record| one(journal, record, &mut runs)).collect()
}

type Runs = BTreeMap<String, (String, bool)>;

fn one(journal: &Journal, record: EffectRecord, runs: &mut Runs) -> Result<InForce, RunError> {
    let intent: Intent = serde_json::from_str(&record.intent).map_err(|error| {
        let message = format!("effect {} of run {} cannot be read: {error}", record.id.0, record.run);
        RunError::new(crate::diagnostics::codes::E0711, message).help("use the version of chaos that wrote it")
    })?;
    if !runs.contains_key(&record.run) {
        let run = journal.run(&record.run)?;
        let known = run.map_or((String::new(), false), |run| (run.experiment.clone(), run.is_alive()));
        runs.insert(record.run.clone(), known);
    }
    let (experiment, alive) = runs.get(&record.run).cloned().unwrap_or_default();
    Ok(InForce { effect: LeftOver { id: record.id, intent }, run: record.run, experiment, alive, note: record.note })
}

/// What stands in the way of a plan: effects of dead runs, faults and processes of live ones, at the same addresses.
///
/// # Errors
/// The store cannot be read.
pub fn leftovers(journal: &Journal, plan: &Plan) -> Result<Vec<InForce>, RunError> {
    let proxies = plan.proxies.iter().flat_map(|proxy| [proxy.listen.clone(), proxy.admin.clone()]);
    let wanted: BTreeSet<String> =
        plan.processes.iter().filter_map(|process| process.address.clone()).chain(proxies).collect();
    let in_the_way = |found: &InForce| {
        // A live run's proxy can be shared; its faults and its processes cannot.
        let concerns = !found.alive || !matches!(found.effect.intent, Intent::Proxy(_));
        concerns && addresses(&found.effect.intent).iter().any(|address| wanted.contains(address))
    };
    Ok(in_force(journal)?.into_iter().filter(in_the_way).collect())
}

fn addresses(intent: &Intent) -> Vec<String> {
    match intent {
        Intent::Process(process) => process.address.iter().cloned().collect(),
        Intent::Proxy(proxy) => vec![proxy.proxy.listen.clone(), proxy.proxy.admin.clone()],
        Intent::Fault(fault) => {
            fault.proxy.iter().flat_map(|proxy| [proxy.listen.clone(), proxy.admin.clone()]).collect()
        }
    }
}

/// What became of an effect that a dead run left.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The run that did it.
    pub run: String,
    /// The experiment of that run.
    pub experiment: String,
    /// What came of taking it back.
    pub undone: Undone,
    /// Whether it was left in place on purpose.
    pub kept: bool,
}

/// Takes back what dead runs left, the latest first. Safe to run twice, at once, or beside a live run.
///
/// # Errors
/// The store cannot be read or written.
pub async fn recover(journal: &Journal, effects: &Effects) -> Result<Vec<Recovered>, RunError> {
    take_back(journal, effects, |_| true).await
}

/// The same of one dead run.
///
/// # Errors
/// The store cannot be read or written.
pub async fn recover_run(journal: &Journal, effects: &Effects, run: &str) -> Result<Vec<Recovered>, RunError> {
    take_back(journal, effects, |of| of == run).await
}

async fn take_back(
    journal: &Journal,
    effects: &Effects,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Recovered>, RunError> {
    let mut undone = Vec::new();
    for found in in_force(journal)?.into_iter().filter(|found| !found.alive && wanted(&found.run)) {
        let kept = matches!(&found.effect.intent, Intent::Proxy(proxy) if !proxy.proxy.stoppable);
        let one = if kept { keep(effects, &found)? } else { effects.undo(&found.effect).await };
        journal.close_dead(&found.run)?;
        undone.push(Recovered { run: found.run, experiment: found.experiment, undone: one, kept });
    }
    Ok(undone)
}

fn keep(effects: &Effects, found: &InForce) -> Result<Undone, RunError> {
    let why = "others call through it";
    effects.keep(&found.effect, why)?;
    Ok(Undone { what: found.effect.intent.what(), result: Ok(why.to_owned()), took: Duration::ZERO })
}
