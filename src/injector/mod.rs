//! Rank 8: the host of injectors: WebAssembly components that see nothing of the machine but what they were granted.

mod bindings;
mod cache;
mod call;
mod error;
mod host;
mod imports;
mod standard;

pub use call::{Call, Evidence, Handle, Phase, Target};
pub use error::InjectorError;
pub use host::{Host, Injector};
pub use imports::{Grant, Origin};
pub use standard::component;
