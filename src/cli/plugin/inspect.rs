//! `chaos plugin inspect`: what a component says of itself, read without running it.

use super::named::opened;
use crate::names::component::ComponentFile;

/// Show what a component says of itself, without running it.
///
/// Exit code: 0 it can be used, 2 it cannot (E0330).
#[derive(Debug, clap::Args)]
pub struct Inspect {
    /// The component: a file, a plugin of the project, or the name of a standard one.
    component: String,
}

impl Inspect {
    pub fn run(&self) -> u8 {
        match opened(&self.component) {
            Ok((_, file)) => {
                show(&file);
                0
            }
            Err(code) => code,
        }
    }
}

/// What a component says of itself.
pub fn show(file: &ComponentFile) {
    let manifest = &file.manifest;
    say!("{} {}, of the interface {}", manifest.name, manifest.version, manifest.interface);
    say!("  {}", manifest.doc);
    say!("  sha256:{}", file.digest);
    say!("  at most {} MiB of memory", manifest.memory_mib);
    for capability in &manifest.capabilities {
        let used = if file.imports.contains(&capability.name) { "" } else { ", which it does not import" };
        say!("  asks for {} ({}){used}: {}", capability.name, capability.scope.join(", "), capability.reason);
    }
    for fault in &manifest.faults {
        say!("");
        say!("fault {fault}, resource {}", fault.resource);
        say!("  {}", fault.doc);
        for param in fault.params.iter().filter(|param| !param.doc.is_empty()) {
            say!("  {}: {}", param.name, param.doc);
        }
    }
}
