//! Findings for people, drawn by miette.

use super::{Diagnostic, Label, Severity, printable};
use crate::base::{Source, SourceId, Sources, Span};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use std::fmt;

/// How findings are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether ANSI colours are used.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Style {
    /// Without colour, 100 columns: for files, pipes and tests.
    pub const PLAIN: Style = Style { colour: false, width: 100 };
}

/// Draws one finding with the source lines it is about.
pub fn render(finding: &Diagnostic, sources: &Sources, style: Style) -> String {
    let theme = if style.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(false)
        .with_context_lines(1)
        .with_wrap_lines(true);
    let mut text = String::new();
    let drawn = handler.render_report(&mut text, &Drawing::new(finding, sources));
    if drawn.is_err() {
        text = format!("{}[{}]: {}\n", finding.severity.word(), finding.code, finding.headline);
    }
    text
}

/// One finding as miette wants to see it: the labels of one source; those of other sources are `related`.
struct Drawing {
    headline: String,
    /// None for a place in another file.
    severity: Option<Severity>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    help: Option<String>,
    related: Vec<Drawing>,
}

impl Drawing {
    fn new(finding: &Diagnostic, sources: &Sources) -> Self {
        let home = finding.place().map(|span| span.source);
        let mut elsewhere: Vec<SourceId> = finding.labels.iter().map(|label| label.span.source).collect();
        elsewhere.retain(|source| Some(*source) != home);
        elsewhere.dedup();
        let (source, labels) = home.map_or((None, Vec::new()), |home| drawn(finding, sources, home));
        let headline = format!("{}[{}]: {}", finding.severity.word(), finding.code, finding.headline);
        Self {
            headline: printable(&headline).into_owned(),
            severity: Some(finding.severity),
            source,
            labels,
            help: footer(finding),
            related: elsewhere.into_iter().map(|source| Self::part(finding, sources, source)).collect(),
        }
    }

    fn part(finding: &Diagnostic, sources: &Sources, source: SourceId) -> Self {
        let (named, labels) = drawn(finding, sources, source);
        Self {
            headline: format!("and here, for {}", finding.code),
            severity: None,
            source: named,
            labels,
            help: None,
            related: Vec::new(),
        }
    }
}

/// The part of a source that is drawn: all of it, or a cutting where the line is too long to read.
struct Excerpt {
    name: String,
    text: String,
    offset: usize,
}

/// Longer lines, in bytes, are cut around the place.
const LONG_LINE: usize = 400;

impl Excerpt {
    fn of(source: &Source, at: Span) -> Self {
        let start = (at.start as usize).min(source.text.len());
        let line_start = source.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = source.text[start..].find('\n').map_or(source.text.len(), |newline| start + newline);
        let path = source.path.display();
        if line_end - line_start <= LONG_LINE {
            return Self { name: path.to_string(), text: printable(&source.text).into_owned(), offset: 0 };
        }
        let from = boundary(&source.text, start.saturating_sub(60).max(line_start));
        let to = boundary(&source.text, (start + 60).min(line_end));
        let (line, column) = source.line_column(start);
        Self {
            name: format!("{path}:{line}:{column}, cut"),
            text: printable(&source.text[from..to]).into_owned(),
            offset: from,
        }
    }

    fn label(&self, label: &Label) -> Option<LabeledSpan> {
        let start = (label.span.start as usize).checked_sub(self.offset).filter(|start| *start <= self.text.len())?;
        let text = (!label.text.is_empty()).then(|| printable(&label.text).into_owned());
        Some(LabeledSpan::new(text, start, label.span.len().min(self.text.len() - start)))
    }
}

/// The nearest character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn drawn(finding: &Diagnostic, sources: &Sources, id: SourceId) -> (Option<NamedSource<String>>, Vec<LabeledSpan>) {
    let here: Vec<&Label> = finding.labels.iter().filter(|label| label.span.source == id).collect();
    let (Some(source), Some(first)) = (sources.get(id), here.first()) else { return (None, Vec::new()) };
    let excerpt = Excerpt::of(source, first.span);
    let labels = here.iter().filter_map(|label| excerpt.label(label)).collect();
    (Some(NamedSource::new(excerpt.name, excerpt.text)), labels)
}

fn footer(finding: &Diagnostic) -> Option<String> {
    let notes = finding.notes.iter().map(|note| format!("note: {note}"));
    let lines: Vec<String> = finding.all_help().into_iter().chain(notes).collect();
    (!lines.is_empty()).then(|| printable(&lines.join("\n")).into_owned())
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline)
    }
}

impl fmt::Debug for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline)
    }
}

impl std::error::Error for Drawing {}

impl miette::Diagnostic for Drawing {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Some(Severity::Error) => miette::Severity::Error,
            Some(Severity::Warning) => miette::Severity::Warning,
            Some(Severity::Note) | None => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        let parts = self.related.iter().map(|part| part as &dyn miette::Diagnostic);
        (!self.related.is_empty()).then(|| Box::new(parts) as Box<dyn Iterator<Item = &dyn miette::Diagnostic>>)
    }
}

#[cfg(test)]
mod tests {
    use super::{Style, render};
    use crate::base::{SourceId, Sources, Span};
    use crate::diagnostics::{Diagnostic, codes};

    fn drawn(finding: &Diagnostic) -> String {
        let mut sources = Sources::default();
        sources.add("a.chaos", "a = b\n".to_owned());
        render(finding, &sources, Style::PLAIN)
    }

    #[test]
    fn a_fix_is_help_unless_help_says_the_same() {
        let at = Span::new(SourceId(0), 2, 3);
        let finding = Diagnostic::error(codes::E0101, "wrong").at(at, "");
        let told = drawn(&finding.clone().help("did you mean `==`?").safe_replace(at, "write `==`", "=="));
        assert!(!told.contains("write"), "{told}");
        let untold = drawn(&finding.help("compare it").safe_replace(at, "write `==`", "=="));
        assert!(untold.contains("compare it") && untold.contains("write `==`"), "{untold}");
    }
}
