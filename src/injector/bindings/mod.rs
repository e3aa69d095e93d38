//! The interface, one module for each version that components may speak.

pub mod v0_1;
pub mod v0_2;
