//! `chaos doc`.

use super::disk::Disk;
use super::{REFUSED, complain, print};
use crate::diagnostics::{Diagnostic, any_error, suggest};
use crate::names::{ModuleId, Plugins, Program, stdlib, unreadable};
use crate::report;
use std::path::{Path, PathBuf};

/// Print the reference of modules as Markdown: their declarations, with types, ranges, defaults and `##` comments.
///
/// Exit code: 0 printed, 1 a file does not parse, 2 a file cannot be read, or there is no such module.
#[derive(Debug, clap::Args)]
pub struct Doc {
    /// Files, or modules of the standard library or of plugins, for example std.http (default: the whole standard library).
    #[arg(value_name = "FILE|MODULE")]
    what: Vec<String>,
}

impl Doc {
    pub fn run(self) -> u8 {
        let all: Vec<String> = match self.what.is_empty() {
            true => stdlib::MODULES.iter().map(|(name, ..)| (*name).to_owned()).collect(),
            false => self.what,
        };
        let mut pages = Vec::new();
        for what in &all {
            match page(what) {
                Ok(page) => pages.push(page),
                Err(code) => return code,
            }
        }
        say!("{}", pages.join("\n").trim_end());
        0
    }
}

fn page(what: &str) -> Result<String, u8> {
    let file = Path::new(what);
    let standard = stdlib::module(what);
    if standard.is_none() && what.starts_with("std.") && !file.exists() {
        let known = suggest::help_for(what, stdlib::MODULES.iter().map(|(name, ..)| *name)).unwrap_or_default();
        complain_of!("the standard library has no module `{what}`; {known}");
        return Err(REFUSED);
    }
    let plugin = if standard.is_none() && !file.exists() { plugin(what)? } else { None };
    let loaded = match (standard, &plugin) {
        (Some((name, text)), _) => Program::load(Path::new(name), &Embedded(text)),
        (None, Some(text)) => Program::load(file, &Embedded(text)),
        (None, None) => Program::load(file, &Disk),
    };
    let program = loaded.map_err(|error| complain(&unreadable(file, &error, None)))?;
    let module = program.module(ModuleId(0)).ok_or(REFUSED)?;
    let own = |finding: &&Diagnostic| finding.place().is_some_and(|place| place.source == module.source);
    let findings: Vec<Diagnostic> = program.findings.iter().filter(own).cloned().collect();
    if any_error(&findings) {
        print(&findings, &program.sources);
        return Err(1);
    }
    Ok(report::reference(what, module, &program.sources))
}

/// The text of a plugin's module, if a plugin is called so.
fn plugin(name: &str) -> Result<Option<String>, u8> {
    match Plugins::of(Path::new(""), &Disk).read(name, &Disk) {
        Some(Ok(added)) => Ok(Some(added.module())),
        Some(Err(trouble)) => Err(complain(&trouble.finding(name))),
        None => Ok(None),
    }
}

/// A text of the standard library or of a plugin, as a file.
struct Embedded<'t>(&'t str);

impl crate::base::Files for Embedded<'_> {
    fn read(&self, _: &Path) -> Result<String, crate::base::FileError> {
        Ok(self.0.to_owned())
    }

    fn siblings(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}
