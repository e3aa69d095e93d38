//! What is shipped is whole: whoever builds it elsewhere lacks nothing.

use crate::harness::root;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What only the library with the runtime is made from.
const COMPONENT: &str = "stdlib/components/process.wasm";

/// The files that `cargo package` ships, and maturin with it; links are followed.
fn shipped() -> BTreeSet<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let listed = Command::new(cargo)
        .args(["package", "--list", "--allow-dirty", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.lines().filter_map(|file| root().join(file).canonicalize().ok()).collect()
}

/// The files that the whole library was made from, as the compiler noted them last; those of the build script lie in one folder.
fn built_from() -> BTreeSet<PathBuf> {
    let folder = Path::new(env!("CARGO_BIN_EXE_chaos")).with_file_name("deps");
    let notes = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of_library = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("chaos_lang-") && name.ends_with(".d")
    };
    let notes = notes.filter(of_library).map(|path| (path.metadata().unwrap().modified().unwrap(), path));
    let notes = notes.map(|(when, path)| (when, fs::read_to_string(path).unwrap()));
    let (_, note) = notes.filter(|(_, note)| note.contains(": src/lib.rs ") && note.contains(COMPONENT)).max().unwrap();
    let (_, files) = note.lines().next().unwrap().split_once(": ").unwrap();
    let grammar = fs::read_dir(root().join("grammar")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.split_whitespace().map(|file| root().join(file)).chain(grammar);
    // What the build script writes lies elsewhere.
    let files = files.map(|file| file.canonicalize().unwrap());
    files.filter(|file| file.starts_with(root()) && !file.ends_with("out/program.rs")).collect()
}

#[test]
fn the_package_holds_all_that_the_program_is_built_from() {
    let needed = built_from();
    assert!(needed.contains(&root().join("src/kit/template.rs")), "{needed:?}");
    let missing: Vec<PathBuf> = needed.difference(&shipped()).cloned().collect();
    assert!(missing.is_empty(), "cargo package leaves these out: {missing:?}");
}
