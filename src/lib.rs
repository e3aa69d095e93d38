//! chaos
pub mod base;
pub mod diagnostics;
pub mod names;
pub mod plan;
pub mod radius;
pub mod syntax;
pub mod types;
