//! `chaos plugin remove`.

use super::home::Home;
use crate::base::{Files, Sources, Span};
use crate::cli::disk::Disk;
use crate::cli::selection::shown;
use crate::cli::walk::programs;
use crate::cli::{REFUSED, complain, print};
use crate::diagnostics::{Diagnostic, codes, suggest};
use crate::syntax::parse;
use crate::syntax::tree::{ExprKind, File, Used};

/// Take a plugin out of chaos.toml and chaos.lock.
///
/// Exit code: 0 it is gone, 2 there is none of this name, or a file of the project still uses it (E0340).
#[derive(Debug, clap::Args)]
pub struct Remove {
    /// The plugin.
    name: String,
}

impl Remove {
    pub fn run(self) -> u8 {
        self.remove().map_or_else(|code| code, |()| 0)
    }

    fn remove(self) -> Result<(), u8> {
        let mut home = Home::here()?;
        let mut lock = home.lock()?;
        let named: Vec<&str> = home.project.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        if !named.contains(&self.name.as_str()) && !lock.pins.contains_key(&self.name) {
            return Err(complain(&unknown(&self.name, &named)));
        }
        self.unused(&home)?;
        home.take(&self.name)?;
        lock.keep_only(|name| name != self.name);
        home.write(&lock)?;
        say!("removed {}", self.name);
        Ok(())
    }

    /// That no file of the project uses it.
    fn unused(&self, home: &Home) -> Result<(), u8> {
        let mut sources = Sources::default();
        let mut findings = Vec::new();
        for path in programs(&home.project.folder, Some(&home.project)) {
            let Ok(text) = Disk.read(&path) else { continue };
            let source = sources.add(shown(&path), text.clone());
            findings.extend(uses(&parse(source, &text).file, &self.name).map(|at| still_used(&self.name, at)));
        }
        print(&findings, &sources);
        if findings.is_empty() { Ok(()) } else { Err(REFUSED) }
    }
}

/// Where a file first names a plugin: as a module, or as a component.
fn uses(file: &File, name: &str) -> Option<Span> {
    let modules = file.uses.iter().filter_map(|used| match &used.what {
        Used::Module(path) if path.text() == name => Some(path.span),
        _ => None,
    });
    let components = file.faults.iter().filter_map(|fault| fault.component.as_ref()).filter_map(|(named, _)| {
        let is_it = matches!(&named.kind, ExprKind::Text(text) if text == name);
        is_it.then_some(named.span)
    });
    let grants = file.environments.iter().flat_map(|environment| &environment.grants);
    let grants = grants.filter(|grant| grant.component.text == name).map(|grant| grant.component.span);
    modules.chain(components).chain(grants).next()
}

fn still_used(name: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0340, format!("the plugin `{name}` is still used"))
        .at(at, "used here")
        .help("take this out first")
}

pub fn unknown(name: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::error(codes::E0340, format!("there is no plugin `{name}` in chaos.toml"))
        .maybe_help(suggest::help_for(name, known.iter().copied()))
}
