//! The module of a plugin: the declarations of its faults, held against its component before they are put into it.

use crate::analysis::analyse;
use crate::base::{FileError, Files, Source, SourceId, Sources, files};
use crate::diagnostics::Diagnostic;
use crate::names::component::is_file;
use crate::syntax::parse;
use crate::syntax::tree::ExprKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A module as it is checked: the name of its component stands for a file beside it, which is the component.
struct Checked<'a> {
    module: &'a Path,
    text: String,
    stands_for: PathBuf,
    component: &'a [u8],
}

impl Files for Checked<'_> {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        if path == self.module { Ok(self.text.clone()) } else { Err(FileError::Missing) }
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        if path == self.stands_for { Ok(self.component.to_vec()) } else { Err(FileError::Missing) }
    }

    fn siblings(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// What is wrong with a module whose faults name their component `name`.
pub fn findings(module: &Path, text: &str, name: &str, component: &[u8]) -> (Vec<Diagnostic>, Sources) {
    let module = files::plain(module);
    let stand_in = stand_in(name);
    let folder = module.parent().unwrap_or(Path::new(""));
    let checked = Checked {
        module: &module,
        text: with_stand_in(text, name, &stand_in),
        stands_for: files::plain(&folder.join(&stand_in)),
        component,
    };
    let Ok(mut analysis) = analyse(&module, &checked, None) else { return (Vec::new(), Sources::default()) };
    // Places are shown in the text as it was written: both are of the same length.
    if let Some(id) = analysis.program.modules.first().map(|own| own.source) {
        analysis.program.sources.share(id, Arc::new(Source::new(module.clone(), text.to_owned())));
    }
    (analysis.findings, analysis.program.sources)
}

/// A path as long as the name.
fn stand_in(name: &str) -> String {
    let path = format!("./{}", name.get(2..).unwrap_or_default());
    if is_file(&path) && path.len() == name.len() { path } else { "/".repeat(name.len()) }
}

fn with_stand_in(text: &str, name: &str, stand_in: &str) -> String {
    let mut out = text.to_owned();
    for fault in parse(SourceId(0), text).file.faults {
        let Some((component, _)) = fault.component else { continue };
        let written = matches!(&component.kind, ExprKind::Text(text) if text == name);
        let quoted = (component.span.start as usize, component.span.end as usize);
        if written && text.get(quoted.0..quoted.1) == Some(&format!("\"{name}\"")) {
            out.replace_range(quoted.0 + 1..quoted.1 - 1, stand_in);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::findings;
    use std::path::Path;

    const HTTP: &[u8] = include_bytes!("../../stdlib/components/http.wasm");

    fn found(text: &str) -> Vec<(String, String)> {
        let (findings, sources) = findings(Path::new("own.chaos"), text, "mine", HTTP);
        let shown = |place: crate::base::Span| {
            let text = sources.get(place.source).map_or("", |source| source.text.as_str());
            text.get(place.start as usize..place.end as usize).unwrap_or("").to_owned()
        };
        findings.iter().map(|it| (it.code.name.to_owned(), it.place().map_or_else(String::new, shown))).collect()
    }

    #[test]
    fn a_module_is_held_against_its_own_component() {
        let fault = |params: &str, name: &str, class: &str| {
            format!(
                "fault slow(target: service{params}) {{\n  component \"{name}\" action \"latency\"\n  class {class}\n}}\n"
            )
        };
        let delay = ", delay: duration in 1ms..1m";
        assert_eq!(found(&fault(delay, "mine", "leased")), []);
        let codes = |text: &str| found(text).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
        assert_eq!(codes(&fault("", "mine", "leased")), ["E0332"]);
        assert_eq!(codes(&fault(", delay: int in 1..2", "mine", "leased")), ["E0331"]);
        assert_eq!(found(&fault(delay, "nobody", "leased")), [("E0203".to_owned(), "\"nobody\"".to_owned())]);
        assert_eq!(codes(&fault(delay, "mine", "revertible")), ["E0208"]);
    }
}
