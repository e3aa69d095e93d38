//! Taking back what earlier runs left, and saying what is in force.

use super::effects::{Effects, LeftOver, Undone};
use super::error::{DAMAGED, RunError};
use super::intent::Intent;
use crate::diagnostics::codes;
use crate::journal::{EffectRecord, EffectState, Journal, JournalError};
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
    /// Whether it ran in another container: what it started there cannot be seen from here.
    pub beside: bool,
    /// The last thing noted about it.
    pub note: String,
}

/// Everything that may be in force, the latest first.
///
/// # Errors
/// The store cannot be read, or holds what this version does not understand.
pub fn in_force(journal: &Journal) -> Result<Vec<InForce>, RunError> {
    let (found, troubles) = readable(journal);
    troubles.into_iter().next().map_or(Ok(found), Err)
}

/// Everything that may be in force and can be read, the latest first, and what hinders the rest.
pub fn readable(journal: &Journal) -> (Vec<InForce>, Vec<RunError>) {
    let (records, trouble) = journal.open_effects();
    let mut troubles: Vec<RunError> = trouble.into_iter().map(RunError::from).collect();
    let (mut runs, mut found) = (BTreeMap::new(), Vec::new());
    for record in records {
        match one(journal, record, &mut runs) {
            Ok(one) => found.push(one),
            Err(error) => troubles.push(error),
        }
    }
    (found, troubles)
}

type Runs = BTreeMap<String, (String, bool, bool)>;

fn one(journal: &Journal, record: EffectRecord, runs: &mut Runs) -> Result<InForce, RunError> {
    let name = format!("effect {} of run {}", record.id.0, record.run);
    let damaged = || RunError::new(codes::E0717, format!("{name} is damaged in the store")).help(DAMAGED);
    let intent: Intent = serde_json::from_str(&record.intent.ok_or_else(damaged)?).map_err(|error| {
        RunError::new(codes::E0711, format!("{name} cannot be read: {error}"))
            .help("use the version of chaos that wrote it")
    })?;
    if !runs.contains_key(&record.run) {
        let known = match journal.run(&record.run) {
            Ok(run) => run
                .map_or((String::new(), false, false), |run| (run.experiment.clone(), run.is_alive(), run.is_beside())),
            // Nobody can be found to whom it belongs; it is taken back.
            Err(JournalError::Damaged(_)) => (String::new(), false, false),
            Err(error) => return Err(error.into()),
        };
        runs.insert(record.run.clone(), known);
    }
    let (experiment, alive, beside) = runs.get(&record.run).cloned().unwrap_or_default();
    let certain = record.state != EffectState::Intended;
    Ok(InForce {
        effect: LeftOver { id: record.id, intent, certain },
        run: record.run,
        experiment,
        alive,
        beside,
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
        let same_place = || addresses(&found.effect.intent).iter().any(|address| wanted.contains(address));
        concerns && (same_place() || hits_a_service(&found.effect.intent, plan))
    };
    Ok(in_force(journal)?.into_iter().filter(in_the_way).collect())
}

/// A fault that goes through no proxy is known by its service alone.
fn hits_a_service(intent: &Intent, plan: &Plan) -> bool {
    matches!(intent, Intent::Fault(fault) if fault.proxy.is_none() && plan.places.contains_key(&fault.target))
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
    take_back(journal, effects, (|_| true, false)).await
}

/// The same where the containers of other runs are gone, with all that ran in them.
///
/// # Errors
/// The store cannot be read or written.
pub async fn recover_without_containers(journal: &Journal, effects: &Effects) -> Result<Vec<Recovered>, RunError> {
    take_back(journal, effects, (|_| true, true)).await
}

/// The same of one dead run.
///
/// # Errors
/// The store cannot be read or written.
pub async fn recover_run(journal: &Journal, effects: &Effects, run: &str) -> Result<Vec<Recovered>, RunError> {
    take_back(journal, effects, (|of| of == run, false)).await
}

async fn take_back(
    journal: &Journal,
    effects: &Effects,
    (wanted, gone): (impl Fn(&str) -> bool, bool),
) -> Result<Vec<Recovered>, RunError> {
    let (found, troubles) = readable(journal);
    let found: Vec<_> = found.into_iter().filter(|found| !found.alive && wanted(&found.run)).collect();
    let hidden = |found: &&InForce| found.beside && !gone && found.effect.intent.process().is_some();
    let (unseen, seen): (Vec<&InForce>, Vec<&InForce>) = found.iter().partition(hidden);
    let (kept, open): (Vec<_>, Vec<_>) =
        seen.iter().map(|found| found.effect.clone()).partition(|effect| is_used_by_others(&effect.intent));
    let mut done: Vec<_> = unseen.iter().map(|found| (found.effect.id, elsewhere(&found.effect), false)).collect();
    effects.undo_all(open, |effect, undone| done.push((effect.id, undone.clone(), false))).await;
    for effect in &kept {
        done.push((effect.id, keep(effects, effect), true));
    }
    for run in seen.iter().map(|found| &found.run).collect::<BTreeSet<_>>() {
        // What is not written down on a full disk, the next recovery writes.
        let _can_wait = journal.close_dead(run);
    }
    let recovered = done.into_iter().filter_map(|(id, undone, kept)| {
        let InForce { run, experiment, .. } = found.iter().find(|found| found.effect.id == id)?.clone();
        Some(Recovered { run, experiment, undone, kept })
    });
    Ok(recovered.chain(troubles.into_iter().map(untold)).collect())
}

/// A proxy that others call through stays.
fn is_used_by_others(intent: &Intent) -> bool {
    matches!(intent, Intent::Proxy(proxy) if !proxy.proxy.stoppable)
}

/// What was started in another container, whose processes cannot be seen from here.
fn elsewhere(effect: &LeftOver) -> Undone {
    let what = effect.intent.what();
    let message = format!("{what} was started in another container, and cannot be seen from here");
    let help = "run `chaos recover` there; if that container is gone, with all that ran in it, say `--container-gone`";
    let result = Err(RunError::new(codes::E0713, message).help(help));
    Undone { what, result, took: Duration::ZERO, untrue: None }
}

fn keep(effects: &Effects, effect: &LeftOver) -> Undone {
    let why = "others call through it";
    let result = effects.keep(effect, why).map(|()| why.to_owned());
    Undone { what: effect.intent.what(), result, took: Duration::ZERO, untrue: None }
}

/// What hinders the store from telling all.
fn untold(error: RunError) -> Recovered {
    let undone = Undone {
        what: "what the store cannot tell".to_owned(),
        result: Err(error),
        took: Duration::ZERO,
        untrue: None,
    };
    Recovered { run: String::new(), experiment: String::new(), undone, kept: false }
}
