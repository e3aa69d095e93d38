//! How a judged comparison is told: what it was, against what, by how much, when.

use crate::base::Instant;
use crate::monitor::Atom;
use crate::types::Type;

/// A violation: `23.1% against 89.9%, off by 66.8pp, at 12.3s`.
pub fn violated(at: Instant, atom: Option<&Atom>) -> String {
    match atom.and_then(shown) {
        Some((sides, margin)) => format!("{sides}, off by {margin}, at {at}"),
        None => format!("at {at}"),
    }
}

/// The closest call: `98.7% against 89.9%, 8.8pp to spare`.
pub fn satisfied(at: Instant, atom: Option<&Atom>) -> String {
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

fn shown(atom: &Atom) -> Option<(String, String)> {
    let unit = if atom.ty == Type::Ratio { &Type::Points } else { &atom.ty };
    Some((sides(atom), unit.show(atom.margin?.abs())))
}
