//! What is about to be done to the outside world, with all that is needed to take it back: what the journal holds.

use crate::injector::{Call, Handle};
use crate::journal::ProcessIdentity;
use crate::plan::Proxy;
use crate::types::model::Class;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One effect on the outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Intent {
    /// A started process.
    Process(ProcessIntent),
    /// A started proxy.
    Proxy(ProxyIntent),
    /// A fault.
    Fault(FaultIntent),
}

/// A process of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIntent {
    /// What people call it.
    pub name: String,
    /// Program and arguments.
    pub command: Vec<String>,
    /// `host:port` at which it must answer.
    pub address: Option<String>,
    /// Where its output goes.
    pub log: PathBuf,
    /// What stands in its environment, so that it is found even if its number was never written down.
    pub marker: String,
    /// The process, once it runs.
    pub identity: Option<ProcessIdentity>,
}

/// A fault proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyIntent {
    /// The proxy.
    pub proxy: Proxy,
    /// The process it runs in.
    pub process: ProcessIntent,
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultIntent {
    /// The fault and its target, for people.
    pub what: String,
    /// The component behind it.
    pub component: String,
    /// Who calls.
    pub call: Call,
    /// What the component needs to take it back.
    pub handle: Handle,
    /// The target's proxy, which is all that the component may talk to.
    pub proxy: Option<Proxy>,
    /// How it ends when nobody takes it back.
    pub class: Class,
}

impl Intent {
    /// What people call it.
    pub fn what(&self) -> String {
        match self {
            Intent::Process(process) => format!("process {}", process.name),
            Intent::Proxy(proxy) => format!("proxy of {} on {}", proxy.proxy.service, proxy.proxy.listen),
            Intent::Fault(fault) => fault.what.clone(),
        }
    }

    /// The process in it, if it is one.
    pub fn process_mut(&mut self) -> Option<&mut ProcessIntent> {
        match self {
            Intent::Process(process) => Some(process),
            Intent::Proxy(proxy) => Some(&mut proxy.process),
            Intent::Fault(_) => None,
        }
    }

    /// The process in it, if it is one.
    pub fn process(&self) -> Option<&ProcessIntent> {
        match self {
            Intent::Process(process) => Some(process),
            Intent::Proxy(proxy) => Some(&proxy.process),
            Intent::Fault(_) => None,
        }
    }
}
