//! Compiled code, kept between runs. Only what this program wrote into its own private folder is loaded, and only whole.

use sha2::{Digest, Sha256};
use std::fs::{DirEntry, File};
use std::hash::{Hash, Hasher};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The sum that stands before the code in a file, in bytes.
const SUM: usize = 32;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What nobody has used for so long is removed when something new is put there.
const UNUSED: Duration = Duration::from_secs(30 * DAY.as_secs());

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
    let mut open = File::open(file).ok()?;
    let mut bytes = Vec::new();
    open.read_to_end(&mut bytes).ok()?;
    note_use(&open);
    let (sum, code) = bytes.split_at_checked(SUM)?;
    if sum != Sha256::digest(code).as_slice() {
        return None;
    }
    // SAFETY: the file lies in a folder that only its owner, this user, can write (checked in `is_private`), under a name
    // made of the component's digest and the engine's compatibility hash, was written there by `store` alone, and is what
    // was written, by its sum. So it is this engine's own output for this very component.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// The time of a file is that of its last use, to the day: whoever cleans up goes by it.
fn note_use(file: &File) {
    let age = file.metadata().and_then(|it| it.modified()).ok().and_then(|used| used.elapsed().ok());
    if age.is_some_and(|age| age > DAY) {
        let _sooner_removed = file.set_modified(SystemTime::now());
    }
}

/// Removes what nobody has used for long, and what is left of writers that died. Whoever reads one of these files meanwhile
/// has it open, and whoever comes later compiles anew.
fn tidy(folder: &Path) {
    let is_old = |entry: &DirEntry| {
        let own = entry.path().extension().is_some_and(|ending| ending == "code" || ending == "tmp");
        // That of the entry itself: a link is not followed.
        let used = entry.metadata().ok().filter(|it| own && it.is_file()).and_then(|it| it.modified().ok());
        used.and_then(|used| used.elapsed().ok()).is_some_and(|age| age > UNUSED)
    };
    for old in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(is_old) {
        let _somebody_else_did = std::fs::remove_file(old.path());
    }
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
    file.parent().into_iter().for_each(tidy);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{DAY, compiled, load};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};
    use std::time::SystemTime;
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
    fn what_nobody_used_for_long_goes_when_something_comes() {
        let (engine, place) = (Engine::default(), tempfile::tempdir().unwrap());
        let folder = place.path().join("private");
        compiled(&engine, HTTP, "ab12", Some(&folder)).unwrap();
        let used = only_file(&folder).unwrap();
        let aged = |path: &Path, days: u32| {
            let open = std::fs::File::options().create(true).append(true).open(path).unwrap();
            open.set_modified(SystemTime::now() - DAY * days).unwrap();
        };
        let [old, left, young, other] = ["a.code", "b.7.tmp", "c.code", "notes.txt"].map(|name| folder.join(name));
        for (path, days) in [(&old, 31), (&left, 31), (&young, 29), (&other, 31), (&used, 31)] {
            aged(path, days);
        }
        std::os::unix::fs::symlink(&other, folder.join("link.code")).unwrap();
        assert!(load(&engine, &used).is_some(), "which is a use");
        compiled(&engine, HTTP, "cd34", Some(&folder)).unwrap();
        assert!(!old.exists() && !left.exists());
        assert!(used.exists() && young.exists() && other.exists() && folder.join("link.code").exists());
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
