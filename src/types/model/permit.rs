//! What a component may do: what the environment grants, and which processes are a service's.

use super::Toxiproxy;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// Something that a component may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permit {
    /// Send HTTP requests to an origin, such as `http://127.0.0.1:8474`.
    Http(String),
    /// Open connections to `host:port`.
    Tcp(String),
    /// Start a program with arguments: a pattern.
    Exec(String),
    /// Read and write files under a folder.
    Files(String),
    /// Command a proxy of a Toxiproxy.
    Toxiproxy(Toxiproxy),
    /// See and signal the processes of an instance of the target.
    Processes {
        /// The instance.
        of: String,
        /// How they are found.
        by: ProcessSource,
    },
}

/// How the processes of a service are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessSource {
    /// The run started them.
    Started,
    /// The process whose number stands in a file, and what it started.
    PidFile(PathBuf),
    /// A unit of the system's systemd.
    Unit(String),
    /// A unit of the user's systemd.
    UserUnit(String),
    /// A control group, by its folder under [`CGROUPS`], or by its path in the hierarchy.
    Cgroup(PathBuf),
}

/// Where control groups are mounted.
pub const CGROUPS: &str = "/sys/fs/cgroup";

/// The controllers of version 1, each of which can have a hierarchy of its own, or several together: `cpu,cpuacct`.
const CONTROLLERS: [&str; 14] = [
    "blkio",
    "cpu",
    "cpuacct",
    "cpuset",
    "devices",
    "freezer",
    "hugetlb",
    "memory",
    "misc",
    "net_cls",
    "net_prio",
    "perf_event",
    "pids",
    "rdma",
];

/// Whether a folder directly in [`CGROUPS`] is the root of a hierarchy of version 1.
pub fn is_controller(folder: &str) -> bool {
    folder.split(',').all(|name| CONTROLLERS.contains(&name))
}

/// `grant http "…" to "toxiproxy" on payment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// What.
    pub permit: Permit,
    /// The capability.
    pub capability: String,
    /// To which component.
    pub to: ComponentName,
    /// For faults on these services; none: on all.
    pub services: Vec<String>,
}

/// Which component is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComponentName {
    /// A standard one.
    Standard(String),
    /// A file.
    File(PathBuf),
}

impl Permit {
    /// Whether the environment says so, and not only that the run starts the processes.
    pub fn is_granted(&self) -> bool {
        !matches!(self, Permit::Processes { by: ProcessSource::Started, .. })
    }
}

impl fmt::Display for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Permit::Http(origin) => write!(f, "send HTTP requests to {origin}"),
            Permit::Tcp(address) => write!(f, "connect to {address}"),
            Permit::Exec(pattern) => write!(f, "start {pattern}"),
            Permit::Files(folder) => write!(f, "read and write files under {folder}"),
            Permit::Toxiproxy(Toxiproxy { proxy, server }) => {
                write!(f, "command the proxy `{proxy}` of the Toxiproxy at {server}")
            }
            Permit::Processes { of, by } => write!(f, "signal the processes of {of}: {by}"),
        }
    }
}

impl fmt::Display for ProcessSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessSource::Started => write!(f, "those that the run starts"),
            ProcessSource::PidFile(file) => write!(f, "that of {}, with what it started", file.display()),
            ProcessSource::Unit(unit) => write!(f, "those of the unit {unit}"),
            ProcessSource::UserUnit(unit) => write!(f, "those of the user's unit {unit}"),
            ProcessSource::Cgroup(folder) => write!(f, "those of the control group {}", folder.display()),
        }
    }
}
