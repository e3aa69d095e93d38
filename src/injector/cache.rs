//! Compiled code, kept between runs. Only what this program wrote into its own private folder is loaded, and only whole.

use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The sum that stands before the code in a file, in bytes.
const SUM: usize = 32;

/// The compiled component: from the cache, else compiled now and put there. A cache that cannot be used only costs time.
/// `digest`: the SHA-256 of the bytes, in hexadecimal.
pub fn compiled(engine: &Engine, bytes: &[u8], digest: &str, folder: Option<&Path>) -> wasmtime::Result<Component> {
    let file = folder.filter(|folder| is_private(folder)).map(|folder| folder.join(key(engine, digest)));
    if let Some(component) = file.as_deref().and_then(|file| load(engine, file)) {
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
    let bytes = std::fs::read(file).ok()?;
    let (sum, code) = bytes.split_at_checked(SUM)?;
    if sum != Sha256::digest(code).as_slice() {
        return None;
    }
    // SAFETY: the file lies in a folder that only its owner, this user, can write (checked in `is_private`), under a name
    // made of the component's digest and the engine's compatibility hash, was written there by `store` alone, and is what
    // was written, by its sum. So it is this engine's own output for this very component.
    unsafe { Component::deserialize(engine, code) }.ok()
}

fn key(engine: &Engine, digest: &str) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{digest}-{:016x}.code", hasher.finish())
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
        .and_then(|mut open| open.write_all(&Sha256::digest(code)).and_then(|()| open.write_all(code)))
        .and_then(|()| std::fs::rename(&draft, file));
    if written.is_err() {
        let _removed = std::fs::remove_file(&draft);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{compiled, load};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};
    use wasmtime::Engine;

    const HTTP: &[u8] = include_bytes!("../../stdlib/components/http.wasm");

    fn only_file(folder: &Path) -> Option<PathBuf> {
        let mut all: Vec<PathBuf> =
            std::fs::read_dir(folder).into_iter().flatten().map(|it| it.unwrap().path()).collect();
        assert!(all.len() < 2, "{all:?}");
        all.pop()
    }

    #[test]
    fn code_that_is_not_what_was_written_is_made_again() {
        let (engine, place) = (Engine::default(), tempfile::tempdir().unwrap());
        let folder = place.path().join("private");
        compiled(&engine, HTTP, "ab12", Some(&folder)).unwrap();
        let file = only_file(&folder).unwrap();
        let whole = std::fs::read(&file).unwrap();
        assert!(load(&engine, &file).is_some());
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for damaged in [flipped, whole[..whole.len() / 2].to_vec(), b"short".to_vec(), Vec::new()] {
            std::fs::write(&file, damaged).unwrap();
            assert!(load(&engine, &file).is_none());
            compiled(&engine, HTTP, "ab12", Some(&folder)).unwrap();
            assert_eq!(std::fs::read(&file).unwrap(), whole);
        }
    }

    #[test]
    fn a_folder_that_others_can_write_is_not_used() {
        let (engine, place) = (Engine::default(), tempfile::tempdir().unwrap());
        let folder = place.path().join("open");
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
        compiled(&engine, HTTP, "ab12", Some(&folder)).unwrap();
        let linked = place.path().join("linked");
        std::os::unix::fs::symlink(place.path(), &linked).unwrap();
        compiled(&engine, HTTP, "ab12", Some(&linked)).unwrap();
        assert_eq!((only_file(&folder), std::fs::read_dir(place.path()).unwrap().count()), (None, 2));
    }
}
