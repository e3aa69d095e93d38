//! A policy.

use crate::base::Span;
use crate::types::policy::{Judged, Rule};

/// A policy: rules over plan, experiment and environment.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// When it applies; always, where it is not said.
    pub applies: Option<Judged>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Its name's place.
    pub span: Span,
}
