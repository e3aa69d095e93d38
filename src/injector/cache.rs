//! Compiled code, kept between runs. Only what this program wrote into its own private folder is loaded.

use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The compiled component: from the cache, else compiled now and put there. A cache that cannot be used only costs time.
pub fn compiled(engine: &Engine, bytes: &[u8], folder: Option<&Path>) -> wasmtime::Result<Component> {
    let file = folder.filter(|folder| is_private(folder)).map(|folder| folder.join(key(engine, bytes)));
    if let Some(component) = file.as_deref().filter(|file| file.is_file()).and_then(|file| load(engine, file)) {
        return Ok(component);
    }
    let code = engine.precompile_component(bytes)?;
    if let Some(file) = file {
        store(&file, &code);
    }
    // SAFETY: this engine made the code just now, and nobody else has held it.
    unsafe { Component::deserialize(engine, &code) }
}

fn load(engine: &Engine, file: &Path) -> Option<Component> {
    // SAFETY: the file lies in a folder that only its owner, this user, can write (checked in `is_private`), under a name
    // made of the component's digest and the engine's compatibility hash, and was written there by `store` alone, whole
    // and then renamed. So it is this engine's own output for this very component.
    unsafe { Component::deserialize_file(engine, file) }.ok()
}

fn key(engine: &Engine, bytes: &[u8]) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}-{:016x}.cwasm", hasher.finish())
}

/// Makes the folder where it is missing; true if it belongs to this user and nobody else can write it.
fn is_private(folder: &Path) -> bool {
    if std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).is_err() {
        return false;
    }
    let own = rustix::process::geteuid().as_raw();
    std::fs::symlink_metadata(folder).is_ok_and(|it| it.is_dir() && it.uid() == own && it.mode() & 0o022 == 0)
}

/// Writes a file whole: under another name first, so that no reader sees half of it.
fn store(file: &Path, code: &[u8]) {
    let draft: PathBuf = file.with_extension(format!("{}.tmp", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut open| open.write_all(code))
        .and_then(|()| std::fs::rename(&draft, file));
    if written.is_err() {
        let _removed = std::fs::remove_file(&draft);
    }
}
