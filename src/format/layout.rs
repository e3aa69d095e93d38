//! What is said of a text that is laid out otherwise.

use crate::base::{SourceId, Span};
use crate::diagnostics::{Diagnostic, Edit, codes};

/// The finding about a text that the formatter would change, at the first line of it that changes; none where it is the same.
pub fn otherwise(source: SourceId, text: &str, formatted: &str) -> Option<Diagnostic> {
    if text == formatted {
        return None;
    }
    let start = alike(text.split_inclusive('\n'), formatted.split_inclusive('\n'));
    let (own, wanted) = (text.get(start..)?, formatted.get(start..)?);
    let same_end = alike(own.split_inclusive('\n').rev(), wanted.split_inclusive('\n').rev());
    let line = own.lines().next().unwrap_or_default().len();
    let edit = Edit::new(
        Span::new(source, start, text.len() - same_end),
        wanted.get(..wanted.len() - same_end).unwrap_or_default(),
    );
    let finding = Diagnostic::error(codes::E0110, "this file is not laid out as `chaos fmt` does it")
        .at(Span::new(source, start, start + line), "from here on")
        .safe_fix("lay it out: `chaos fmt`", vec![edit]);
    Some(finding)
}

/// How many bytes the first lines have that are the same in both.
fn alike<'t>(own: impl Iterator<Item = &'t str>, wanted: impl Iterator<Item = &'t str>) -> usize {
    own.zip(wanted).take_while(|(own, wanted)| own == wanted).map(|(own, _)| own.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::otherwise;
    use crate::base::SourceId;
    use crate::diagnostics::apply;

    #[test]
    fn the_first_line_that_changes_is_shown_and_the_fix_lays_out() {
        let cases = [
            ("a\nb\n", "a\nB\n", "b"),
            ("a\n\n\nb\n", "a\n\nb\n", ""),
            ("a", "a\n", "a"),
            ("a\n\n", "a\n", ""),
            ("\n\na\n", "a\n", ""),
            ("a\na\n", "a\na\na\n", ""),
            ("\u{feff}a\r\n", "a\r\n", "\u{feff}a"),
            ("  a;b\nc\n", "a\nb\nc\n", "  a;b"),
        ];
        for (text, formatted, line) in cases {
            let finding = otherwise(SourceId(0), text, formatted);
            let place = finding.as_ref().and_then(|finding| finding.place()).map(|place| place.of(text));
            assert_eq!(place, Some(line), "{text:?}");
            let mended = finding.and_then(|finding| apply(text, &finding.fixes.first()?.edits));
            assert_eq!(mended.as_deref(), Some(formatted), "{text:?}");
        }
        assert_eq!(otherwise(SourceId(0), "a\n", "a\n"), None);
    }
}
