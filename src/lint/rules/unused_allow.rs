//! `unused-allow`: an `@allow(…)` that answers nothing. Of lints it can only be known when all other rules have been
//! asked, so that is in `allows.rs`.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, Edit, lints};
use crate::lint::{Level, Needs, Rule, Subject};
use crate::plan::Plan;
use crate::radius::interfering;
use crate::syntax::tree::{Allow, Name};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule { code: lints::UNUSED_ALLOW, level: Level::Warn, needs: Needs::Surroundings, check };

/// What an `@allow(interference)` is good for is known by the plans of the file's experiments.
fn check(subject: &Subject) -> Vec<Diagnostic> {
    let allows: Vec<&Allow> = subject.file.allows.iter().filter(|allow| allow.name.text == "interference").collect();
    if allows.is_empty() {
        return Vec::new();
    }
    let plans: Vec<&Plan> = subject.analysis.plans.iter().map(|(_, planned)| &planned.plan).collect();
    let clashing: BTreeSet<Span> = plans.iter().flat_map(|plan| interfering(plan)).collect();
    let injects: BTreeSet<Span> = plans.iter().flat_map(|plan| plan.injections()).map(|(step, _)| step.span).collect();
    let holds = |allow: &Allow, places: &BTreeSet<Span>| places.iter().any(|place| contains(allow.span, *place));
    let idle = allows.into_iter().filter(|allow| holds(allow, &injects) && !holds(allow, &clashing));
    idle.map(|allow| finding(&allow.name, subject)).collect()
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.source == inner.source && outer.start <= inner.start && inner.end <= outer.end
}

/// A name in an `@allow(…)` that answered no finding.
pub fn finding(name: &Name, subject: &Subject) -> Diagnostic {
    let finding =
        Diagnostic::warning(lints::UNUSED_ALLOW, format!("`{}` finds nothing here that this could allow", name.text))
            .at(name.span, "");
    let text = subject.sources().get(name.span.source).map_or("", |source| &source.text);
    match without(text, name.span) {
        Some(span) => finding.safe_fix("remove it", vec![Edit::new(span, "")]),
        None => finding.help("remove it"),
    }
}

/// What is taken out of a text with a name of an `@allow(…)`: the name and a comma, or the whole attribute.
fn without(text: &str, name: Span) -> Option<Span> {
    let (start, end) = (name.start as usize, name.end as usize);
    let open = text.get(..start)?.rfind('(')?;
    let close = end + text.get(end..)?.find(')')?;
    let (left, right) = (text.get(open + 1..start)?, text.get(end..close)?);
    let span = |start, end| Some(Span::new(name.source, start, end));
    if left.contains('#') || right.contains('#') {
        return None;
    }
    if let Some(rest) = right.trim_start().strip_prefix(',') {
        return span(start, close - rest.trim_start().len());
    }
    if let Some(kept) = left.trim_end().strip_suffix(',') {
        return span(open + 1 + kept.len(), end);
    }
    let at = text.get(..open)?.rfind('@')?;
    let behind = text.get(close + 1..)?;
    let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
    let line = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let alone = text.get(line..at)?.trim().is_empty() && behind.get(blanks..)?.starts_with('\n');
    if alone { span(line, close + 1 + blanks + 1) } else { span(at, close + 1 + blanks) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::without;
    use crate::base::{SourceId, Span};

    #[test]
    fn a_name_goes_with_its_comma_or_its_attribute() {
        let cases = [
            ("  @allow(yoda)\n  expect x", "  expect x"),
            ("@allow(yoda) expect x", "expect x"),
            ("@allow(a, yoda)\nx", "@allow(a)\nx"),
            ("@allow(yoda, a) x", "@allow(a) x"),
            ("@allow(a, yoda, b) x", "@allow(a, b) x"),
            ("{ @allow( yoda ) x }", "{ x }"),
        ];
        for (text, left) in cases {
            let at = text.find("yoda").unwrap();
            let span = without(text, Span::new(SourceId(0), at, at + 4)).unwrap();
            let mut after = text.to_owned();
            after.replace_range(span.start as usize..span.end as usize, "");
            assert_eq!(after, left);
        }
    }
}
