//! What a question to the outside is called in a recording: the same question has the same name when it is asked again.

use crate::plan::Proxy;
use crate::run::{FaultIntent, Intent};
use crate::types::model::{ProbeUse, SourceRef};
use sha2::{Digest, Sha256};

/// Making everything ready before the run.
pub const READY: &str = "ready";
/// How the names of what is done begin.
pub const APPLY: &str = "apply";
/// How the names of what is taken back begin.
pub const REVERT: &str = "revert";

pub fn read(source: &SourceRef) -> String {
    format!("read {source}")
}

/// A probe with its arguments, of which only the sum is kept.
pub fn probe(of: &ProbeUse) -> String {
    let sum = Sha256::digest(serde_json::to_string(of).unwrap_or_default().as_bytes());
    format!("probe {} {}", of.probe, digits(&sum).get(..16).unwrap_or_default())
}

pub fn apply(intent: &Intent) -> String {
    format!("{APPLY} {}", effect(intent))
}

pub fn revert(intent: &Intent) -> String {
    format!("{REVERT} {}", effect(intent))
}

/// An effect: a fault by its step, anything else by its name.
pub fn effect(intent: &Intent) -> String {
    match intent {
        Intent::Fault(fault) => fault.call.step.clone(),
        Intent::Process(process) => format!("process {}", process.name),
        Intent::Proxy(proxy) => format!("proxy of {}", proxy.proxy.service),
        Intent::Claim(claim) => format!("claim on {}", claim.proxy.service),
    }
}

/// Whether something is done to the outside by it.
pub fn is_effect(of: &str) -> bool {
    of.split_once(' ').is_some_and(|(word, _)| [APPLY, REVERT].contains(&word))
}

pub fn prepare(step: &str) -> String {
    format!("prepare {step}")
}

pub fn renew(fault: &FaultIntent) -> String {
    format!("renew {}", fault.call.step)
}

pub fn status(fault: &FaultIntent) -> String {
    format!("status {}", fault.call.step)
}

pub fn witnessed(fault: &FaultIntent) -> String {
    format!("witnessed {}", fault.call.step)
}

pub fn passed(proxy: &Proxy) -> String {
    format!("passed {}", proxy.service)
}

pub fn stands(proxy: &Proxy) -> String {
    format!("stands {}", proxy.service)
}

/// Bytes in hexadecimal digits.
pub fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
