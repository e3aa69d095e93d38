//! Rank 10: the first files of a system, written from what its metrics endpoint shows.

mod files;
mod page;

pub use files::{NAMES, Starter};
pub use page::{Latency, Page, Requests};
