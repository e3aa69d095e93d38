//! What came of tests, for machines: one file a format.

mod json;
mod junit;
mod tap;

pub use json::json;
pub use junit::junit;
pub use tap::tap;

use super::Coverage;
use crate::base::Sources;
use crate::diagnostics::Diagnostic;

/// One test and what came of it.
#[derive(Clone, Debug)]
pub struct Came {
    /// The file, as it was named.
    pub file: String,
    /// The line on which the test stands.
    pub line: usize,
    /// The test's name.
    pub name: String,
    /// The experiment's name.
    pub experiment: String,
    /// The environment's name.
    pub environment: String,
    /// The verdict of the run; nothing where there was none.
    pub verdict: Option<String>,
    /// How long the run was, in its own time, in seconds.
    pub length: f64,
    /// How long it took, in seconds.
    pub took: f64,
    /// What was not as expected, or stood in the way of a run.
    pub wrong: Vec<Diagnostic>,
    /// Whether something stood in the way: then the test says nothing of the experiment.
    pub is_error: bool,
}

impl Came {
    /// `ok`, `failed` or `error`.
    pub fn word(&self) -> &'static str {
        match (self.wrong.is_empty(), self.is_error) {
            (true, _) => "ok",
            (false, false) => "failed",
            (false, true) => "error",
        }
    }
}

/// Everything that there is to tell.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The tests, in order.
    pub tests: &'a [Came],
    /// What they have seen violated.
    pub coverage: &'a Coverage,
    /// What stands in the way in the files themselves.
    pub wrong: &'a [Diagnostic],
    /// The texts.
    pub sources: &'a Sources,
}

/// A text on one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is wrong, line by line.
fn lines(wrong: &[Diagnostic], sources: &Sources) -> Vec<String> {
    let one = |finding: &Diagnostic| {
        let place = crate::diagnostics::format::line(finding, sources);
        std::iter::once(place).chain(finding.notes.iter().map(|note| format!("  {note}"))).collect::<Vec<_>>()
    };
    wrong.iter().flat_map(one).collect()
}
