//! `chaos plugin list`: the standard components, and the plugins of the project.

use super::home::Home;
use super::size;
use crate::base::{FileError, Files};
use crate::cli::disk::Disk;
use crate::injector::component;
use crate::names::component::digest;
use crate::names::{Plugins, Trouble, stdlib};
use crate::project::{self, Plugin};
use serde::Serialize;
use std::path::Path;

/// List the standard components, and the plugins of the project with what became of them.
///
/// A plugin is `present`, or `missing` (`chaos plugin fetch` gets it), or it `differs` from what is pinned, or it is
/// `unpinned`, or `unusable`. Exit code: 0, whatever it finds.
#[derive(Debug, clap::Args)]
pub struct List {
    /// How it is shown.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

/// How something is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
}

/// The version of the document: docs/schemas/plugins.v1.schema.json.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Listed {
    version: u32,
    standard: Vec<Standard>,
    plugins: Vec<Added>,
}

#[derive(Serialize)]
struct Standard {
    name: String,
    version: String,
    interface: String,
    digest: String,
    size: u64,
    doc: String,
}

#[derive(Serialize)]
struct Added {
    name: String,
    source: String,
    version: Option<String>,
    interface: Option<String>,
    digest: Option<String>,
    size: Option<u64>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl List {
    pub fn run(self) -> u8 {
        let plugins = match project::find(&Disk.absolute(Path::new("")), &Disk) {
            None => Vec::new(),
            Some(_) => match Home::here() {
                Ok(home) => added(&home),
                Err(code) => return code,
            },
        };
        let listed = Listed { version: VERSION, standard: standard(), plugins };
        match self.format {
            Format::Json => say!("{}", serde_json::to_string_pretty(&listed).unwrap_or_default()),
            Format::Text => show(&listed),
        }
        0
    }
}

fn standard() -> Vec<Standard> {
    let manifests = stdlib::COMPONENTS.iter().filter_map(stdlib::Component::manifest);
    let of = |manifest: &crate::names::component::Manifest| {
        let bytes = component(&manifest.name)?;
        Some(Standard {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            interface: manifest.interface.clone(),
            digest: format!("sha256:{}", digest(bytes)),
            size: bytes.len() as u64,
            doc: manifest.doc.clone(),
        })
    };
    manifests.filter_map(of).collect()
}

fn added(home: &Home) -> Vec<Added> {
    let plugins = Plugins::of(Path::new(""), &Disk);
    let of = |plugin: &Plugin| {
        let pin = home.pins.pin(plugin).ok();
        let trouble = plugins.read(&plugin.name, &Disk).and_then(Result::err);
        Added {
            name: plugin.name.clone(),
            source: plugin.source.to_string(),
            version: pin.map(|pin| pin.version.clone()),
            interface: pin.map(|pin| pin.interface.clone()),
            digest: pin.map(|pin| pin.digest.clone()),
            size: pin.map(|pin| pin.size),
            state: trouble.as_ref().map_or("present", state),
            problem: trouble.map(|trouble| trouble.finding(&plugin.name).headline),
        }
    };
    home.project.plugins.iter().map(of).collect()
}

fn state(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Missing(_) | Trouble::Unusable(crate::names::Unreadable::File(FileError::Missing)) => "missing",
        Trouble::Differs(..) => "differs",
        Trouble::Unpinned(_) => "unpinned",
        Trouble::Unusable(_) | Trouble::Taken(_) => "unusable",
    }
}

fn show(listed: &Listed) {
    for it in &listed.standard {
        say!("{:8} {}  {}", it.name, it.version, it.doc);
    }
    for it in &listed.plugins {
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
        say!("");
        say!("{} {}, {}", it.name, or(&it.version), it.state);
        it.problem.iter().for_each(|problem| say!("  {problem}"));
        say!("  from {}", it.source);
        if let (Some(digest), Some(bytes)) = (&it.digest, it.size) {
            say!("  {digest}, {}, of the interface {}", size(bytes), or(&it.interface));
        }
    }
}
