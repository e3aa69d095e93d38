//! Every code has a page that says something, and no page lacks its code.

use chaos_lang::diagnostics::codes;
use std::collections::BTreeSet;

#[test]
fn every_code_has_a_whole_page() {
    for code in codes::ALL {
        let first = code.page.lines().next().unwrap();
        assert!(first.starts_with(&format!("# {code}: ")) && code.title().len() > 5, "{code}: {first}");
        assert!(code.page.contains("```"), "{code}: its page shows no example");
        assert!(code.page.lines().all(|line| line.chars().count() <= 120), "{code}: a line is too long");
    }
}

#[test]
fn codes_are_sorted_and_used() {
    let names: Vec<&str> = codes::ALL.iter().map(|code| code.name).collect();
    let sorted: Vec<&str> = names.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(names, sorted);
    let mut used = String::new();
    for file in crate::harness::files(&crate::harness::root().join("src"), "rs") {
        used.push_str(&std::fs::read_to_string(file).unwrap());
    }
    for name in names {
        assert!(used.contains(&format!("codes::{name}")), "{name} is used nowhere");
    }
}
