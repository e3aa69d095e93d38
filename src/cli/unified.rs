//! Differences of texts, as `diff -u` shows them.

use crate::report::Paint;
use similar::{ChangeTag, TextDiff};
use std::path::Path;
use std::time::Duration;

/// After this long a difference is shown as it was found so far: right, but not the shortest.
const TIME: Duration = Duration::from_secs(2);

/// Prints a unified diff.
pub fn show(path: &Path, text: &str, changed: &str) {
    let path = path.display();
    let diff = TextDiff::configure().timeout(TIME).diff_lines(text, changed);
    say!("{}", Paint::bold(format!("--- {path}")));
    say!("{}", Paint::bold(format!("+++ {path}")));
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        say!("{}", Paint::dim(hunk.header()));
        for change in hunk.iter_changes() {
            let line = format!("{}{}", change.tag(), change.value().trim_end_matches('\n'));
            match change.tag() {
                ChangeTag::Equal => say!("{line}"),
                ChangeTag::Delete => say!("{}", Paint::red(line)),
                ChangeTag::Insert => say!("{}", Paint::green(line)),
            }
            if change.missing_newline() {
                say!("\\ No newline at end of file");
            }
        }
    }
}
