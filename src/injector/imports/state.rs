//! What a component keeps for its fault, in the runner's store.

use super::ask::{Refusal, State, exhausted, failed};
use crate::injector::bindings::v0_2::chaos::injector::state::Host;
use crate::injector::bindings::v0_2::chaos::injector::types::{Error, ErrorCode};
use crate::journal::JournalError;

const LARGEST_VALUE: usize = 64 << 10;
const LONGEST_KEY: usize = 256;
const KEYS: usize = 100;

impl State {
    async fn keep(
        &mut self,
        what: String,
        keeping: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.ask("state", what, async |state| {
            state.may_change("keep anything")?;
            keeping(state)
        })
        .await
    }
}

fn unkept(error: &JournalError) -> Refusal {
    failed(ErrorCode::Internal, error.to_string())
}

impl Host for State {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(self.journal.remembered(&self.fault, &key).map_err(|error| unkept(&error)))
    }

    async fn put(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        let keep = |state: &mut State| {
            let known = state.journal.remembered_keys(&state.fault).map_err(|error| unkept(&error))?;
            let full = known.len() >= KEYS && !known.contains(&key);
            if value.len() > LARGEST_VALUE || key.len() > LONGEST_KEY || full {
                return Err(exhausted(format!("a fault keeps at most {KEYS} values of 64 KiB")));
            }
            state.journal.remember(&state.fault, &key, &value).map_err(|error| unkept(&error))
        };
        let what = format!("put {}", key.chars().take(LONGEST_KEY).collect::<String>());
        Ok(self.keep(what, keep).await)
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), Error>> {
        let forget = |state: &mut State| state.journal.forget(&state.fault, Some(&key)).map_err(|error| unkept(&error));
        let what = format!("delete {}", key.chars().take(LONGEST_KEY).collect::<String>());
        Ok(self.keep(what, forget).await)
    }

    async fn keys(&mut self) -> wasmtime::Result<Result<Vec<String>, Error>> {
        Ok(self.journal.remembered_keys(&self.fault).map_err(|error| unkept(&error)))
    }
}
