//! `wait until stable`: over the last window every steady metric stayed within its own noise of the baseline.

use super::event::EventKind;
use super::shared::Shared;
use super::{detail, steps};
use crate::base::{Instant, Span, unit};
use crate::monitor::{Atom, Cause, Noise, Outcome};
use crate::plan::{QUERY_TIMEOUT, Step};
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::model::Expectation;
use crate::types::term::{Comparison, Condition, Demand, Reading, Term};
use std::sync::Arc;

/// Waits until the system is as quiet as in the baseline; a wait that runs out refutes.
pub async fn wait(shared: &Shared, step: &Step, deadline: f64, began: Instant) {
    let text = format!("stable within {}", unit::show_duration(deadline));
    shared.events.tell(EventKind::Waiting { step: step.name.clone(), what: text.clone() });
    let quiet = match quiet(shared) {
        Ok(quiet) => quiet,
        Err(reason) => return shared.judge(&text, &step.name, &Outcome::Inconclusive { reason }),
    };
    let condition = Condition::all(quiet.iter().map(|it| it.condition(step.span)));
    let window = shared.plan.window.min(deadline);
    let grace = unit::to_duration(steps::slowest(shared, &condition) + QUERY_TIMEOUT);
    // It looks back over a window, in which each value looks back over its own: so it may be stable at once.
    let widest = widest(shared, &condition);
    let demand = Demand::Within { deadline: deadline + widest, holding: window };
    let expectation = Expectation { name: None, condition, demand, text: text.clone(), span: step.span };
    let start = began - unit::to_duration(window + widest);
    if let Some(outcome) = steps::outcome(shared, &expectation, start, grace).await {
        tell(shared, &step.name, &text, outcome, &quiet);
    }
}

/// Tells what came of the wait: which metric decided, and its values in its own unit.
fn tell(shared: &Shared, step: &str, text: &str, mut outcome: Outcome, quiet: &[Quiet]) {
    let mut name = String::new();
    if let Outcome::Satisfied { atom: Some(atom), .. } | Outcome::Violated { atom: Some(atom), .. } = &mut outcome
        && let Some(of) = quiet.iter().find(|it| it.text() == atom.text)
    {
        *atom = of.measured(atom);
        name = format!("{}: ", of.reading);
    }
    if let Some((verdict, detail)) = detail::told(&outcome) {
        shared.conclude(text, step, verdict, format!("{name}{detail}"));
    }
}

/// The widest window of a reading, in seconds.
fn widest(shared: &Shared, condition: &Condition) -> f64 {
    let windowed = condition.readings().into_iter().filter(|reading| reading.is_windowed());
    windowed.map(|reading| reading.window.unwrap_or(shared.plan.window)).fold(0.0, f64::max)
}

/// A reading of the steady state, with how much it moves by itself.
struct Quiet {
    reading: Reading,
    noise: Noise,
}

impl Quiet {
    fn text(&self) -> String {
        format!("{}, in standard deviations from its baseline", self.reading)
    }

    /// That it is within its noise.
    fn condition(&self, at: Span) -> Condition {
        let side = |comparator, bound: f64| {
            Condition::from(Comparison {
                left: Term::Spike(Box::new(Term::Reading(Box::new(self.reading.clone())))),
                comparator,
                right: Term::Constant(bound),
                ty: Type::Float,
                text: self.text(),
                span: at,
            })
        };
        let allowed = self.noise.allowed();
        Condition::And(Arc::new(side(Comparator::AtLeast, -allowed)), Arc::new(side(Comparator::AtMost, allowed)))
    }

    /// The comparison in the reading's own unit instead of deviations.
    fn measured(&self, atom: &Atom) -> Atom {
        let value = |deviations: &Result<f64, Cause>| deviations.clone().map(|it| self.noise.value(it));
        Atom {
            text: atom.text.clone(),
            ty: self.reading.unit(),
            left: value(&atom.left),
            right: value(&atom.right),
            margin: atom.margin.map(|it| it * self.noise.spread),
        }
    }
}

/// Every reading of the steady state.
fn quiet(shared: &Shared) -> Result<Vec<Quiet>, String> {
    let baselines = shared.baselines();
    let mut found: Vec<Quiet> = Vec::new();
    for reading in shared.plan.steady.iter().flat_map(|slo| slo.condition.readings()) {
        if found.iter().any(|it| it.reading == *reading) {
            continue;
        }
        let noise = baselines.noise(reading);
        let noise = noise.ok_or_else(|| format!("the noise of {reading} in the baseline is unknown"))?;
        found.push(Quiet { reading: reading.clone(), noise });
    }
    match found.is_empty() {
        true => Err("the steady state reads no metric".to_owned()),
        false => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::Quiet;
    use crate::monitor::{Atom, Noise};
    use crate::run::detail::sides;
    use crate::types::Type;
    use crate::types::term::{Aggregate, MetricId, Reading};

    #[test]
    fn deviations_are_told_in_the_readings_own_unit() {
        let metric = MetricId { service: "checkout".to_owned(), metric: "latency".to_owned() };
        let ty = Type::Distribution(Box::new(Type::Duration));
        let reading = Reading { metric, ty, aggregate: Aggregate::Quantile(0.95), window: None, cohort: None };
        let quiet = Quiet { reading, noise: Noise { middle: 0.2, spread: 0.01, independent: 30.0 } };
        let (left, right) = (Ok(5.0), Ok(3.0));
        let atom = Atom { text: quiet.text(), ty: Type::Float, left, right, margin: Some(-2.0) };
        let told = quiet.measured(&atom);
        assert_eq!(quiet.reading.to_string(), "p95(checkout.latency)");
        assert_eq!(sides(&told), "250ms against 230ms");
        assert!((told.margin.unwrap_or_default() + 0.02).abs() < 1e-9);
    }
}
