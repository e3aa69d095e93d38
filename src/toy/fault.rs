//! Faults, as a toy system feels them.

use crate::plan::Injection;
use crate::types::model::Argument;
use crate::types::term::Term;

/// A fault that is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultInForce {
    /// By what it is known: the same for as long as it is in force, another for every inject.
    pub id: String,
    /// The faulted service.
    pub target: String,
    /// The share of its requests that is selected; 0 to 1.
    pub touches: f64,
    /// The share of the selected on which it acts; 0 to 1.
    pub acts: f64,
    /// What it does to them.
    pub effect: Effect,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// A request is answered with an error, in no time, and does not come to the service.
    Fail,
    /// A request comes later by this many seconds, evenly between the two.
    Delay(f64, f64),
    /// A request is never answered.
    Lose,
    /// A request is worked on as ever, and its answer is no good.
    Spoil,
    /// So many requests a second pass; one more is answered with an error, in no time.
    Limit(f64),
    /// So many instances are gone, with all they worked on.
    Remove(f64),
    /// Nothing that is known.
    Nothing,
}

/// Actions of components, by what they do to a request.
const FAILING: &[&str] = &["error", "abort", "reset", "refuse", "close", "reject"];
const LOSING: &[&str] = &["blackhole", "drop", "hang", "partition", "loss"];
const SPOILING: &[&str] = &["corrupt"];
const LIMITING: &[&str] = &["rate_limit"];
const DELAYING: &[&str] = &["latency", "delay", "slow"];
/// Those that make answers slow by their size, of which a toy system knows nothing.
const SLOWING: &[&str] = &["slow_body"];

impl FaultInForce {
    /// What an inject of a plan does. Of an action that is not known, what its fault declares: the share of requests that
    /// it `fails` is answered with errors.
    pub fn of(id: &str, injection: &Injection) -> FaultInForce {
        let (touches, fails) = (within(injection.touches.hi), within(injection.fails.hi));
        let rate = number(injection, "rate").map_or(1.0, within);
        let failing = if touches > 0.0 { within(fails / touches) } else { 0.0 };
        let (acts, effect) = match injection.action.as_str() {
            _ if injection.resource == "instance" => (0.0, Effect::Remove(injection.touches.hi.max(0.0))),
            action if SPOILING.contains(&action) || cuts(injection) => (failing, Effect::Spoil),
            action if FAILING.contains(&action) => (failing, Effect::Fail),
            action if LIMITING.contains(&action) => (1.0, Effect::Limit(number(injection, "requests").unwrap_or(0.0))),
            action if SLOWING.contains(&action) => (rate, Effect::Delay(0.0, 0.0)),
            action if LOSING.contains(&action) => (rate, Effect::Lose),
            action if DELAYING.contains(&action) => (rate, delay(injection)),
            _ if fails > 0.0 => (failing, Effect::Fail),
            _ => (0.0, Effect::Nothing),
        };
        let on_requests = injection.resource == "requests" || fails > 0.0;
        let touches = if on_requests { touches } else { 0.0 };
        FaultInForce { id: id.to_owned(), target: injection.target.clone(), touches, acts, effect }
    }
}

fn within(share: f64) -> f64 {
    if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
}

/// Whether it ends connections in the middle of the answer's body.
fn cuts(injection: &Injection) -> bool {
    let at = injection.arguments.get("at").map(|it| &it.value);
    injection.action == "abort" && matches!(at, Some(Argument::Word(word)) if word == "body")
}

fn delay(injection: &Injection) -> Effect {
    let delay = number(injection, "delay").unwrap_or(0.0).max(0.0);
    let jitter = number(injection, "jitter").unwrap_or(0.0).clamp(0.0, delay);
    Effect::Delay(delay - jitter, delay + jitter)
}

/// A quantity that the inject is given, in base units.
fn number(injection: &Injection, name: &str) -> Option<f64> {
    match injection.arguments.get(name)?.value {
        Argument::Term(Term::Constant(value)) => Some(value),
        _ => None,
    }
}
