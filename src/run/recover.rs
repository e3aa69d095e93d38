//! Taking back what earlier runs left, and saying what is in force.

use super::effects::{Effects, LeftOver, Undone};
use super::error::RunError;
use super::intent::Intent;
use crate::journal::{EffectRecord, EffectState, Journal};
use crate::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};

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
    let certain = record.state != EffectState::Intended;
    Ok(InForce {
        effect: LeftOver { id: record.id, intent, certain },
        run: record.run,
        experiment,
        alive,
        note: record.note,
    })
}

/// What stands in the way of a plan: effects of dead runs, and processes of live ones, at the same addresses.
///
/// # Errors
/// The store cannot be read.
pub fn leftovers(journal: &Journal, plan: &Plan) -> Result<Vec<InForce>, RunError> {
    let proxies = plan.proxies.iter().flat_map(|proxy| [proxy.listen.clone(), proxy.admin.clone()]);
    let wanted: BTreeSet<String> =
        plan.processes.iter().filter_map(|process| process.address.clone()).chain(proxies).collect();
    let in_the_way = |found: &InForce| {
        // What a live run does at a proxy can be shared, as far as the claims of both go; its processes cannot.
        let concerns = !found.alive || matches!(found.effect.intent, Intent::Process(_));
        concerns && addresses(&found.effect.intent).iter().any(|address| wanted.contains(address))
    };
    Ok(in_force(journal)?.into_iter().filter(in_the_way).collect())
}

fn addresses(intent: &Intent) -> Vec<String> {
    match intent {
        Intent::Process(process) => process.address.iter().cloned().collect(),
        Intent::Proxy(proxy) => vec![proxy.proxy.listen.clone(), proxy.proxy.admin.clone()],
        Intent::Claim(claim) => vec![claim.proxy.listen.clone(), claim.proxy.admin.clone()],
        Intent::Fault(fault) => {
            fault.proxy.iter().flat_map(|proxy| [proxy.listen.clone(), proxy.admin.clone()]).collect()
        }
    }
}

/// Takes back what dead runs left, the latest first. Safe to run twice, at once, or beside a live run.
///
/// # Errors
/// The store cannot be read or written.
pub async fn recover(journal: &Journal, effects: &Effects) -> Result<Vec<Undone>, RunError> {
    take_back(journal, effects, |_| true).await
}

/// The same of one dead run.
///
/// # Errors
/// The store cannot be read or written.
pub async fn recover_run(journal: &Journal, effects: &Effects, run: &str) -> Result<Vec<Undone>, RunError> {
    take_back(journal, effects, |of| of == run).await
}

async fn take_back(
    journal: &Journal,
    effects: &Effects,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Undone>, RunError> {
    let found: Vec<_> = in_force(journal)?.into_iter().filter(|found| !found.alive && wanted(&found.run)).collect();
    let runs: BTreeSet<String> = found.iter().map(|found| found.run.clone()).collect();
    let used_by_others = |effect: &LeftOver| matches!(&effect.intent, Intent::Proxy(proxy) if !proxy.proxy.stoppable);
    let (kept, open): (Vec<_>, Vec<_>) = found.into_iter().map(|found| found.effect).partition(used_by_others);
    let mut undone = Vec::new();
    effects.undo_all(open, |_, one| undone.push(one.clone())).await;
    for effect in &kept {
        effects.keep(effect, "others call through it")?;
    }
    runs.iter().try_for_each(|run| journal.close_dead(run))?;
    Ok(undone)
}
