//! Which policies guard an experiment in an environment.

use super::Analysis;
use crate::names::ModuleId;
use crate::types::model::Policy;

impl Analysis {
    /// The policies of the file and all that it uses, of the environment's file and all that it uses, and of what the
    /// project names; each once, however many ways lead to it.
    pub(super) fn policies(&self, environment: ModuleId) -> impl Iterator<Item = &Policy> {
        let own = (0..self.used).map(ModuleId);
        let guarding = self.program.reach(own.chain([environment]).chain(self.guards.iter().copied()));
        self.checked.policies.iter().filter(move |(id, _)| guarding.contains(&id.module)).map(|(_, policy)| policy)
    }
}
