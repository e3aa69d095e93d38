//! Abort conditions that cannot guard: seen later than any fault lasts, or held for less than the time between samples.

use super::exposure::{held, interval, sampling};
use super::repair::Excess;
use super::{Fault, errors};
use crate::plan::Plan;
use crate::types::term::Condition;

/// Reports each trigger that comes too late for every fault, and each whose `for` no two samples can tell from an instant.
pub fn check(plan: &Plan, faults: &[Fault], findings: &mut Vec<Excess>) {
    let longest = faults.iter().map(|fault| fault.injection.duration.hi).fold(0.0, f64::max);
    for trigger in &plan.aborts {
        if trigger.condition.readings().is_empty() {
            continue;
        }
        let seen = sampling(plan, &trigger.condition);
        let every = interval(plan, &trigger.condition);
        if trigger.hold > 0.0 && trigger.hold < every {
            findings.push(errors::blink(trigger, every, behind(plan, &trigger.condition, every)).into());
        } else if !faults.is_empty() && seen + held(plan, trigger) > longest + 1e-9 {
            findings.push(errors::late(trigger, seen, held(plan, trigger), longest).into());
        }
    }
}

/// Whether a source that a condition reads is asked more often than the server behind it looks itself, which takes so long.
fn behind(plan: &Plan, condition: &Condition, every: f64) -> bool {
    let bindings = condition.readings().into_iter().filter_map(|reading| plan.bindings.get(&reading.metric));
    let mut sources = bindings.filter_map(|binding| plan.sources.get(&binding.source));
    sources.any(|source| source.scrape >= every && source.every < every)
}
