//! What must be true of every run, whatever goes wrong in it.

use super::life::{Ended, Subject};
use crate::base::Instant;
use crate::journal::Journal;
use crate::plan::{Injection, Plan};
use crate::run::{ATTEMPTS, Intent, Verdict};
use crate::simulation::outside::{Ended as Ending, Fault, How, Left, Outside};
use crate::types::term::LimitName;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A lease of 10 s is asked to be renewed again within this time.
const PATIENCE: Duration = Duration::from_secs(5);

/// The reason of a run that does not end.
pub const ENDLESS: &str = "the run does not end";

/// What is known when everything is over.
pub struct Seen<'s> {
    /// What was simulated.
    pub subject: &'s Subject,
    /// The runs.
    pub ended: &'s [Ended],
    /// The store.
    pub journal: &'s Journal,
    /// The outside.
    pub outside: &'s Outside,
    /// Now.
    pub now: Instant,
}

/// Everything that must be and is not.
pub fn broken(seen: &Seen) -> Vec<String> {
    let mut wrong = seen.outside.wrong(seen.now);
    let kept = kept(seen.journal);
    let faults = seen.outside.faults(seen.now);
    for ended in seen.ended {
        let own: Vec<&Fault> = faults.iter().filter(|fault| fault.run == ended.run).collect();
        let says = |what: String| format!("{}: {what}", ended.run);
        wrong.extend(of_run(seen.subject, ended, &own, &kept).into_iter().map(says));
        wrong.extend(neglected(ended, &own).into_iter().map(says));
    }
    wrong.extend(together(&faults));
    wrong.extend(left_behind(seen, &kept));
    wrong
}

/// What stays on purpose: proxies through which others call, and nothing else.
fn kept(journal: &Journal) -> BTreeSet<String> {
    let records = journal.kept_effects().unwrap_or_default();
    let intents = records.iter().filter_map(|record| serde_json::from_str::<Intent>(record.intent.as_deref()?).ok());
    let may_stay = |intent: &Intent| matches!(intent, Intent::Proxy(proxy) if !proxy.proxy.stoppable);
    intents.filter(may_stay).map(|intent| intent.what()).collect()
}

/// Nothing is left behind once somebody has recovered to whom nothing happens.
fn left_behind(seen: &Seen, kept: &BTreeSet<String>) -> Vec<String> {
    let left = seen.outside.left(seen.now).into_iter().filter(|what| !kept.contains(what));
    let mut wrong: Vec<String> = left.map(|what| format!("after a recovery, {what} is still there")).collect();
    match seen.journal.open_effects() {
        (open, None) if open.is_empty() => {}
        (open, None) => wrong.push(format!("after a recovery, the store still has {} open effects", open.len())),
        (_, Some(error)) => wrong.push(format!("the store cannot be read: {error}")),
    }
    wrong
}

fn of_run(subject: &Subject, ended: &Ended, faults: &[&Fault], kept: &BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(ending) = &ended.ending else { return wrong };
    let verdict = ending.verdict;
    let reasons = || ending.reasons.iter().map(|reason| reason.text.as_str());
    wrong.extend(reasons().find(|text| *text == ENDLESS || text.contains("panicked")).map(str::to_owned));
    for Left { what, tries } in ended.left.iter().filter(|left| !kept.contains(&left.what)) {
        match verdict {
            Verdict::NotReverted if *tries >= ATTEMPTS => {}
            Verdict::NotReverted => wrong.push(format!("it was tried {tries} times only to take {what} back")),
            _ => wrong.push(format!("it is {verdict}, and {what} is still there")),
        }
    }
    wrong.extend(too_late(ended, faults));
    if matches!(verdict, Verdict::NotSteady | Verdict::Refused) && !faults.is_empty() {
        wrong.push(format!("it is {verdict}, and a fault was injected"));
    }
    if verdict == Verdict::Confirmed {
        wrong.extend(without_evidence(subject.plan(), ended, faults));
    }
    wrong.extend(beyond(subject, ended, faults, verdict != Verdict::NotReverted));
    wrong
}

/// Confirmed is only what was seen: every fault in force for its time and taken back, every expectation satisfied.
fn without_evidence(plan: &Plan, ended: &Ended, faults: &[&Fault]) -> Vec<String> {
    let mut wrong = Vec::new();
    let begun = |step: &str| ended.steps.began(step).is_some() && !ended.steps.skipped(step);
    for (step, injection) in plan.injections().filter(|(step, _)| begun(&step.name)) {
        let Some(fault) = faults.iter().find(|fault| fault.step == step.name) else {
            wrong.push(format!("it is confirmed, and the fault of {} was never in force", step.name));
            continue;
        };
        let held = fault.until.map(|end| end.at.since(fault.from).as_secs_f64());
        let may_end = injection.until.is_some() || step.escalations.last().is_some_and(|level| !level.counts);
        let whole = held.is_some_and(|held| may_end || held + 1e-6 >= injection.duration.lo);
        if !whole || fault.until.is_none_or(|end| end.how != How::Reverted) {
            wrong.push(format!("it is confirmed, and the fault of {} was not held for its time", step.name));
        }
        if !fault.acted {
            wrong.push(format!("it is confirmed, and the fault of {} was not seen to act", step.name));
        }
    }
    let judged = ended.ending.iter().flat_map(|ending| &ending.judged);
    // What breaks at or above what was to be reached only ends its escalation.
    let ends =
        |step: &str| plan.graph.steps().any(|it| it.name == step && it.escalations.last().is_some_and(|it| !it.counts));
    let open =
        judged.filter(|it| it.verdict != Verdict::Confirmed && !(it.verdict == Verdict::Refuted && ends(&it.of)));
    wrong.extend(open.map(|it| format!("it is confirmed, and `{}` is {}", it.text, it.verdict)));
    wrong
}

/// What exceeds the bounds that were proven.
fn beyond(subject: &Subject, ended: &Ended, faults: &[&Fault], in_time: bool) -> Vec<String> {
    let bounds = subject.bounds();
    let bound = |name: LimitName, proven: f64| match subject.plan().limits.bound(name) {
        Some(limit) if ended.limits < 1.0 => proven.min(limit.value * ended.limits),
        _ => proven,
    };
    let (concurrent, most) = (bound(LimitName::Concurrent, bounds.concurrent as f64), bound(LimitName::Traffic, 1.0));
    let mut wrong = Vec::new();
    let injections: BTreeMap<&str, &Injection> =
        subject.plan().injections().map(|(step, injection)| (step.name.as_str(), injection)).collect();
    let until = |fault: &Fault| fault.until.map_or(ended.at, |end| end.at.min(ended.at));
    for at in faults.iter().map(|fault| fault.from) {
        let open: Vec<&&Fault> = faults.iter().filter(|fault| fault.from <= at && until(fault) > at).collect();
        if open.len() as f64 > concurrent {
            wrong.push(format!("{} faults at once at {at}, and {concurrent} are allowed", open.len()));
        }
        let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
        let on_requests = open.iter().filter_map(|fault| injections.get(fault.step.as_str()));
        for injection in on_requests.filter(|injection| injection.resource == "requests") {
            *shares.entry(&injection.target).or_default() += injection.touches.hi;
        }
        for (service, share) in shares {
            let allowed = bounds.traffic.get(service).copied().unwrap_or(0.0).min(most);
            if share.min(1.0) > allowed + 1e-6 {
                wrong.push(format!("a share of {share} of the traffic of {service} at {at}, and {allowed} is allowed"));
            }
        }
    }
    if !in_time {
        return wrong;
    }
    let exposed = covered(faults.iter().map(|fault| (fault.from, until(fault))).collect());
    let exposure = bound(LimitName::Exposure, bounds.exposure);
    if exposed > exposure + 1e-6 {
        wrong.push(format!("{exposed} s under fault, and {exposure} s are allowed"));
    }
    let length = ended.at.since(ended.began).as_secs_f64();
    if length > bounds.length + 60.0 {
        wrong.push(format!("it took {length} s, and {} s were proven", bounds.length));
    }
    wrong
}

/// Nothing is injected once an expectation is violated, or the run is stopped, or over.
fn too_late(ended: &Ended, faults: &[&Fault]) -> Vec<String> {
    let judged = ended.ending.iter().flat_map(|ending| &ending.judged);
    let refuted = judged.filter(|it| it.verdict == Verdict::Refuted).map(|it| it.at).min();
    let began = |fault: &Fault| ended.steps.began(&fault.step).unwrap_or_default();
    let mut wrong = Vec::new();
    for fault in faults {
        let step = &fault.step;
        if refuted.is_some_and(|at| began(fault) > at) {
            wrong.push(format!("{step} was injected after an expectation was violated"));
        }
        if ended.stopped.is_some_and(|at| began(fault) > at) {
            wrong.push(format!("{step} was injected after the run was stopped"));
        }
        if fault.from > ended.at {
            wrong.push(format!("the fault of {step} came into force after the run was over"));
        }
    }
    wrong
}

/// A lease runs out only where it could not be renewed, though that was tried, or while its fault is being taken back.
fn neglected(ended: &Ended, faults: &[&Fault]) -> Vec<String> {
    let is_neglected = |fault: &&&Fault| {
        let lapsed = fault.until.filter(|end| end.how == How::Lapsed && end.at <= ended.at);
        let is_left_alone = |end: Ending| fault.tried.is_none_or(|tried| tried > end.at);
        lapsed.is_some_and(|end| end.at.since(fault.asked) > PATIENCE && is_left_alone(end))
    };
    let alive = faults.iter().filter(|_| ended.ending.is_some());
    alive.filter(is_neglected).map(|fault| format!("nobody renewed the lease of {}", fault.step)).collect()
}

/// The length of the union of intervals, in seconds.
fn covered(mut all: Vec<(Instant, Instant)>) -> f64 {
    all.sort();
    let (mut sum, mut end) = (0.0, Instant(0));
    for (from, until) in all {
        sum += until.since(from.max(end)).as_secs_f64();
        end = end.max(until);
    }
    sum
}

/// Two runs never have faults in one proxy at one time.
fn together(faults: &[Fault]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (at, one) in faults.iter().enumerate() {
        for other in faults.iter().skip(at + 1).filter(|other| other.run != one.run && other.admin.is_some()) {
            let over = |fault: &Fault| fault.until.map_or(Instant(u64::MAX), |end| end.at);
            if one.admin == other.admin && one.from < over(other) && other.from < over(one) {
                wrong.push(format!("{} and {} had faults in one proxy at once", one.run, other.run));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::{Instant, covered};

    #[test]
    fn time_that_is_covered_twice_counts_once() {
        let at = |seconds: u64| Instant(seconds * 1_000_000_000);
        assert_eq!(covered(vec![(at(20), at(30)), (at(0), at(10)), (at(5), at(12)), (at(6), at(7))]), 22.0);
        assert_eq!(covered(Vec::new()), 0.0);
    }
}
