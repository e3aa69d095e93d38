//! Rank 10: experiments in virtual time: tests of them, and the exploration of what can go wrong with a run.
//!
//! The interpreter is the real one (`run::Runner`); the world it sees is made of what a test gives, of a toy system, and of
//! values that satisfy what is asked of them. Nothing here reads a clock or touches the outside, so the same plan, givens
//! and seed take the same course on every machine.

mod coverage;
pub mod document;
pub mod explore;
mod fate;
mod gauges;
mod given;
mod judge;
mod outside;
mod samples;
mod solver;
mod steady;
mod steps;
mod trial;
mod world;

pub use coverage::{Coverage, Covered};
pub use judge::{Failure, judge};
pub use trial::{Record, run_test};
