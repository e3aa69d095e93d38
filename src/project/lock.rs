//! `chaos.lock`: what the plugins of a project are, to the byte.
//!
//! A block for each, by name, and a line for each fact: two branches that add different plugins merge.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// What the file is called.
pub const LOCK_NAME: &str = "chaos.lock";

/// The version of the file's form.
const VERSION: u64 = 1;

/// What stands above all.
const HEAD: &str =
    "# Written by `chaos plugin`: what the plugins of chaos.toml are. Keep it with them; do not change it by hand.\n";

/// What a plugin is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Its name.
    pub name: String,
    /// Where it is from, as `chaos.toml` has it.
    pub source: String,
    /// In a registry: what its tag named, with the digest of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// The SHA-256 of its bytes: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Its version, as its manifest has it.
    pub version: String,
    /// The line of the interface that it speaks.
    pub interface: String,
    /// In bytes.
    pub size: u64,
}

impl Pin {
    /// The digest's hexadecimal digits.
    pub fn hex(&self) -> &str {
        self.digest.strip_prefix("sha256:").unwrap_or_default()
    }
}

/// What a `chaos.lock` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The plugins by their names, each with the place of its name in the text.
    pub pins: BTreeMap<String, (Pin, Range<usize>)>,
}

#[derive(Serialize)]
struct Written<'l> {
    version: u64,
    #[serde(rename = "plugin")]
    pins: Vec<&'l Pin>,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(rename = "version")]
    _version: u64,
    #[serde(rename = "plugin", default)]
    pins: Vec<Spanned<Pin>>,
}

/// Why a text is no lock, and where that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoLock {
    pub why: String,
    pub at: Option<Range<usize>>,
}

impl Lock {
    /// Reads the text of a `chaos.lock`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, NoLock> {
        let wrong = |error: toml::de::Error| {
            let why = error.message().lines().next().unwrap_or("it is no TOML").to_owned();
            NoLock { why, at: error.span() }
        };
        // The version comes first: another one may have another form.
        let Version { version } = toml::from_str(text).map_err(wrong)?;
        if version != VERSION {
            let why = format!("it is of the form {version}, and this version of chaos knows {VERSION}");
            return Err(NoLock { why, at: None });
        }
        let mut pins = BTreeMap::new();
        for pin in toml::from_str::<Read>(text).map_err(wrong)?.pins {
            let at = pin.span();
            let pin = pin.into_inner();
            if !is_digest(&pin.digest) {
                let why = format!("the digest of `{}` is not `sha256:` and 64 hexadecimal digits", pin.name);
                return Err(NoLock { why, at: Some(at) });
            }
            if let Some((other, _)) = pins.insert(pin.name.clone(), (pin, at.clone())) {
                return Err(NoLock { why: format!("`{}` stands in it twice", other.name), at: Some(at) });
            }
        }
        Ok(Self { pins })
    }

    /// Pins a plugin, in place of what its name was pinned to.
    pub fn put(&mut self, pin: Pin) {
        self.pins.insert(pin.name.clone(), (pin, 0..0));
    }

    /// Takes out all plugins but those whose names stay.
    pub fn keep_only(&mut self, stays: impl Fn(&str) -> bool) {
        self.pins.retain(|name, _| stays(name));
    }

    /// The file's text.
    ///
    /// # Errors
    /// It cannot be written as TOML.
    pub fn text(&self) -> Result<String, String> {
        let written = Written { version: VERSION, pins: self.pins.values().map(|(pin, _)| pin).collect() };
        let text = toml::to_string(&written).map_err(|error| error.to_string())?;
        Ok(format!("{HEAD}{text}"))
    }
}

/// Whether it is `sha256:` and a digest.
pub(super) fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::{Lock, Pin};

    pub fn pin(name: &str) -> Pin {
        Pin {
            name: name.to_owned(),
            source: format!("oci://registry.example/{name}:1"),
            resolved: Some(format!("oci://registry.example/{name}:1@sha256:{}", "1".repeat(64))),
            digest: format!("sha256:{}", "0".repeat(64)),
            version: "1.0.0".to_owned(),
            interface: "0.2".to_owned(),
            size: 1234,
        }
    }

    fn lock(names: &[&str]) -> Lock {
        let mut lock = Lock::default();
        names.iter().for_each(|name| lock.put(pin(name)));
        lock
    }

    #[test]
    fn what_is_written_is_read_in_one_order() {
        let text = lock(&["kafka", "acme.disk"]).text().unwrap();
        assert_eq!(text, lock(&["acme.disk", "kafka"]).text().unwrap());
        let read = Lock::read(&text).unwrap();
        assert_eq!(
            read.pins.values().map(|(pin, _)| pin.clone()).collect::<Vec<_>>(),
            [pin("acme.disk"), pin("kafka")]
        );
        assert_eq!(read.text().unwrap(), text);
        let blocks: Vec<&str> = text.split("\n\n").collect();
        assert_eq!(blocks.len(), 3, "{text}");
        assert!(blocks[1].starts_with("[[plugin]]\nname = \"acme.disk\"\nsource = "), "{text}");
    }

    #[test]
    fn what_is_no_lock_is_told() {
        let whole = lock(&["kafka"]).text().unwrap();
        for (text, told) in [
            (String::new(), "missing field `version`"),
            ("version = 2\nplugins = 3\n".to_owned(), "of the form 2, and this version of chaos knows 1"),
            ("<<<<<<< HEAD\nversion = 1\n".to_owned(), "key with no value"),
            (format!("{whole}colour = 1\n"), "unknown field `colour`"),
            (whole.replace("size", "sise"), "unknown field `sise`"),
            (whole.replace("sha256:00", "sha256:xy"), "the digest of `kafka`"),
            (format!("{whole}{}", whole.split_once("\n\n").unwrap().1), "`kafka` stands in it twice"),
        ] {
            let why = Lock::read(&text).unwrap_err().why;
            assert!(why.contains(told), "{told}: {why}");
        }
    }
}
