//! What a block says already, though it may be said once only.

use super::context::Context;
use crate::base::SourceId;
use crate::diagnostics::codes;
use crate::syntax::{DECLARING, parse};

/// The longest declaration that is read again for each proposal, in bytes.
const LONGEST: usize = 64 << 10;

/// The declaration in which a statement begins.
pub struct Twice<'t> {
    before: &'t str,
    behind: &'t str,
    /// How often something is said twice in it anyway.
    count: usize,
}

impl<'t> Twice<'t> {
    /// The declaration around a place; none where no statement begins.
    pub fn of(context: &Context, text: &'t str) -> Option<Self> {
        if context.quoted || !context.sentence.is_empty() {
            return None;
        }
        let word = &context.word.range;
        // Declarations begin at the left margin.
        let begins = |at: &usize| DECLARING.iter().any(|word| text[*at..].starts_with(word));
        let lines = || text.match_indices('\n').map(|(at, _)| at + 1);
        let start = lines().take_while(|at| *at <= word.start).filter(begins).last().unwrap_or(0);
        let end = lines().find(|at| *at > word.end && begins(at)).unwrap_or(text.len());
        let (before, behind) = (text.get(start..word.start)?, text.get(word.end..end)?);
        if before.len() + behind.len() > LONGEST {
            return None;
        }
        let count = count(&format!("{before}{behind}"));
        Some(Self { before, behind, count })
    }

    /// Whether a statement says what is said already.
    pub fn is_said(&self, statement: &str) -> bool {
        count(&format!("{}{statement}{}", self.before, self.behind)) > self.count
    }
}

fn count(text: &str) -> usize {
    parse(SourceId(0), text).findings.iter().filter(|finding| finding.code == codes::E0107).count()
}
