//! `chaos check`.

use super::disk::Disk;
use super::{REFUSED, complain, counted, print};
use crate::analysis::analyse;
use crate::base::Sources;
use crate::diagnostics::{Diagnostic, Severity};
use crate::names::unreadable;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Check files: text, names, types, units, times, and the blast radius of every experiment.
///
/// Exit code: 0 nothing wrong, 1 findings, 2 a file cannot be read.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The environment in which experiments are checked (default: `local`, where there is one).
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
}

impl Check {
    pub fn run(self) -> u8 {
        let mut seen = Seen::default();
        let (mut errors, mut unreadable_files) = (0, 0);
        for path in &self.files {
            match analyse(path, &Disk, self.env.as_deref()) {
                Ok(analysis) => {
                    let new = seen.fresh(analysis.findings, &analysis.program.sources);
                    errors += new.iter().filter(|finding| finding.severity == Severity::Error).count();
                    print(&new, &analysis.program.sources);
                }
                Err(error) => {
                    unreadable_files += 1;
                    complain(&unreadable(path, &error, None));
                }
            }
        }
        summary(self.files.len(), errors, unreadable_files)
    }
}

/// What was shown so far.
#[derive(Default)]
pub struct Seen(BTreeSet<String>);

impl Seen {
    /// Findings that were not shown yet: two files may use a third.
    pub fn fresh(&mut self, findings: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
        let key = |finding: &Diagnostic| {
            let place = finding.place();
            let path = place.and_then(|place| sources.get(place.source)).map(|source| source.path.clone());
            format!("{} {path:?} {:?} {}", finding.code, place.map(|place| (place.start, place.end)), finding.headline)
        };
        findings.into_iter().filter(|finding| self.0.insert(key(finding))).collect()
    }
}

fn summary(files: usize, errors: usize, unreadable: usize) -> u8 {
    if unreadable > 0 {
        complain_of!("{} cannot be read", counted(unreadable, "file"));
        return REFUSED;
    }
    if errors > 0 {
        complain_of!("{} in {}", counted(errors, "error"), counted(files, "file"));
        return 1;
    }
    say!("{} checked, nothing wrong", counted(files, "file"));
    0
}
