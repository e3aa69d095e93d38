//! What holds for any bytes. The fuzzer looks for bytes for which it does not; the tests replay what it once found.

use chaos_lang::analysis::{Analysis, analyse};
use chaos_lang::base::{FileError, Files, SourceId};
use chaos_lang::diagnostics::Diagnostic;
use chaos_lang::diagnostics::render::{Style, render};
use chaos_lang::lint::{EVERY_RULE, Gathered, Level, Levels, lint};
use chaos_lang::syntax;
use std::path::{Path, PathBuf};

/// Reading a text gives a tree, and findings whose places lie inside the text.
pub fn parse(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let parsed = syntax::parse(SourceId(0), &text);
    placed(&parsed.findings, &text);
}

/// Checking and linting a program gives findings that can be drawn, and changes that fit its text.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let Ok(analysis) = analyse(Path::new("main.chaos"), &Memory(text), None) else { return };
    let linted = linted(&analysis);
    for finding in analysis.findings.iter().take(20).chain(linted.iter().take(20)) {
        assert!(!render(finding, &analysis.program.sources, Style::PLAIN).is_empty());
        assert!(!finding.headline.is_empty() && !finding.headline.contains('\n'), "{:?}", finding.headline);
    }
}

/// What all rules find, whatever their level.
fn linted(analysis: &Analysis) -> Vec<Diagnostic> {
    let (mut gathered, mut levels) = (Gathered::default(), Levels::default());
    gathered.add(analysis);
    assert!(levels.set(EVERY_RULE, Level::Warn).is_ok());
    let findings = lint(analysis, None, &gathered, &levels);
    for edit in findings.iter().flat_map(|finding| &finding.fixes).flat_map(|fix| &fix.edits) {
        let text = analysis.program.sources.get(edit.span.source).map_or("", |source| &source.text);
        assert!(text.get(edit.span.start as usize..edit.span.end as usize).is_some(), "{edit:?}");
    }
    findings
}

fn placed(findings: &[Diagnostic], text: &str) {
    for label in findings.iter().flat_map(|finding| &finding.labels) {
        let (start, end) = (label.span.start as usize, label.span.end as usize);
        assert!(start <= end && end <= text.len(), "{start}..{end} of {}", text.len());
    }
}

/// One program that uses the shop of the specification.
struct Memory(String);

const SHOP: &str = include_str!("../spec/_shop.chaos");
const LOCAL: &str = include_str!("../spec/_local.chaos");

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        match path.file_name().and_then(|name| name.to_str()) {
            Some("main.chaos") => Ok(self.0.clone()),
            Some("_shop.chaos") => Ok(SHOP.to_owned()),
            Some("_local.chaos") => Ok(LOCAL.to_owned()),
            _ => Err(FileError::Missing),
        }
    }

    fn siblings(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}
