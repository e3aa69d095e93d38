//! The state of one call, and the one way in which what it asks is counted, refused and written down.

use super::clients::Clients;
use crate::injector::bindings::v0_2::chaos::injector::types::{self, Error, ErrorCode};
use crate::injector::call::Call;
use crate::injector::grant::{Grant, Purpose};
use crate::injector::limits::{self, CONNECTIONS, REQUESTS};
use crate::journal::{Journal, ProcessIdentity};
use std::sync::Arc;
use std::time::Instant;
use wasmtime::StoreLimits;
use wasmtime::component::ResourceTable;

/// The state of one call.
pub(crate) struct State {
    /// Memory and table limits.
    pub limits: StoreLimits,
    /// What it may do.
    pub grant: Grant,
    /// What it is for.
    pub purpose: Purpose,
    /// The run and the step that it is for.
    pub(super) run: String,
    pub(super) step: String,
    /// The declared processes that it was told of.
    pub(super) listed: Vec<ProcessIdentity>,
    /// The fault it is about.
    pub fault: String,
    /// What it asked, and what came of it.
    pub asked: Vec<Asked>,
    /// What it changed, as the host saw it.
    pub deeds: Vec<Deed>,
    pub(super) clients: Arc<Clients>,
    pub(super) journal: Arc<Journal>,
    pub(super) connections: ResourceTable,
    pub(super) began: Instant,
    pub(super) random: u64,
    pub(super) logged: usize,
}

/// Something that was asked of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The capability.
    pub capability: &'static str,
    /// What was asked.
    pub what: String,
    /// What came of it.
    pub outcome: String,
}

/// Something that a call changed outside, as the host saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A target took a request that changes something.
    Request,
    /// A program ended with exit code 0.
    Program,
    /// A process was sent a signal.
    Signal(ProcessIdentity, String),
    /// A file was written or removed.
    File,
    /// Something was sent over a connection.
    Bytes,
}

/// Why something is not done.
pub(crate) type Refusal = Error;

/// Why nothing is changed in a call that may change nothing, and why nothing is started in one that may only check.
const CHANGES_NOTHING: &str = "this call may change nothing";
const ONLY_READS: &str = "a check and a dry run may only read";

/// Whether an outcome says that a change was asked for in a call that may change nothing.
pub fn is_change_refused(outcome: &str) -> bool {
    outcome.strip_prefix("refused: ").is_some_and(|why| why.starts_with(CHANGES_NOTHING) || why.starts_with(ONLY_READS))
}

impl State {
    pub fn new(
        memory_mib: u32,
        grant: Grant,
        purpose: Purpose,
        by: &Call,
        clients: Arc<Clients>,
        journal: Arc<Journal>,
    ) -> Self {
        let mut connections = ResourceTable::new();
        connections.set_max_capacity(CONNECTIONS);
        Self {
            limits: limits::store_limits(memory_mib),
            grant,
            purpose,
            run: by.run.clone(),
            step: by.step.clone(),
            listed: Vec::new(),
            fault: by.fault(),
            asked: Vec::new(),
            deeds: Vec::new(),
            clients,
            journal,
            connections,
            began: Instant::now(),
            random: by.seed(),
            logged: 0,
        }
    }

    /// Asks for something, and writes down what comes of it.
    pub(super) async fn ask<T>(
        &mut self,
        capability: &'static str,
        what: String,
        asking: impl AsyncFnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        if self.asked.len() >= REQUESTS {
            return Err(exhausted(format!("one call may ask {REQUESTS} things of the host")));
        }
        let at = self.asked.len();
        // Written down before it is tried: what never comes back was asked too.
        self.asked.push(Asked { capability, what, outcome: "not answered".to_owned() });
        let answer = asking(self).await;
        if let Some(asked) = self.asked.get_mut(at) {
            asked.outcome = match &answer {
                Ok(_) => "done".to_owned(),
                Err(Error { code: ErrorCode::PermissionDenied, message, .. }) => format!("refused: {message}"),
                Err(error) => format!("failed: {}", error.message),
            };
        }
        answer
    }

    /// Refuses what would change something in a call that may change nothing.
    pub(super) fn may_change(&self, what: &str) -> Result<(), Refusal> {
        match self.purpose {
            Purpose::Change => Ok(()),
            Purpose::Check | Purpose::Look => Err(denied(format!("{CHANGES_NOTHING}, so not {what}"))),
        }
    }

    /// Refuses what talks to the outside in a call that may only check.
    pub(super) fn may_start(&self, what: &str) -> Result<(), Refusal> {
        match self.purpose {
            Purpose::Change | Purpose::Look => Ok(()),
            Purpose::Check => Err(denied(format!("{ONLY_READS}, so not {what}"))),
        }
    }
}

impl types::Host for State {}

/// A refusal for want of a grant.
pub(super) fn denied(message: String) -> Refusal {
    Error { code: ErrorCode::PermissionDenied, message, retryable: false }
}

/// A refusal because a limit is reached.
pub(super) fn exhausted(message: String) -> Refusal {
    Error { code: ErrorCode::Exhausted, message, retryable: false }
}

/// A failure of what was tried.
pub(super) fn failed(code: ErrorCode, message: String) -> Refusal {
    let retryable = matches!(code, ErrorCode::Timeout | ErrorCode::TargetUnreachable);
    Error { code, message, retryable }
}
