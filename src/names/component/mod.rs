//! Components, as far as they can be read without compiling them: what they say of themselves, and what they import.

mod declared;
mod manifest;
mod read;

pub use declared::{declaration, declarations};
pub use manifest::{CAPABILITIES, Capability, FaultSpec, Kind, MOST_MEMORY, Manifest, ParamSpec};
pub use read::{ComponentFile, MODULE, SECTION, digest, read};

/// What a build makes, in a plugin's own folder.
pub const BUILT: &str = "injector.wasm";
/// What a component says of itself, in a plugin's own folder.
pub const MANIFEST: &str = "manifest.json";

/// How a component is named where its file is meant, and not a standard one.
pub fn is_file(name: &str) -> bool {
    name.contains('/') || name.ends_with(".wasm")
}
