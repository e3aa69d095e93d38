//! Every example checks clean, and every example plans.

use crate::harness::{Place, files, root};
use std::fs;

#[test]
fn every_example_and_the_standard_library_check_clean() {
    let place = Place::new();
    let mut found = files(&root().join("examples"), "chaos");
    found.extend(files(&root().join("stdlib"), "chaos"));
    assert!(found.len() >= 4, "{found:?}");
    for file in found {
        let file = file.display().to_string();
        place.run(&["check", &file]).ended(0).says("nothing wrong");
        if fs::read_to_string(&file).unwrap().lines().any(|line| line.starts_with("experiment ")) {
            place.run(&["plan", &file]).ended(0).says("blast radius");
        }
    }
}
