//! Rank 7: the run store: which effects were intended, applied and taken back, by which run. SQLite, every write synced.
//!
//! The order for every effect on the outside: intent written and synced, then applied, then reverted. Whoever opens the
//! store next can therefore take back whatever was left.

mod error;
mod history;
mod identity;
mod memory;
mod processes;
mod schema;
mod store;
mod switch;

pub use error::JournalError;
pub use identity::ProcessIdentity;
pub use memory::HostCall;
pub use processes::{MARKER, all as all_processes, marked};
pub use store::{EffectId, EffectRecord, EffectState, Journal, RunRecord};

use std::path::PathBuf;

/// Where the store is unless told: the platform's state folder.
pub fn default_folder() -> Option<PathBuf> {
    dirs::state_dir().or_else(dirs::data_local_dir).map(|folder| folder.join("chaos"))
}
