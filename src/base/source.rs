//! The texts of one compilation and their names.

use super::span::{SourceId, Span};
use std::path::{Path, PathBuf};

/// One text.
#[derive(Debug)]
pub struct Source {
    /// How it is called in messages, and what relative imports start from.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }

    /// The number of the line (from 1) that holds a byte offset.
    pub fn line(&self, offset: usize) -> usize {
        self.line_column(offset).0
    }
}

/// All texts of one compilation.
#[derive(Debug, Default)]
pub struct Sources {
    list: Vec<Source>,
}

impl Sources {
    /// Adds a text and gives its number.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: String) -> SourceId {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.list.push(Source { path: path.into(), text, line_starts });
        SourceId(u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX))
    }

    /// The text with this number.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.list.get(id.0 as usize)
    }

    /// The number of the text that came from `path`.
    pub fn find(&self, path: &Path) -> Option<SourceId> {
        let at = self.list.iter().position(|source| source.path == path)?;
        u32::try_from(at).ok().map(SourceId)
    }

    /// The author's own words at `span`.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).map_or("", |source| span.of(&source.text))
    }
}
