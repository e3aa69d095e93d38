//! The manifest of an artifact: which of its layers is the component.

use super::error::RegistryError;
use super::reference::is_digest;
use serde::Deserialize;

/// What a manifest may be.
pub const MANIFESTS: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
/// What a component is among layers: as the CNCF's format for WebAssembly has it, and as tools had it before.
const COMPONENTS: [&str; 2] = ["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"];
/// The largest component that is pulled, in bytes: those with an interpreter have 20 MiB.
pub const LARGEST: u64 = 128 << 20;

/// A layer, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    media_type: String,
    /// `sha256:…`
    pub digest: String,
    /// In bytes.
    pub size: u64,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

/// The one layer that is a component.
///
/// # Errors
/// There is none, or several, or it cannot be one that is pulled.
pub fn component(manifest: &[u8]) -> Result<Layer, RegistryError> {
    let none = |why: &str| RegistryError::NoComponent(format!("it holds no component: {why}"));
    let manifest: Manifest = serde_json::from_slice(manifest).map_err(|_| none("its manifest cannot be read"))?;
    let mut found = manifest.layers.into_iter().filter(|layer| COMPONENTS.contains(&layer.media_type.as_str()));
    let layer = found.next().ok_or_else(|| none("no layer of it is of type application/wasm"))?;
    if found.next().is_some() {
        return Err(none("several of its layers are of type application/wasm"));
    }
    if !is_digest(&layer.digest) {
        return Err(none("its layer has no digest of SHA-256"));
    }
    if layer.size > LARGEST {
        return Err(none(&format!("its layer is larger than {} MiB", LARGEST >> 20)));
    }
    Ok(layer)
}
