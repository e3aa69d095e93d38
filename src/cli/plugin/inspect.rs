//! `chaos plugin inspect`: what a component says of itself, read without running it.

use crate::base::Files;
use crate::cli::complain;
use crate::cli::disk::Disk;
use crate::injector::component;
use crate::names::component::{ComponentFile, is_file, read};
use crate::names::{Unreadable, unusable_component};
use std::path::Path;

/// Show what a component says of itself, without running it.
///
/// Exit code: 0 it can be used, 2 it cannot (E0330).
#[derive(Debug, clap::Args)]
pub struct Inspect {
    /// The component: a file, or the name of a standard one.
    component: String,
}

impl Inspect {
    pub fn run(&self) -> u8 {
        match opened(&self.component) {
            Ok(file) => {
                show(&file);
                0
            }
            Err(why) => complain(&unusable_component(&self.component, &why)),
        }
    }
}

fn opened(name: &str) -> Result<ComponentFile, Unreadable> {
    let bytes = match component(name).filter(|_| !is_file(name)) {
        Some(bytes) => bytes.to_vec(),
        None => Disk.bytes(Path::new(name)).map_err(Unreadable::File)?,
    };
    read(&bytes).map_err(Unreadable::Content)
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
