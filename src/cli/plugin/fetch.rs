//! `chaos plugin fetch`.

use super::add::worst;
use super::home::Home;
use super::{Named, obtain};
use crate::base::Files;
use crate::cli::complain;
use crate::cli::disk::Disk;
use crate::diagnostics::Diagnostic;
use crate::names::{Trouble, held_against};
use crate::project::{Pin, Plugin, PluginSource};

/// Fetch the components that chaos.lock pins and that are not on this machine yet, as in a fresh clone.
///
/// Exit code: 0 all are there, 2 one could not be had, or is not the one that is pinned (E0338); it is not kept then.
#[derive(Debug, clap::Args)]
pub struct Fetch {
    #[command(flatten)]
    named: Named,
}

impl Fetch {
    pub fn run(self) -> u8 {
        self.fetch().unwrap_or_else(|code| code)
    }

    fn fetch(self) -> Result<u8, u8> {
        let home = Home::here()?;
        let plugins = self.named.of(&home)?;
        let done: Vec<Result<(), u8>> =
            plugins.iter().map(|plugin| one(plugin, &home).map_err(|finding| complain(&finding))).collect();
        Ok(worst(done.into_iter()))
    }
}

fn one(plugin: &Plugin, home: &Home) -> Result<(), Diagnostic> {
    let (name, folder) = (&plugin.name, &home.project.folder);
    let wrong = |trouble: Trouble| trouble.finding(name);
    let pin = home.pins.pin(plugin).map_err(|why| wrong(Trouble::Unpinned(why)))?;
    if is_kept(plugin, pin) {
        say!("{name} {} is here", pin.version);
        return Ok(());
    }
    let got = obtain::pinned(&plugin.source, folder, pin)?;
    held_against(pin, &got.bytes).map_err(wrong)?;
    obtain::keep(&plugin.source, pin.hex(), &got.bytes)?;
    match plugin.source {
        PluginSource::File(_) => say!("{name} {} is here", pin.version),
        _ => say!("fetched {name} {}, {}", pin.version, pin.digest),
    }
    Ok(())
}

/// Whether the pinned bytes are kept already, unharmed.
fn is_kept(plugin: &Plugin, pin: &Pin) -> bool {
    let elsewhere = !matches!(plugin.source, PluginSource::File(_));
    let kept = Disk.kept(pin.hex()).filter(|_| elsewhere).and_then(|path| Disk.bytes(&path).ok());
    kept.is_some_and(|bytes| held_against(pin, &bytes).is_ok())
}
