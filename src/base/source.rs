//! The texts of one compilation and their names.

use super::span::{SourceId, Span};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

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
    /// A text with its name.
    pub fn new(path: impl Into<PathBuf>, text: String) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path: path.into(), text, line_starts }
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let (line, start) = self.line_of(offset);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }

    /// Line and column of a byte offset, both from 1; the column counts bytes.
    pub fn line_byte(&self, offset: usize) -> (usize, usize) {
        let (line, start) = self.line_of(offset);
        (line, offset.saturating_sub(start) + 1)
    }

    /// The number of the line (from 1) that holds a byte offset.
    pub fn line(&self, offset: usize) -> usize {
        self.line_of(offset).0
    }

    /// The number of the line that holds a byte offset, and where that line starts.
    fn line_of(&self, offset: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        (line, self.line_starts.get(line - 1).copied().unwrap_or(0))
    }
}

/// Gives numbers to sources; those that were cloned from one give each number once.
#[derive(Clone, Debug, Default)]
pub struct Numbers(Arc<AtomicU32>);

impl Numbers {
    /// A number that no source has yet.
    pub fn next(&self) -> SourceId {
        SourceId(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// All texts of one compilation; a text may be in several.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    list: BTreeMap<SourceId, Arc<Source>>,
    numbers: Numbers,
}

impl Sources {
    /// No texts yet; new ones are numbered by `numbers`.
    pub fn numbered_by(numbers: Numbers) -> Self {
        Self { list: BTreeMap::new(), numbers }
    }

    /// Adds a text and gives its number.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: String) -> SourceId {
        let id = self.numbers.next();
        self.list.insert(id, Arc::new(Source::new(path, text)));
        id
    }

    /// Adds a text that has its number already.
    pub fn share(&mut self, id: SourceId, source: Arc<Source>) {
        self.list.insert(id, source);
    }

    /// The text with this number.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.list.get(&id).map(Arc::as_ref)
    }

    /// Adds all texts of others that were numbered with these.
    pub fn join(&mut self, others: &Sources) {
        self.list.extend(others.all().map(|(id, source)| (id, Arc::clone(source))));
    }

    /// What numbers new texts.
    pub fn numbers(&self) -> Numbers {
        self.numbers.clone()
    }

    /// All texts.
    pub fn all(&self) -> impl Iterator<Item = (SourceId, &Arc<Source>)> {
        self.list.iter().map(|(id, source)| (*id, source))
    }

    /// The number of the text that came from `path`.
    pub fn find(&self, path: &Path) -> Option<SourceId> {
        self.list.iter().find(|(_, source)| source.path == path).map(|(id, _)| *id)
    }

    /// The author's own words at `span`.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).map_or("", |source| span.of(&source.text))
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn columns_count_characters_or_bytes() {
        let source = Source::new("a.chaos", "é = x\nb\n".to_owned());
        assert_eq!(source.line_column(5), (1, 5));
        assert_eq!(source.line_byte(5), (1, 6));
        assert_eq!(source.line_column(7), (2, 1));
        assert_eq!(source.line_column(9), (3, 1));
        assert_eq!(source.line(0), 1);
    }
}
