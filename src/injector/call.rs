//! What is said to an injector and what it answers, in the runner's words.

use super::error::Flaw;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;

/// Who calls, for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The run.
    pub run: String,
    /// The experiment.
    pub experiment: String,
    /// The step.
    pub step: String,
    /// The fencing token.
    pub fence: u64,
    /// How long the fault lasts without renewal; none: until it is reverted.
    pub lease: Option<Duration>,
    /// Whether nothing may be changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

impl Call {
    /// The name of the fault, each once in a store.
    pub fn fault(&self) -> String {
        format!("{}.{}", self.run, self.step)
    }

    /// What the component's random numbers begin with: the same for all calls of one fault.
    pub fn seed(&self) -> u64 {
        let digest = Sha256::digest(self.fault());
        digest.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
    }
}

/// What is faulted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The service.
    pub service: String,
    /// Its instances, as far as they are known.
    pub instances: Vec<Instance>,
    /// What the injector needs to know of it, for example the address of its proxy's admin API.
    pub attributes: BTreeMap<String, String>,
}

/// One instance of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its name.
    pub id: String,
    /// `host:port`, where it has one.
    pub address: Option<String>,
    /// The namespace it lives in.
    pub namespace: Option<String>,
}

/// What is needed to renew, revert and watch a fault, also after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle {
    /// Its name.
    pub id: String,
    /// The injector's own data, at most 64 KiB.
    pub data: Vec<u8>,
}

/// Handles are kept in the journal, so they are bounded.
const LARGEST_HANDLE: usize = 64 * 1024;

impl Handle {
    /// A handle as an injector gave it.
    ///
    /// # Errors
    /// It is too large, or it is the handle of another fault.
    pub(super) fn of(call: &Call, id: String, data: Vec<u8>) -> Result<Self, Flaw> {
        if data.len() > LARGEST_HANDLE {
            return Err(Flaw::Forbidden("it gave a handle of more than 64 KiB".to_owned()));
        }
        if id != call.fault() {
            return Err(Flaw::Forbidden(format!("it gave the handle of another fault, `{id}`")));
        }
        Ok(Self { id, data })
    }
}

/// Where a fault is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// In force.
    Active,
    /// Taken back.
    Reverted,
    /// Ended by itself when its lease ran out.
    Expired,
    /// Nobody knows of it.
    Lost,
}

/// What an injector says became of a fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where it is in its life.
    pub phase: Phase,
    /// How often it has acted.
    pub acted: u64,
    /// In its words.
    pub message: String,
}

pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
