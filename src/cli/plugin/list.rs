//! `chaos plugin list`: the standard components.

use crate::names::stdlib;

pub fn run() -> u8 {
    for manifest in stdlib::COMPONENTS.iter().filter_map(stdlib::Component::manifest) {
        say!("{:8} {}  {}", manifest.name, manifest.version, manifest.doc);
    }
    0
}
