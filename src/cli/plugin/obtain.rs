//! Getting a component from where it is.

use crate::base::Files;
use crate::cli::disk::Disk;
use crate::cli::{block_on, selection};
use crate::diagnostics::{Diagnostic, codes};
use crate::names::{Unreadable, unusable_component};
use crate::project::{Pin, PluginSource};
use crate::registry::{Pulled, Reference, RegistryError, Shelter, credentials, download, is_safe, pull};
use std::path::Path;

/// A component's bytes.
pub struct Obtained {
    pub bytes: Vec<u8>,
    /// In a registry: its name there, with the digest of what the tag names.
    pub resolved: Option<String>,
}

/// Gets what a source gives now; `known`: whether its digest is known, and will be compared.
pub fn newest(source: &PluginSource, folder: &Path, known: bool) -> Result<Obtained, Diagnostic> {
    match source {
        PluginSource::File(path) => file(&folder.join(path)),
        PluginSource::Url(url) => from_web(url, known),
        PluginSource::Registry(name) => from_registry(name),
    }
}

/// Gets what a plugin is pinned to.
pub fn pinned(source: &PluginSource, folder: &Path, pin: &Pin) -> Result<Obtained, Diagnostic> {
    match (source, &pin.resolved) {
        (PluginSource::Registry(_), Some(resolved)) => from_registry(resolved),
        _ => newest(source, folder, true),
    }
}

fn file(path: &Path) -> Result<Obtained, Diagnostic> {
    let shown = selection::shown(path).display().to_string();
    let bytes = Disk.bytes(path).map_err(|error| unusable_component(&shown, &Unreadable::File(error)))?;
    Ok(Obtained { bytes, resolved: None })
}

fn from_web(url: &str, known: bool) -> Result<Obtained, Diagnostic> {
    if !known && url.starts_with("http://") && !is_safe(url) {
        return Err(Diagnostic::error(codes::E0339, format!("`{url}` is asked without TLS"))
            .note("anybody on the way could give something else")
            .help("name its digest: `--digest sha256:…`; or use https"));
    }
    let got = block_on(download(url, known)).map_err(|why| nothing(url, &RegistryError::Unreachable(why)))?;
    let bytes = got.map_err(|error| nothing(url, &error))?;
    Ok(Obtained { bytes, resolved: None })
}

fn from_registry(name: &str) -> Result<Obtained, Diagnostic> {
    let reference = Reference::parse(name).map_err(|error| nothing(name, &error))?;
    let got = block_on(pulled(&reference)).map_err(|why| nothing(name, &RegistryError::Unreachable(why)))?;
    let pulled = got.map_err(|error| nothing(name, &error))?;
    Ok(Obtained { bytes: pulled.bytes, resolved: Some(pulled.pinned.to_string()) })
}

/// Nobody is told who we are unless that is needed; some registries call missing what they do not show to everybody.
async fn pulled(reference: &Reference) -> Result<Pulled, RegistryError> {
    match pull(reference, None).await {
        Err(error @ (RegistryError::Denied(_) | RegistryError::Missing(_))) => match credentials(&reference.host)? {
            Some(own) => pull(reference, Some(&own)).await,
            None => Err(error),
        },
        other => other,
    }
}

fn nothing(source: &str, error: &RegistryError) -> Diagnostic {
    let help = match error {
        RegistryError::Reference(_) => {
            "write it like `oci://registry.example.com/chaos/kafka:1.2`, or `https://example.com/kafka.wasm`"
        }
        RegistryError::Unreachable(_) => "check the address, and that it can be reached from here; then try again",
        RegistryError::Denied(_) => "say who you are: `docker login HOST`",
        RegistryError::Missing(_) => "check the name, the tag and the digest",
        RegistryError::Damaged(_) => "try again; if it stays so, tell whoever runs the server",
        RegistryError::NoComponent(_) => {
            "push the component as a layer of type `application/wasm`, as `wkg` and `oras` do"
        }
    };
    Diagnostic::error(codes::E0339, format!("nothing can be had from `{source}`: {error}")).help(help)
}

/// Keeps a component for all projects of this user; a file of the project stays where it is.
pub fn keep(source: &PluginSource, digest: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
    if matches!(source, PluginSource::File(_)) {
        return Ok(());
    }
    let unkept = |why: String| {
        Diagnostic::error(codes::E0339, format!("the component cannot be kept: {why}"))
            .help("set `XDG_CACHE_HOME` to a folder that can be written")
    };
    let shelter = Shelter::usual().ok_or_else(|| unkept("this user has no cache folder".to_owned()))?;
    shelter.keep(digest, bytes).map(drop).map_err(|error| unkept(error.to_string()))
}
