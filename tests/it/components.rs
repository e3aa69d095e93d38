//! The committed components are those that the sources make.

use crate::harness::root;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_path_buf()];
    }
    fs::read_dir(path).unwrap().flat_map(|entry| files(&entry.unwrap().path())).collect()
}

fn lock() -> Value {
    serde_json::from_slice(&fs::read(root().join("stdlib/components/lock.json")).unwrap()).unwrap()
}

/// The names of the components that the lock lists.
fn components() -> Vec<String> {
    let all = lock().as_object().unwrap().clone();
    all.keys().filter_map(|name| name.strip_suffix(".wasm")).map(str::to_owned).collect()
}

/// Where the sources of a component lie: those of the standard ones, and that of the tests.
fn sources_of(name: &str) -> Vec<String> {
    match name {
        "rogue" => vec!["stdlib/injectors/rogue".to_owned()],
        name => {
            let own = ["Cargo.toml", "src"].map(|part| format!("stdlib/injectors/{name}/{part}"));
            own.into_iter().chain([format!("stdlib/manifests/{name}.json")]).collect()
        }
    }
}

fn built(name: &str) -> PathBuf {
    let folder = if name == "rogue" { "tests/components" } else { "stdlib/components" };
    root().join(folder).join(format!("{name}.wasm"))
}

/// As `scripts/build-injectors` computes it: `sha256sum` lines of all sources in order of their names.
fn source_digest() -> String {
    let shared = ["wit/v0.2", "injectors/Cargo.toml", "injectors/Cargo.lock"].map(|part| format!("stdlib/{part}"));
    let own = components().into_iter().flat_map(|name| sources_of(&name));
    let mut all: Vec<PathBuf> = shared.into_iter().chain(own).flat_map(|part| files(&root().join(part))).collect();
    all.sort_by_key(|path| path.strip_prefix(root()).unwrap().as_os_str().to_owned());
    let lines = all
        .iter()
        .map(|path| format!("{}  {}\n", hex(&fs::read(path).unwrap()), path.strip_prefix(root()).unwrap().display()));
    hex(lines.collect::<String>().as_bytes())
}

#[test]
fn components_are_not_stale() {
    let lock = lock();
    assert_eq!(lock["source"], source_digest(), "the sources have changed: run scripts/build-injectors");
    assert!(!components().is_empty());
    for name in components() {
        let file = format!("{name}.wasm");
        let bytes = fs::read(built(&name)).unwrap();
        assert_eq!(lock[&file], hex(&bytes), "{file}");
    }
}

/// What was released with the interface of 0.1 still loads: it is the proof that the adapter works, and is never built again.
#[test]
fn the_oldest_component_stays_as_it_was() {
    let bytes = fs::read(root().join("tests/components/http-0.1.wasm")).unwrap();
    assert_eq!(hex(&bytes), "82f548303852d5373613125229a5dc83823611d409829391888b6b4a5959bffa");
}
