//! Rank 7: temporal conditions over metrics. Pure: samples go in, outcomes come out; no clock, no I/O.
//!
//! What is unknown never turns into pass or fail.

pub mod obligation;
pub mod quantile;
pub mod robustness;
pub mod signal;
pub mod sliding;
pub mod statistics;
pub mod temporal;
pub mod trigger;
pub mod truth;

pub use obligation::{Obligation, Outcome, Phase};
pub use robustness::Robustness;
pub use signal::{Cause, Point, Sample, Signal, Signals};
pub use trigger::Trigger;
pub use truth::{Atom, Baselines, Judgement, View, judge};
