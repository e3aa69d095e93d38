//! How a judged comparison is told: what it was, against what, by how much, when.

use super::verdict::Verdict;
use crate::base::Instant;
use crate::monitor::{Atom, Outcome, Weighed};
use crate::types::Type;

/// What came of an expectation, in words; nothing where it is not decided by itself.
pub fn told(outcome: &Outcome) -> Option<(Verdict, String)> {
    match outcome {
        Outcome::Pending | Outcome::Weighed(_) => None,
        Outcome::Satisfied { at, atom } => Some((Verdict::Confirmed, satisfied(*at, atom.as_ref()))),
        Outcome::Violated { at, atom } => Some((Verdict::Refuted, violated(*at, atom.as_ref()))),
        Outcome::Inconclusive { reason } => Some((Verdict::Inconclusive, reason.clone())),
    }
}

/// A violation: `23.1% against 89.9%, off by 66.8pp, at 12.3s`.
fn violated(at: Instant, atom: Option<&Atom>) -> String {
    match atom.and_then(shown) {
        Some((sides, margin)) => format!("{sides}, off by {margin}, at {at}"),
        None => format!("at {at}"),
    }
}

/// The closest call: `98.7% against 89.9%, 8.8pp to spare`.
fn satisfied(at: Instant, atom: Option<&Atom>) -> String {
    match atom.and_then(shown) {
        Some((sides, margin)) => format!("{sides}, {margin} to spare, at {at}"),
        None => format!("at {at}"),
    }
}

/// Both sides of a comparison and the distance between them, whether they are known or not.
pub fn sides(atom: &Atom) -> String {
    let show = |side: &Result<f64, crate::monitor::Cause>| match side {
        Ok(value) => atom.ty.show(*value),
        Err(cause) => format!("unknown ({cause})"),
    };
    format!("{} against {}", show(&atom.left), show(&atom.right))
}

/// A comparison: `97.1% against 97.2% (99.2% in the baseline); 0.1pp short of it, surely between 0.9pp short and 0.7pp to
/// spare`.
pub fn weighed(weighed: &Weighed, verdict: Verdict) -> String {
    let atom = &weighed.atom;
    let baseline =
        weighed.baseline.map_or_else(String::new, |value| format!(" ({} in the baseline)", atom.ty.show(value)));
    let (lo, hi) = weighed.bounds;
    let reach = format!("surely between {} and {}", distance(atom, lo), distance(atom, hi));
    let text = format!("{}{baseline}; {}, {reach}", sides(atom), distance(atom, atom.margin.unwrap_or_default()));
    match (verdict, &weighed.flaw) {
        (Verdict::Inconclusive, Some(flaw)) => format!("{text}; {flaw}"),
        (Verdict::Inconclusive, None) => format!("{text}: too close to tell from these samples"),
        _ => text,
    }
}

/// How far from a bound: to spare, or short of it.
fn distance(atom: &Atom, by: f64) -> String {
    let unit = if atom.ty == Type::Ratio { &Type::Points } else { &atom.ty };
    let which = if by < 0.0 { "short of it" } else { "to spare" };
    if by.is_finite() { format!("{} {which}", unit.show(by.abs())) } else { format!("any amount {which}") }
}

fn shown(atom: &Atom) -> Option<(String, String)> {
    let unit = if atom.ty == Type::Ratio { &Type::Points } else { &atom.ty };
    Some((sides(atom), unit.show(atom.margin?.abs())))
}
