//! `@allow(…)` in place: which findings it answers, and whether it answers any.

use super::rules::{self, unused_allow};
use super::{Needs, Subject};
use crate::base::Span;
use crate::diagnostics::Diagnostic;
use crate::syntax::tree::{Allow, Name};
use std::collections::BTreeMap;

/// What is allowed in a file, and what that was good for.
pub struct Allowed<'t> {
    by_rule: BTreeMap<&'t str, Vec<Place<'t>>>,
}

/// One name in one `@allow(…)`.
struct Place<'t> {
    name: &'t Name,
    /// The statement in which it is allowed.
    span: Span,
    /// The place around it, if any, in which the same is allowed.
    around: Option<usize>,
    /// Whether it answered a finding.
    used: bool,
}

impl<'t> Allowed<'t> {
    /// What a file's attributes allow.
    pub fn new(allows: &'t [Allow]) -> Self {
        let mut by_rule: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
        for Allow { name, span } in allows {
            by_rule.entry(&name.text).or_default().push(Place { name, span: *span, around: None, used: false });
        }
        by_rule.values_mut().for_each(nest);
        Self { by_rule }
    }

    /// Whether a finding is allowed where it is; then the innermost allowance around it has been of use.
    pub fn covers(&mut self, finding: &Diagnostic) -> bool {
        let (Some(places), Some(at)) = (self.by_rule.get_mut(finding.code.name), finding.place()) else { return false };
        let mut next = places.partition_point(|place| place.span.start <= at.start).checked_sub(1);
        while let Some(place) = next.and_then(|index| places.get_mut(index)) {
            if at.source == place.span.source && at.end <= place.span.end {
                place.used = true;
                return true;
            }
            next = place.around;
        }
        false
    }

    /// A finding for each name that allowed nothing, where that can be known: nothing is wrong with the file nor with what it
    /// uses, and what the rule finds depends on nothing else.
    pub fn idle(&self, subject: &Subject) -> Vec<Diagnostic> {
        let certain = |rule: &str| {
            let found = rules::ALL.iter().find(|known| known.code.name == rule);
            found.is_some_and(|rule| rule.needs == Needs::File)
        };
        let places = self.by_rule.iter().filter(|(rule, _)| subject.is_well_founded() && certain(rule));
        let idle = places.flat_map(|(_, places)| places).filter(|place| !place.used);
        idle.map(|place| unused_allow::finding(place.name, subject)).collect()
    }
}

/// Sorts places and tells each what is around it. Statements lie inside each other or apart.
fn nest(places: &mut Vec<Place>) {
    places.sort_by_key(|place| (place.span.start, std::cmp::Reverse(place.span.end), place.name.span.start));
    places.dedup_by_key(|place| place.name.span);
    let mut open: Vec<usize> = Vec::new();
    for at in 0..places.len() {
        while open.last().is_some_and(|outer| places[*outer].span.end < places[at].span.end) {
            open.pop();
        }
        places[at].around = open.last().copied();
        open.push(at);
    }
}
