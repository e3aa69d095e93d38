//! `chaos fmt --check --format`: files that are not laid out, told as findings.

use super::counted;
use super::output::{FormatOption, exit_code, summary};
use crate::base::{FileError, Sources};
use crate::diagnostics::format::{Format, Report};
use crate::diagnostics::{Diagnostic, codes, tidy_files};
use crate::format::{Refusal, format, otherwise};
use crate::names::unreadable;
use std::path::{Path, PathBuf};

/// What is found, file by file.
pub struct Layout {
    files: Vec<PathBuf>,
    findings: Vec<Diagnostic>,
    sources: Sources,
}

impl Layout {
    /// Nothing yet but what was found before, in these texts.
    pub fn new(findings: Vec<Diagnostic>, sources: Sources) -> Self {
        Self { files: Vec::new(), findings, sources }
    }

    /// Looks at a file.
    pub fn file(&mut self, path: &Path, text: Result<String, FileError>) {
        self.files.push(path.to_path_buf());
        match text {
            Ok(text) => self.text(path, text),
            Err(error) => self.findings.push(unreadable(path, &error, None)),
        }
    }

    fn text(&mut self, path: &Path, text: String) {
        let source = self.sources.add(path, text.clone());
        match format(source, &text) {
            Ok(formatted) => self.findings.extend(otherwise(source, &text, &formatted)),
            Err(Refusal::Unparsable(findings)) => self.findings.extend(findings),
            Err(Refusal::Changed(what)) => {
                let reason = format!("internal error: {what} would have changed. Please report it");
                self.findings.push(unreadable(path, &FileError::Other(reason), None));
            }
        }
    }

    /// Tells it; the exit code.
    pub fn tell(mut self, format: Format) -> u8 {
        tidy_files(&mut self.findings, &self.sources);
        let Self { files, findings, sources } = &self;
        let report = Report { command: "fmt", files, findings, sources, deny_warnings: false };
        FormatOption { format }.write(&report);
        if !format.is_for_machines() {
            let clean = format!("{} laid out as `chaos fmt` does it", counted(files.len(), "file"));
            complain_of!("{}", summary(report.totals()).unwrap_or(clean));
        }
        match findings.iter().any(|finding| finding.code != codes::E0110) {
            true => super::REFUSED,
            false => exit_code(report.totals(), false),
        }
    }
}
