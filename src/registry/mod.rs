//! Rank 8: components in OCI registries: pulled by name, believed by their digest.

mod access;
mod error;
mod manifest;
mod pull;
mod reference;

pub use access::Credentials;
pub use error::RegistryError;
pub use pull::{Pulled, pull};
pub use reference::Reference;
