//! What a component may ask of the host: each request is held against the grant, and written down with what came of it.

mod ask;
mod clients;
mod exec;
mod files;
mod http;
mod log;
mod own;
mod pins;
mod process;
mod state;
mod tcp;

pub(super) use process::let_go_on;
pub use tcp::Connection;

pub(super) use ask::{Asked, State};
pub use ask::{Deed, is_change_refused};
pub(super) use clients::Clients;
pub(super) use pins::Pins;
