//! After the last fault was taken back: whether the system is steady again. An experiment that judges this itself has said
//! it; else the run does, before its verdict.

use super::event::EventKind;
use super::shared::Shared;
use super::steps;
use crate::base::unit;
use crate::plan::{LATE, Plan};
use crate::policy::unhealed;
use crate::types::model::Expectation;
use crate::types::term::{Condition, Demand};

/// The words under which it is reported.
const STEADY_AGAIN: &str = "steady again after the last fault";

/// Judges it where the experiment leaves it open. A run that was stopped is not made longer.
pub async fn judge(shared: &Shared) {
    let Some(expectation) = expected(&shared.plan) else { return };
    if shared.halt.stopped().is_some() || !shared.has_injected() {
        return;
    }
    let (text, of) = (expectation.text.clone(), shared.plan.experiment.clone());
    shared.events.tell(EventKind::Waiting { step: of.clone(), what: text.clone() });
    let grace = unit::to_duration(LATE);
    let start = shared.moment("recovery").await;
    if let Some(outcome) = steps::outcome(shared, &expectation, start, grace).await {
        shared.judge(&text, &of, &outcome);
    }
}

/// Steady for a window, within the time that the baseline took and that in which data may be missing.
fn expected(plan: &Plan) -> Option<Expectation> {
    let fault = unhealed(plan)?;
    if plan.steady.is_empty() {
        return None; // nothing says what steady means
    }
    let condition = Condition::all(plan.steady.iter().map(|slo| slo.condition.clone()));
    let demand = Demand::Within { deadline: plan.baseline + plan.no_data, holding: plan.window };
    Some(Expectation { name: None, condition, demand, text: STEADY_AGAIN.to_owned(), span: fault.span })
}
