//! Rank 4: what declarations mean: types, dimensions, ranges, and the typed model the later phases work on.

pub mod address;
pub mod calendar;
mod check;
mod component_errors;
mod condition;
mod errors;
mod expression;
mod form;
mod kubernetes;
pub mod labels;
pub mod model;
pub mod policy;
pub mod probe;
pub mod program;
pub mod promql;
pub mod secret;
pub mod selector;
pub mod stable;
pub mod term;
pub mod toy;
pub mod trial;
pub mod ty;
pub mod value;

pub use check::{
    Checked, DEFAULT_BASELINE, DEFAULT_NO_DATA, DEFAULT_WINDOW, PROCESS_SOURCES, TIERS, VERDICTS, check,
    parameter_value, unit_of_series,
};
pub use errors::part_of_a_byte;
pub use ty::Type;
pub use value::{Typed, Values};
