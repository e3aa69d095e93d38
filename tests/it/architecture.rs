//! The layers hold: a module imports from lower ranks only, as the table in `src/lib.rs` says.

use crate::harness::{files, root};
use std::collections::BTreeMap;
use std::fs;

/// `//! | 4 | [`types`] | … |`
fn ranks() -> BTreeMap<String, u32> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let rows = lib.lines().filter_map(|line| line.strip_prefix("//! | "));
    let rank = |row: &str| {
        let mut cells = row.split(" | ");
        let rank = cells.next()?.parse().ok()?;
        Some((cells.next()?.trim_matches(['[', '`', ']']).to_owned(), rank))
    };
    rows.filter_map(rank).collect()
}

/// Modules named behind `crate::` in code.
fn imports(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| {
        line.match_indices("crate::").map(|(at, _)| {
            let rest = &line[at + "crate::".len()..];
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
        })
    })
    .collect()
}

#[test]
fn modules_import_from_lower_ranks_only() {
    let ranks = ranks();
    let source = root().join("src");
    let mut wrong = Vec::new();
    for file in files(&source, "rs") {
        let inner = file.strip_prefix(&source).unwrap();
        let module =
            inner.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let own = ranks.get(&module).unwrap_or_else(|| panic!("`{module}` is not in the table of src/lib.rs"));
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            let lower = import == module || ranks.get(&import).is_some_and(|rank| rank < own);
            if !lower {
                wrong.push(format!("{}: {module} (rank {own}) imports {import}", inner.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The front end does no I/O of its own.
#[test]
fn the_front_end_touches_nothing() {
    let layers = [
        "base",
        "diagnostics",
        "syntax",
        "project",
        "format",
        "names",
        "types",
        "plan",
        "radius",
        "policy",
        "analysis",
        "monitor",
        "toy",
        "document",
        "lint",
        "lsp",
    ];
    for layer in layers {
        for file in files(&root().join("src").join(layer), "rs") {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            for forbidden in
                ["std::fs", "std::net::Tcp", "std::process", "Instant::now", "SystemTime", "tokio::", "reqwest"]
            {
                assert!(!code.contains(forbidden), "{}: {forbidden}", file.display());
            }
        }
    }
}

/// Whatever is done to the outside is written down first: only `Effects` calls a world's `apply` and `revert`. A recorded world
/// is one itself, and passes each on once, to the world that it stands before.
#[test]
fn nothing_is_applied_around_the_journal() {
    for file in files(&root().join("src"), "rs") {
        if file.ends_with("run/effects.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for method in ["apply", "revert"] {
            let calls = text.matches(&format!(".world.{method}(")).count();
            let passes_on = file.ends_with("replay/recording.rs") && text.contains(&format!("    fn {method}<'a>("));
            assert_eq!(calls, usize::from(passes_on), "{}: {method}", file.display());
        }
    }
}

/// The same run takes the same course in virtual time: nothing in it is decided by chance.
#[test]
fn the_interpreter_chooses_by_no_dice() {
    let mut selects = 0;
    for file in files(&root().join("src/run"), "rs") {
        let text = fs::read_to_string(&file).unwrap();
        for (at, _) in text.match_indices("select! {") {
            let body = text[at..].split_once('\n').unwrap().1.trim_start();
            assert!(body.starts_with("biased;"), "a select! of {} takes its branches by chance", file.display());
            selects += 1;
        }
    }
    assert!(selects > 10, "{selects}");
}
