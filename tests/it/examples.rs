//! Every example checks clean, and every example plans.

use crate::harness::{Place, root};
use std::fs;
use std::path::{Path, PathBuf};

pub fn chaos_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(chaos_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "chaos") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_example_and_the_standard_library_check_clean() {
    let place = Place::new();
    let mut files = chaos_files(&root().join("examples"));
    files.extend(chaos_files(&root().join("stdlib")));
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let file = file.display().to_string();
        place.run(&["check", &file]).ended(0).says("nothing wrong");
        if fs::read_to_string(&file).unwrap().lines().any(|line| line.starts_with("experiment ")) {
            place.run(&["plan", &file]).ended(0).says("blast radius");
        }
    }
}
