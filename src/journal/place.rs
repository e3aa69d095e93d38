//! Where a process number counts: a container has numbers of its own.

use std::fmt;
use std::sync::OnceLock;

/// The boot of a machine, and a process namespace on it. Empty where the platform does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(String);

/// How a place is seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The same: its processes can be looked at.
    Here,
    /// Another container on this machine.
    Beside,
    /// Another machine, or an earlier boot of this one: nothing lives there any more.
    Gone,
}

impl Place {
    /// That of this process.
    pub fn current() -> &'static Self {
        static HERE: OnceLock<Place> = OnceLock::new();
        HERE.get_or_init(|| {
            let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
            let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
            let place = format!("{} {}", boot.trim(), namespace.display());
            Self(if boot.is_empty() { String::new() } else { place })
        })
    }

    /// How it is seen from this process.
    pub fn seen_from_here(&self) -> Sight {
        let here = Self::current();
        let boot = |place: &Self| place.0.split(' ').next().map(str::to_owned);
        match (self.0.is_empty() || here.0.is_empty() || self == here, boot(self) == boot(here)) {
            (true, _) => Sight::Here,
            (false, true) => Sight::Beside,
            (false, false) => Sight::Gone,
        }
    }
}

impl From<String> for Place {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
