//! The committed components are those that the sources make.

use crate::harness::root;
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

/// As `scripts/build-injectors` computes it: `sha256sum` lines of all sources in order of their names.
fn source_digest() -> String {
    let stdlib = root().join("stdlib");
    let parts =
        ["wit", "injectors/Cargo.toml", "injectors/Cargo.lock", "injectors/http/Cargo.toml", "injectors/http/src"];
    let mut all: Vec<PathBuf> = parts.iter().flat_map(|part| files(&stdlib.join(part))).collect();
    all.sort_by_key(|path| path.strip_prefix(&stdlib).unwrap().as_os_str().to_owned());
    let lines = all
        .iter()
        .map(|path| format!("{}  {}\n", hex(&fs::read(path).unwrap()), path.strip_prefix(&stdlib).unwrap().display()));
    hex(lines.collect::<String>().as_bytes())
}

#[test]
fn components_are_not_stale() {
    let components = root().join("stdlib/components");
    let lock: serde_json::Value = serde_json::from_slice(&fs::read(components.join("lock.json")).unwrap()).unwrap();
    assert_eq!(lock["source"], source_digest(), "the sources have changed: run scripts/build-injectors");
    assert_eq!(lock["http.wasm"], hex(&fs::read(components.join("http.wasm")).unwrap()));
}
