//! Which policies guard an experiment in an environment.

use super::{Analysis, errors};
use crate::diagnostics::{Diagnostic, Severity};
use crate::names::{DeclarationId, ModuleId};
use crate::policy::{Ask, Asked};
use crate::types::Checked;
use crate::types::model::Policy;
use crate::types::policy::Says;

/// The environments on which policies ask for confirmation.
pub fn confirming(checked: &Checked) -> impl Iterator<Item = &str> {
    checked.policies.values().flat_map(|policy| &policy.rules).filter_map(|rule| match &rule.says {
        Says::Confirmed(environment, _) => Some(environment.as_str()),
        _ => None,
    })
}

impl Analysis {
    /// The policies of the file and all that it uses, of the environment's file and all that it uses, and of what the
    /// project names; each once, however many ways lead to it.
    pub(super) fn policies(&self, environment: ModuleId) -> impl Iterator<Item = &Policy> {
        let own = (0..self.used).map(ModuleId);
        let guarding = self.program.reach(own.chain([environment]).chain(self.guards.iter().copied()));
        self.checked.policies.iter().filter(move |(id, _)| guarding.contains(&id.module)).map(|(_, policy)| policy)
    }
    /// What is wrong with a rule that asks for confirmation on an environment that the system of `place` does not have: it
    /// could never be given.
    pub(super) fn nowhere(&self, ask: &Ask, place: DeclarationId) -> Option<Diagnostic> {
        let Asked::Confirmed { environment: wanted, .. } = &ask.asks else { return None };
        let (_, system) = self.checked.environments.get(&place)?;
        let all = self.checked.environments.values().filter(|(_, of)| of == system);
        let known: Vec<&str> = all.map(|(environment, _)| environment.name.as_str()).collect();
        // It may be declared elsewhere, for runs that are kept in the same store.
        let finding = || Diagnostic {
            severity: Severity::Warning,
            ..errors::unknown_environment(wanted, &known).at(ask.span, "can never be confirmed there")
        };
        (!known.contains(&wanted.as_str())).then(finding)
    }
}
