//! `wait until stable`: over the last window every steady metric stayed within its own noise of the baseline.

use super::event::EventKind;
use super::shared::Shared;
use super::steps;
use crate::base::{Instant, unit};
use crate::monitor::Outcome;
use crate::plan::{QUERY_TIMEOUT, Step};
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::model::Expectation;
use crate::types::term::{Comparison, Condition, Demand, Reading, Term};

/// Waits until the system is as quiet as in the baseline; a wait that runs out refutes.
pub async fn wait(shared: &Shared, step: &Step, deadline: f64, began: Instant) {
    let text = format!("stable within {}", unit::show_duration(deadline));
    shared.events.tell(EventKind::Waiting { step: step.name.clone(), what: text.clone() });
    let condition = match condition(shared, step) {
        Ok(condition) => condition,
        Err(reason) => return shared.judge(&text, &step.name, &Outcome::Inconclusive { reason }),
    };
    let window = shared.plan.window.min(deadline);
    let grace = unit::to_duration(steps::slowest(shared, &condition) + QUERY_TIMEOUT);
    // It looks back over a window, in which each value looks back over its own: so it may be stable at once.
    let widest = widest(shared, &condition);
    let demand = Demand::Within { deadline: deadline + widest, holding: window };
    let expectation = Expectation { name: None, condition, demand, text: text.clone(), span: step.span };
    let start = began - unit::to_duration(window + widest);
    if let Some(outcome) = steps::outcome(shared, &expectation, start, grace).await {
        shared.judge(&text, &step.name, &outcome);
    }
}

/// The widest window of a reading, in seconds.
fn widest(shared: &Shared, condition: &Condition) -> f64 {
    let windowed = condition.readings().into_iter().filter(|reading| reading.is_windowed());
    windowed.map(|reading| reading.window.unwrap_or(shared.plan.window)).fold(0.0, f64::max)
}

/// That every reading of the steady state is within its noise.
fn condition(shared: &Shared, step: &Step) -> Result<Condition, String> {
    let baselines = shared.baselines();
    let mut readings: Vec<&Reading> = Vec::new();
    for reading in shared.plan.steady.iter().flat_map(|slo| slo.condition.readings()) {
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    if readings.is_empty() {
        return Err("the steady state reads no metric".to_owned());
    }
    let within = |reading: &Reading| {
        let noise = baselines.noise(reading);
        let noise = noise.ok_or_else(|| format!("the noise of {} in the baseline is unknown", reading.metric))?;
        let side = |comparator, bound: f64| {
            Condition::Compare(Comparison {
                left: Term::Spike(Box::new(Term::Reading(Box::new(reading.clone())))),
                comparator,
                right: Term::Constant(bound),
                ty: Type::Float,
                text: format!("{}, in standard deviations from its baseline", reading.metric),
                span: step.span,
            })
        };
        let (above, below) = (side(Comparator::AtLeast, -noise.allowed()), side(Comparator::AtMost, noise.allowed()));
        Ok(Condition::And(Box::new(above), Box::new(below)))
    };
    let all: Result<Vec<Condition>, String> = readings.into_iter().map(within).collect();
    all.map(Condition::all)
}
