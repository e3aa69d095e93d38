//! `chaos plugin`: what components say of themselves, and what they asked of the host.

use super::disk::Disk;
use super::{REFUSED, StoreOption, complain};
use crate::base::Files;
use crate::injector::component;
use crate::names::component::{ComponentFile, is_file, read};
use crate::names::{Unreadable, stdlib, unusable_component};
use crate::run::RunError;
use std::path::Path;

/// Look at injectors: what they are and can do, and what they asked of the host in a run.
#[derive(Debug, clap::Args)]
pub struct Plugin {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the standard components.
    List,
    /// Show what a component says of itself, without running it.
    ///
    /// Exit code: 0 it can be used, 2 it cannot (E0330).
    Inspect {
        /// The component: a file, or the name of a standard one.
        component: String,
    },
    /// Show what the components of a run asked of the host, and what came of it.
    Calls {
        /// The run.
        run: String,
        #[command(flatten)]
        store: StoreOption,
    },
}

impl Plugin {
    pub fn run(self) -> u8 {
        match self.command {
            Command::List => list(),
            Command::Inspect { component } => inspect(&component),
            Command::Calls { run, store } => match calls(&run, &store) {
                Ok(code) => code,
                Err(error) => complain(&error.diagnostic()),
            },
        }
    }
}

fn list() -> u8 {
    for manifest in stdlib::COMPONENTS.iter().filter_map(stdlib::Component::manifest) {
        say!("{:8} {}  {}", manifest.name, manifest.version, manifest.doc);
    }
    0
}

fn inspect(name: &str) -> u8 {
    match opened(name) {
        Ok(file) => {
            show(&file);
            0
        }
        Err(why) => complain(&unusable_component(name, &why)),
    }
}

fn opened(name: &str) -> Result<ComponentFile, Unreadable> {
    let bytes = match component(name).filter(|_| !is_file(name)) {
        Some(bytes) => bytes.to_vec(),
        None => Disk.bytes(Path::new(name)).map_err(Unreadable::File)?,
    };
    read(&bytes).map_err(Unreadable::Content)
}

fn show(file: &ComponentFile) {
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

fn calls(run: &str, store: &StoreOption) -> Result<u8, RunError> {
    let journal = store.open()?;
    if journal.run(run)?.is_none() {
        complain_of!("the store knows no run `{run}`");
        return Ok(REFUSED);
    }
    for call in journal.host_calls(run)? {
        let (by, what) =
            (format!("{} {}", call.component, call.function), format!("{} {}", call.capability, call.what));
        say!("{}  {by}  {what}: {}", call.step, call.outcome);
    }
    Ok(0)
}
