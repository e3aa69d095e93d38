//! `chaos plugin add`.

use super::home::{Home, from_folder};
use super::{obtain, trial};
use crate::cli::{REFUSED, complain};
use crate::diagnostics::{Diagnostic, codes};
use crate::injector::validate;
use crate::names::component::{ComponentFile, declaration, digest, read};
use crate::names::{Unreadable, name_taken, taken, unusable_component};
use crate::project::{Pin, PluginSource, is_module_name};

/// Add a component to the project: `use` finds it then, and chaos.lock says what it is, to the byte.
///
/// It is read, and not run. A file stays where it is; what comes from elsewhere is kept in the user's cache folder.
/// Exit code: 0 added, 2 it was not, and nothing is changed (E0330 to E0340).
#[derive(Debug, clap::Args)]
pub struct Add {
    /// Where it is: a path, an `https://` URL, or `oci://host/name:tag` in a registry.
    source: String,
    /// What `use` calls it (default: what it calls itself).
    #[arg(long)]
    name: Option<String>,
    /// Take it only if it has this digest: `sha256:` and 64 hexadecimal digits.
    #[arg(long, value_name = "DIGEST", value_parser = sha256)]
    digest: Option<String>,
}

/// Reads a digest as it is asked for.
pub fn sha256(text: &str) -> Result<String, String> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default().to_ascii_lowercase();
    let is_hex = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex
        .then(|| format!("sha256:{hex}"))
        .ok_or_else(|| "write it like `sha256:` and 64 hexadecimal digits".to_owned())
}

impl Add {
    pub fn run(self) -> u8 {
        self.add().map_or_else(|code| code, |()| 0)
    }

    fn add(self) -> Result<(), u8> {
        let mut home = Home::here_or_new()?;
        let source = self.source(&home)?;
        let told = |finding: Diagnostic| complain(&finding);
        let got = obtain::newest(&source, &home.project.folder, self.digest.is_some()).map_err(told)?;
        compare(self.digest.as_deref(), &self.source, &got.bytes).map_err(told)?;
        let file = usable(&self.source, &got.bytes).map_err(told)?;
        let name = self.name(&file).map_err(told)?;
        free(&name, &source, &home).map_err(told)?;
        let pin = pin_of(&name, &source, &got, &file);
        let mut lock = home.lock()?;
        trial::check(&pin, &got.bytes)?;
        obtain::keep(&source, pin.hex(), &got.bytes).map_err(told)?;
        home.put(&name, &source)?;
        lock.put(pin.clone());
        home.write(&lock)?;
        tell(&pin, &file);
        Ok(())
    }

    fn source(&self, home: &Home) -> Result<PluginSource, u8> {
        let source = PluginSource::parse(&self.source).ok_or_else(|| complain(&no_source(&self.source)))?;
        Ok(match source {
            PluginSource::File(path) => PluginSource::File(from_folder(&path, &home.project.folder)),
            other => other,
        })
    }

    fn name(&self, file: &ComponentFile) -> Result<String, Diagnostic> {
        let name = self.name.clone().unwrap_or_else(|| file.manifest.name.clone());
        match is_module_name(&name).err().or_else(|| taken(&name)) {
            Some(why) => Err(name_taken(&name, &why)),
            None => Ok(name),
        }
    }
}

/// Whether bytes have the digest that was asked for, if any was.
pub fn compare(asked: Option<&str>, source: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
    let is = format!("sha256:{}", digest(bytes));
    match asked {
        Some(asked) if asked != is => {
            Err(Diagnostic::error(codes::E0338, format!("`{source}` is not what was asked for"))
                .note(format!("the digest that was asked for is {asked}, and this one has {is}"))
                .help("do not use it; ask whoever published the component which digest is right"))
        }
        _ => Ok(()),
    }
}

/// What a component's bytes hold; `shown` is for people.
pub fn usable(shown: &str, bytes: &[u8]) -> Result<ComponentFile, Diagnostic> {
    let read = read(bytes).and_then(|file| validate(bytes).map(|()| file));
    read.map_err(|why| unusable_component(shown, &Unreadable::Content(why)))
}

/// What is put into the lock.
pub fn pin_of(name: &str, source: &PluginSource, got: &obtain::Obtained, file: &ComponentFile) -> Pin {
    Pin {
        name: name.to_owned(),
        source: source.to_string(),
        resolved: got.resolved.clone(),
        digest: format!("sha256:{}", file.digest),
        version: file.manifest.version.clone(),
        interface: file.manifest.interface.clone(),
        size: got.bytes.len() as u64,
    }
}

/// A name that no other plugin has. The same plugin from the same place may be added again, if it is pinned to nothing.
fn free(name: &str, source: &PluginSource, home: &Home) -> Result<(), Diagnostic> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let other = home.project.plugins.iter().find(|plugin| last(&plugin.name) == last(name));
    match other {
        Some(same) if same.name == name && same.source == *source && home.pins.pin(same).is_err() => Ok(()),
        Some(same) if same.name == name => {
            let why = format!("there is one from `{}` already", same.source);
            let help = format!("get its newest version: `chaos plugin update {name}`");
            Err(name_taken(name, &why).help(help))
        }
        Some(other) => {
            Err(name_taken(name, &format!("`{}` ends alike, and `allow` could not tell them apart", other.name)))
        }
        None => Ok(()),
    }
}

fn no_source(text: &str) -> Diagnostic {
    Diagnostic::error(codes::E0339, format!("`{text}` is no place of a component"))
        .help("name a path, an `https://` URL, or `oci://host/name:tag`")
}

fn tell(pin: &Pin, file: &ComponentFile) {
    say!("added {} {}, of the interface {}, {}", pin.name, pin.version, pin.interface, super::size(pin.size));
    say!("  {}", pin.digest);
    pin.resolved.iter().for_each(|resolved| say!("  {resolved}"));
    for asked in &file.manifest.capabilities {
        say!("  asks for {} ({}): {}", asked.name, asked.scope.join(", "), asked.reason);
    }
    if file.module.is_none() {
        say!("  brings no module: its faults are declared as its manifest has them, each touching all of its target");
        for fault in file.manifest.faults.iter().filter(|fault| declaration(&pin.name, fault).is_none()) {
            say!("  `{}` cannot be declared so; write a fault with `component \"{}\"`", fault.name, pin.name);
        }
    }
    say!("use {}", pin.name);
}

/// Exit code of a command that did all but some.
pub fn worst(codes: impl Iterator<Item = Result<(), u8>>) -> u8 {
    codes.filter_map(Result::err).max().map_or(0, |code| code.max(REFUSED))
}
