//! `chaos plugin update`.

use super::add::{compare, pin_of, sha256, usable, worst};
use super::home::Home;
use super::{Named, obtain, trial};
use crate::cli::{REFUSED, complain};
use crate::project::{Lock, Pin, Plugin};

/// Pin plugins to what their sources give now: a tag that names something else, a file that was built again.
///
/// Exit code: 0 done, 2 a plugin could not be had or used, or is not the one with `--digest`, and stays what it was.
#[derive(Debug, clap::Args)]
pub struct Update {
    #[command(flatten)]
    named: Named,
    /// Take the one plugin that is named only if it has this digest; over plain HTTP it is asked for only then.
    #[arg(long, value_name = "DIGEST", value_parser = sha256)]
    digest: Option<String>,
}

impl Update {
    pub fn run(self) -> u8 {
        self.update().unwrap_or_else(|code| code)
    }

    fn update(self) -> Result<u8, u8> {
        let home = Home::here()?;
        let plugins = self.named.of(&home)?;
        if self.digest.is_some() && plugins.len() != 1 {
            complain_of!("error: `--digest` is that of one plugin: name it");
            return Err(REFUSED);
        }
        let asked = self.digest.as_deref();
        let mut lock = home.lock()?;
        lock.keep_only(|name| home.project.plugins.iter().any(|plugin| plugin.name == name));
        let done: Vec<Result<(), u8>> = plugins.iter().map(|plugin| one(plugin, asked, &home, &mut lock)).collect();
        home.write(&lock)?;
        Ok(worst(done.into_iter()))
    }
}

fn one(plugin: &Plugin, asked: Option<&str>, home: &Home, lock: &mut Lock) -> Result<(), u8> {
    let told = |finding| complain(&finding);
    let got = obtain::newest(&plugin.source, &home.project.folder, asked.is_some()).map_err(told)?;
    compare(asked, &plugin.source.to_string(), &got.bytes).map_err(told)?;
    let file = usable(&plugin.source.to_string(), &got.bytes).map_err(told)?;
    let pin = pin_of(&plugin.name, &plugin.source, &got, &file);
    trial::check(&pin, &got.bytes)?;
    obtain::keep(&plugin.source, pin.hex(), &got.bytes).map_err(told)?;
    tell(home.pins.pin(plugin).ok(), &pin);
    lock.put(pin);
    Ok(())
}

fn tell(before: Option<&Pin>, now: &Pin) {
    match before {
        Some(before) if before == now => say!("{} {} is what it was", now.name, now.version),
        Some(before) if before.version != now.version => {
            say!("{} {} → {}, {}", now.name, before.version, now.version, now.digest);
        }
        Some(_) => say!("{} {} is another one now, {}", now.name, now.version, now.digest),
        None => say!("{} {} is pinned, {}", now.name, now.version, now.digest),
    }
}
