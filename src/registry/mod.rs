//! Rank 8: components from elsewhere: pulled from OCI registries and downloaded, believed by their digests, and kept by them.

mod access;
mod answer;
mod download;
mod error;
mod kept;
mod manifest;
mod pull;
mod reference;
mod shelter;

pub use access::Credentials;
pub use download::{download, is_safe};
pub use error::RegistryError;
pub use kept::credentials;
pub use manifest::LARGEST;
pub use pull::{Pulled, pull};
pub use reference::Reference;
pub use shelter::Shelter;
