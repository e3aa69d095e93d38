//! What calls of probes have found: later steps read it by the call's name.

use crate::metrics::Found;
use crate::plan::{Injection, PlannedArgument};
use crate::types::model::{Argument, Expectation};
use crate::types::term::{Condition, Term};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Answers by the names of the steps that asked. One that found nothing has none.
#[derive(Debug, Default)]
pub struct Answers {
    found: Mutex<BTreeMap<String, Found>>,
}

impl Answers {
    /// Keeps what a step found.
    pub fn keep(&self, step: &str, found: Found) {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(step.to_owned(), found);
    }

    fn get(&self, step: &str) -> Option<Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).get(step).cloned()
    }

    fn number(&self, step: &str) -> Option<f64> {
        match self.get(step)? {
            Found::Number(value) => Some(value),
            Found::Truth(value) => Some(f64::from(u8::from(value))),
            Found::Text(_) => None,
        }
    }

    /// The condition with answers filled in; those that are missing stay, and are unknown.
    pub fn condition(&self, of: &Condition) -> Condition {
        of.replaced(&|term| self.known(term))
    }

    fn term(&self, of: &Term) -> Term {
        of.replaced(&|term| self.known(term))
    }

    fn known(&self, term: &Term) -> Option<Term> {
        match term {
            Term::Answer(step) => self.number(step).map(Term::Constant),
            Term::Says(step, wanted) => match self.get(step)? {
                Found::Text(text) => Some(Term::Constant(f64::from(u8::from(text == *wanted)))),
                Found::Number(_) | Found::Truth(_) => None,
            },
            _ => None,
        }
    }

    /// The expectation with answers filled in.
    pub fn expectation(&self, of: &Expectation) -> Expectation {
        Expectation { condition: self.condition(&of.condition), ..of.clone() }
    }

    /// The inject with answers filled in.
    ///
    /// # Errors
    /// The call whose answer an argument needs, and that has none.
    pub fn injection(&self, of: &Injection) -> Result<Injection, String> {
        let argument = |(name, argument): (&String, &PlannedArgument)| {
            let value = self.argument(&argument.value)?;
            Ok((name.clone(), PlannedArgument { value, ..argument.clone() }))
        };
        Ok(Injection {
            arguments: of.arguments.iter().map(argument).collect::<Result<_, String>>()?,
            expectations: of.expectations.iter().map(|it| self.expectation(it)).collect(),
            until: of.until.as_ref().map(|it| self.expectation(it)),
            ..of.clone()
        })
    }

    fn argument(&self, of: &Argument) -> Result<Argument, String> {
        Ok(match of {
            Argument::Answer(step) => match self.get(step).ok_or_else(|| step.clone())? {
                Found::Number(value) => Argument::Term(Term::Constant(value)),
                Found::Truth(value) => Argument::Bool(value),
                Found::Text(text) => Argument::Text(text),
            },
            Argument::Term(term) => {
                let settled = self.term(term);
                match settled.answers().first() {
                    Some(missing) => return Err((*missing).to_owned()),
                    None => Argument::Term(settled),
                }
            }
            Argument::List(items) => {
                Argument::List(items.iter().map(|item| self.argument(item)).collect::<Result<_, _>>()?)
            }
            other => other.clone(),
        })
    }

    /// The arguments of a probe with answers filled in.
    ///
    /// # Errors
    /// The call whose answer an argument needs, and that has none.
    pub fn arguments(&self, of: &BTreeMap<String, PlannedArgument>) -> Result<BTreeMap<String, Argument>, String> {
        of.iter().map(|(name, it)| Ok((name.clone(), self.argument(&it.value)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;
    use crate::metrics::Found;
    use crate::types::term::{Arithmetic, Term};

    #[test]
    fn answers_take_their_place_and_missing_ones_stay() {
        let answers = Answers::default();
        let twice = |name: &str| {
            let parts = (Box::new(Term::Constant(2.0)), Box::new(Term::Answer(name.to_owned())));
            Term::Arithmetic(Arithmetic::Times, parts.0, parts.1)
        };
        assert_eq!(answers.term(&twice("queue")), twice("queue"));
        answers.keep("queue", Found::Number(3.0));
        assert_eq!(answers.term(&twice("queue")), Term::Constant(6.0));
        assert_eq!(answers.term(&twice("other")), twice("other"));
    }
}
