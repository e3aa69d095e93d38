//! Rank 4: what declarations mean: types, dimensions, ranges, and the typed model the later phases work on.

pub mod address;
mod check;
mod condition;
mod errors;
mod expression;
pub mod model;
pub mod selector;
pub mod term;
pub mod ty;

pub use check::{Checked, check, parameter_value};
pub use ty::Type;
