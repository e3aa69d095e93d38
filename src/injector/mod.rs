//! Rank 8: the host of injectors: WebAssembly components that see nothing of the machine but what they were granted.

mod bindings;
mod cache;
mod call;
mod declared;
mod dialect;
mod engine;
mod error;
mod grant;
mod host;
mod imports;
mod limits;
mod loaded;
mod measure;
mod standard;
#[cfg(test)]
mod tests;
mod valid;
mod value;

pub use call::{Call, Evidence, Handle, Instance, Phase, Target};
pub use declared::{Declared, FoundBy};
pub use error::InjectorError;
pub use grant::{Grant, Origin};
pub use host::Host;
pub use imports::{Deed, is_change_refused};
pub use limits::{CALL_TIMEOUT, LOG_LINES, REQUESTS};
pub use loaded::Injector;
pub use measure::{Figures, measure};
pub use standard::component;
pub use valid::validate;
