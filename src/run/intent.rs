//! What is about to be done to the outside world, with all that is needed to take it back: what the journal holds.

use crate::injector::{Call, Declared, Handle};
use crate::journal::ProcessIdentity;
use crate::plan::Proxy;
use crate::types::model::{Class, ComponentPath, Permit};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One effect on the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Intent {
    /// A started process.
    Process(ProcessIntent),
    /// A started proxy.
    Proxy(ProxyIntent),
    /// A fault.
    Fault(FaultIntent),
    /// A claim at a proxy.
    Claim(ClaimIntent),
}

/// A process of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIntent {
    /// What people call it.
    pub name: String,
    /// The service it belongs to.
    #[serde(default)]
    pub service: String,
    /// The services that it calls.
    #[serde(default)]
    pub calls: Vec<String>,
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

/// A share of a proxy's traffic that a run may touch: other runs, whatever store they write to, find out at the proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimIntent {
    /// The run.
    pub run: String,
    /// What it tests.
    pub experiment: String,
    /// How many of the requests its faults may touch at one time, 0 to 1.
    pub share: f64,
    /// How many the faults of all runs may touch together, as this run's limits have it, 0 to 1.
    pub most: f64,
    /// How many of its faults may be active at one time, and how many of all runs.
    #[serde(default)]
    pub faults: (u32, Option<u32>),
    /// The proxy.
    pub proxy: Proxy,
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultIntent {
    /// The fault and its target, for people.
    pub what: String,
    /// The faulted service.
    #[serde(default)]
    pub target: String,
    /// The component behind it.
    pub component: String,
    /// Who calls.
    pub call: Call,
    /// What the component needs to take it back.
    pub handle: Handle,
    /// The target's proxy, which the component may command.
    pub proxy: Option<Proxy>,
    /// What else it needs and may do.
    #[serde(default, skip_serializing_if = "Means::is_usual")]
    pub means: Means,
    /// How it ends when nobody takes it back.
    pub class: Class,
}

/// What is known of a fault's component besides its name, and what it may do: also after a restart, when no plan is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Means {
    /// Its file, where it is no standard one.
    pub file: Option<ComponentPath>,
    /// What the environment grants it.
    pub permits: Vec<Permit>,
    /// The target's processes.
    pub processes: Vec<Declared>,
    /// Whether what it does shows elsewhere than in the target's proxy.
    pub beside_proxy: bool,
}

impl Means {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Intent {
    /// What people call it.
    pub fn what(&self) -> String {
        match self {
            Intent::Process(process) => format!("process {}", process.name),
            Intent::Proxy(proxy) => format!("proxy of {} on {}", proxy.proxy.service, proxy.proxy.listen),
            Intent::Fault(fault) => fault.what.clone(),
            Intent::Claim(claim) => format!("claim on {}", claim.proxy.service),
        }
    }

    /// The process in it, if it is one.
    pub fn process_mut(&mut self) -> Option<&mut ProcessIntent> {
        match self {
            Intent::Process(process) => Some(process),
            Intent::Proxy(proxy) => Some(&mut proxy.process),
            Intent::Fault(_) | Intent::Claim(_) => None,
        }
    }

    /// The process in it, if it is one.
    pub fn process(&self) -> Option<&ProcessIntent> {
        match self {
            Intent::Process(process) => Some(process),
            Intent::Proxy(proxy) => Some(&proxy.process),
            Intent::Fault(_) | Intent::Claim(_) => None,
        }
    }
    /// Whether this effect came on top of an earlier one, so that it must be taken back before it: a fault on a service that
    /// another fault hits, that is claimed, or whose process or proxy the run started; a claim before its proxy; a proxy
    /// before its service; a caller before what it calls.
    pub fn stands_on(&self, earlier: &Intent) -> bool {
        match (self, earlier) {
            (Intent::Fault(later), Intent::Fault(earlier)) => later.target == earlier.target,
            (Intent::Fault(fault), Intent::Proxy(proxy)) => fault.target == proxy.proxy.service,
            (Intent::Fault(fault), Intent::Claim(claim)) => fault.target == claim.proxy.service,
            (Intent::Claim(claim), Intent::Proxy(proxy)) => claim.proxy.admin == proxy.proxy.admin,
            (Intent::Fault(fault), Intent::Process(process)) => fault.target == process.service,
            (Intent::Proxy(proxy), Intent::Process(process)) => proxy.proxy.service == process.service,
            (Intent::Process(caller), Intent::Process(called)) => caller.calls.contains(&called.service),
            (Intent::Process(caller), Intent::Proxy(called)) => caller.calls.contains(&called.proxy.service),
            _ => false,
        }
    }
}
