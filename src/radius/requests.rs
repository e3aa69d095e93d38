//! Touched requests a second. How many come is not known before the run, so the proxy keeps this limit; only one that lets
//! nothing be touched is proven to be exceeded.

use super::repair::Excess;
use super::{Fault, errors};
use crate::plan::Plan;
use crate::types::term::LimitName;

/// Reports each fault of requests where none may be touched.
pub fn check(plan: &Plan, faults: &[Fault], findings: &mut Vec<Excess>) {
    let Some(bound) = plan.limits.bound(LimitName::Requests).filter(|bound| bound.value <= 0.0) else { return };
    let touching =
        faults.iter().filter(|fault| fault.injection.resource == "requests" && fault.injection.touches.hi > 0.0);
    findings.extend(touching.map(|fault| errors::no_requests(fault.step, bound).into()));
}
