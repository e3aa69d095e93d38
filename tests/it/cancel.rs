//! What a cancelled run must have taken back before it is killed: the same faults in each class, which is changed in the plan.

use crate::simulation::{planned, program_of};
use chaos_lang::diagnostics::{Severity, codes};
use chaos_lang::plan::{Bound, Origin, Plan, StepKind};
use chaos_lang::radius::prove;
use chaos_lang::types::model::Class;
use chaos_lang::types::term::LimitName;

const ONE: &str = "inject http.error(a, traffic: 20%) as one for 20s";
const ON_ONE_SERVICE: &str = "parallel {
  @allow(interference) inject http.error(a, traffic: 20%) as first for 20s
  @allow(interference) inject http.error(a, traffic: 20%) as second for 20s
}";
const ON_TWO_SERVICES: &str = "parallel {
  inject http.error(a, traffic: 20%) as first for 20s
  inject http.error(b, traffic: 20%) as second for 20s
}";

fn plan(run: &str, class: Class, tier: &str, grace: Option<f64>) -> Plan {
    let (mut plan, _) = planned(&program_of(run));
    plan.tier = tier.to_owned();
    let bound = |value| Bound { value, origin: Origin::Environment, span: None };
    plan.limits.bounds.extend(grace.map(|grace| (LimitName::CancelGrace, bound(grace))));
    for step in plan.graph.steps_mut() {
        if let StepKind::Inject(injection) = &mut step.kind {
            injection.class = class;
        }
    }
    plan
}

/// How long everything takes to be taken back, that which is not leased, and how grave that is.
fn found(run: &str, class: Class, tier: &str, grace: Option<f64>) -> (f64, f64, Option<Severity>) {
    let (bounds, findings) = prove(&plan(run, class, tier, grace));
    let finding = findings.iter().find(|finding| finding.code == codes::E0511);
    (bounds.cancel.all, bounds.cancel.unleased, finding.map(|finding| finding.severity))
}

#[test]
fn what_is_not_leased_must_be_taken_back_in_time() {
    let (warning, error) = (Some(Severity::Warning), Some(Severity::Error));
    assert_eq!(found(ONE, Class::Leased, "production", None), (15.5, 0.0, None));
    assert_eq!(found(ONE, Class::Revertible, "staging", None), (15.5, 15.5, warning));
    assert_eq!(found(ONE, Class::Revertible, "production", None), (15.5, 15.5, error));
    assert_eq!(found(ONE, Class::Revertible, "production", Some(16.0)), (15.5, 15.5, None));
    assert_eq!(found(ON_ONE_SERVICE, Class::Revertible, "staging", Some(16.0)), (30.5, 30.5, warning));
    assert_eq!(found(ON_TWO_SERVICES, Class::Revertible, "staging", Some(16.0)), (15.5, 15.5, None));
    assert_eq!(found(ONE, Class::SelfHealing, "production", None), (0.0, 0.0, None));
}

#[test]
fn it_says_what_to_do() {
    let (_, findings) = prove(&plan(ONE, Class::Revertible, "production", None));
    let finding = findings.iter().find(|finding| finding.code == codes::E0511).unwrap();
    assert_eq!(finding.headline, "taking the faults on `a` back can take 15.5s, and a cancelled run has 10s");
    assert!(format!("{finding:?}").contains("cancel_grace <= 16s"), "{finding:?}");
}
