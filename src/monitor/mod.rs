//! Rank 7: temporal conditions over metrics. Pure: samples go in, outcomes come out; no clock, no I/O.
//!
//! What is unknown never turns into pass or fail.

pub mod baseline;
pub mod comparison;
mod likely;
mod noise;
pub mod obligation;
mod power;
pub mod promql;
pub mod quantile;
pub mod robustness;
mod share;
pub mod signal;
pub mod sliding;
pub mod statistics;
pub mod temporal;
pub mod trigger;
pub mod truth;

pub use baseline::Baselines;
pub use comparison::Weighed;
pub use noise::Noise;
pub use obligation::{Obligation, Outcome, Phase};
pub use power::{POWER, Power, Times, bound_of, power};
pub use robustness::Robustness;
pub use signal::{Cause, Point, Sample, Signal, Signals};
pub use trigger::{Hold, Trigger};
pub use truth::{Atom, Judgement, View, judge};
