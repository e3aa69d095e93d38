//! Abort conditions that cannot guard: seen later than any fault lasts, or held for less than the time between samples.

use super::exposure::{interval, sampling};
use super::repair::Excess;
use super::{Fault, errors};
use crate::plan::Plan;

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
            findings.push(errors::blink(trigger, every).into());
        } else if !faults.is_empty() && seen + trigger.hold > longest + 1e-9 {
            findings.push(errors::late(trigger, seen, longest).into());
        }
    }
}
