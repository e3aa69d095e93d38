//! Rank 7: the run store: which effects were intended, applied and taken back, by which run. SQLite, every write synced.
//!
//! The order for every effect on the outside: intent written and synced, then applied, then reverted. Whoever opens the
//! store next can therefore take back whatever was left.

mod claims;
mod connect;
mod effects;
mod error;
mod filesystem;
mod folder;
mod history;
mod identity;
mod log;
mod memory;
mod place;
mod processes;
mod schema;
mod seal;
mod store;
mod switch;

pub use claims::{Amount, Claims, Conflict};
pub use error::JournalError;
pub use filesystem::FileSystem;
pub use folder::make_private;
pub use identity::ProcessIdentity;
pub use log::is_damaged as is_log_damaged;
pub use memory::HostCall;
pub use place::Place;
pub use processes::{MARKER, all as all_processes, marked};
pub use store::{DATABASE, EffectId, EffectRecord, EffectState, Journal, RunRecord};

use std::path::PathBuf;

/// Where the store is unless told: the platform's state folder.
pub fn default_folder() -> Option<PathBuf> {
    dirs::state_dir().or_else(dirs::data_local_dir).map(|folder| folder.join("chaos"))
}
