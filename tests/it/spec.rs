//! The specification: `tests/spec/**.chaos` carry their expectations in comments.
//!
//! `#~ E0301 expected` at the end of a line: a finding with that code whose place starts on this line and whose headline
//! holds that text. A file without any must check clean. Files that begin with `_` are used by others.

use crate::harness::{files, root};
use chaos_lang::analysis::{Analysis, analyse};
use chaos_lang::base::{FileError, Files};
use chaos_lang::diagnostics::Diagnostic;
use chaos_lang::diagnostics::render::{Style, render};
use std::fs;
use std::path::{Path, PathBuf};

pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        fs::read_to_string(path).map_err(|_| FileError::Missing)
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        fs::read(path).map_err(|_| FileError::Missing)
    }

    fn siblings(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// A specification file, checked by itself.
pub fn analysed(path: &Path) -> Analysis {
    analyse(path, &Disk, None).unwrap()
}

/// All specification files but those that are only used by others.
pub fn tested() -> Vec<PathBuf> {
    let mut all = files(&root().join("tests/spec"), "chaos");
    all.retain(|file| !file.file_name().unwrap().to_string_lossy().starts_with('_'));
    all
}

type Marker = (usize, String, String);

fn wanted(text: &str) -> Vec<Marker> {
    let lines = text.lines().enumerate();
    let markers = lines.flat_map(|(at, line)| line.split("#~ ").skip(1).map(move |marker| (at + 1, marker.trim())));
    markers
        .map(|(line, marker)| {
            let (code, text) = marker.split_once(' ').unwrap_or((marker, ""));
            (line, code.to_owned(), text.to_owned())
        })
        .collect()
}

/// What differs between the file's markers and its findings, with the findings drawn.
pub fn compared(path: &Path, analysis: &Analysis, findings: &[Diagnostic]) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let mut wanted = wanted(&text);
    let mut wrong = Vec::new();
    for finding in findings {
        let line = finding.place().and_then(|place| {
            let source = analysis.program.sources.get(place.source)?;
            (source.path == path).then(|| source.line(place.start as usize))
        });
        let fits = |(at, code, text): &Marker| {
            Some(*at) == line && code == finding.code.name && finding.headline.contains(text.as_str())
        };
        match wanted.iter().position(fits) {
            Some(at) => drop(wanted.remove(at)),
            None => wrong.push(format!("not expected:\n{}", render(finding, &analysis.program.sources, Style::PLAIN))),
        }
    }
    wrong.extend(wanted.iter().map(|(line, code, text)| format!("expected on line {line}, not found: {code} {text}")));
    wrong
}

#[test]
fn the_language_is_as_specified() {
    let mut failed = Vec::new();
    for file in tested() {
        let analysis = analysed(&file);
        let wrong = compared(&file, &analysis, &analysis.findings);
        if !wrong.is_empty() {
            failed.push(format!("{}:\n{}", file.display(), wrong.join("\n")));
        }
    }
    assert!(failed.is_empty(), "{} files differ\n{}", failed.len(), failed.join("\n\n"));
}
