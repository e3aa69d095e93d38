//! `inject`.

use super::Checker;
use super::experiment::About;
use crate::names::Kind;
use crate::syntax::tree;
use crate::types::model::{Expectation, Fault, Hold, Inject, StepKind};
use std::sync::Arc;

impl Checker<'_> {
    pub(super) fn inject(&mut self, written: &tree::Inject, step: &tree::Step, about: &About) -> Option<StepKind> {
        let mut expectations: Vec<Expectation> = Vec::with_capacity(written.expectations.len());
        expectations.extend(written.expectations.iter().filter_map(|expect| self.block_expectation(expect, about)));
        let hold = self.hold(&written.hold, about);
        let fault = self.known_fault(written, about)?;
        let given = self.given(&fault, &written.arguments, *about)?;
        Some(StepKind::Inject(Box::new(Inject {
            fault,
            target: given.target,
            arguments: given.arguments,
            hold: hold?,
            expectations,
            may_interfere: step.allows.iter().any(|name| name.text == "interference"),
            target_span: given.target_span,
        })))
    }

    fn hold(&mut self, written: &tree::Hold, about: &About) -> Option<Hold> {
        match written {
            tree::Hold::For(duration) => self.duration(duration, about).map(Hold::For),
            tree::Hold::Until(condition, timing) => {
                let demand = self.deadline("until", timing.as_ref(), condition.span, Some(condition.span), about);
                let span = timing.as_ref().map_or(condition.span, |timing| condition.span.to(timing.span()));
                let text = format!("until {}", self.text_in(span, about));
                let condition = self.judged(condition, about)?;
                Some(Hold::Until(Expectation { name: None, condition, demand: demand?, text, span }))
            }
        }
    }

    /// The fault under the name by which it is called: all injects that call it so share it.
    fn known_fault(&mut self, written: &tree::Inject, about: &About) -> Option<Arc<Fault>> {
        let id = self.resolve(Kind::Fault, &written.fault, about.module)?;
        let called = (id, written.fault.text());
        if let Some(known) = self.called.get(&called) {
            return Some(Arc::clone(known));
        }
        let fault = self.used_fault(id)?;
        let fault = Arc::new(Fault { name: called.1.clone(), ..fault });
        self.called.insert(called, Arc::clone(&fault));
        Some(fault)
    }
}
