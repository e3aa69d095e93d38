//! The processes of a target that its environment declares: found anew at every call, so that no number is believed that
//! belongs to another process by now.

mod cgroup;
mod own;
mod owner;
mod pid_file;
mod systemd;
#[cfg(test)]
mod tests;

pub(super) use owner::{of_another, refusal};

use crate::journal::{ProcessIdentity, marked};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The processes of one instance of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// The instance.
    pub instance: String,
    /// How its processes are found.
    pub by: FoundBy,
}

/// How processes are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// The run started them, with this marker.
    Marker(String),
    /// The process whose number stands in a file, and what it started.
    PidFile(PathBuf),
    /// The processes of a control group, by its folder.
    Cgroup(PathBuf),
    /// The processes of a control group, by its path in the hierarchy.
    Group(PathBuf),
    /// The processes of a unit of the system's systemd.
    Unit(String),
    /// The processes of a unit of the user's systemd.
    UserUnit(String),
}

/// Why nothing is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unfound {
    /// There are none, and how that is known.
    None(String),
    /// What is declared cannot be looked at, or names what no fault may touch.
    Wrong(String),
}

impl Declared {
    /// Those that run now.
    ///
    /// # Errors
    /// Why none are found.
    pub(super) async fn processes(&self) -> Result<Vec<ProcessIdentity>, Unfound> {
        let (found, what) = match &self.by {
            // What the run started is the target, also where that is another `chaos`.
            FoundBy::Marker(marker) => return started(marker),
            FoundBy::PidFile(file) => (pid_file::processes(file), format!("the pid file {}", file.display())),
            FoundBy::Cgroup(folder) => (cgroup::processes(folder), format!("the control group {}", folder.display())),
            FoundBy::Group(path) => (cgroup::below_root(path), format!("the control group {}", path.display())),
            FoundBy::Unit(unit) => (systemd::processes(unit, false).await, format!("the unit {unit}")),
            FoundBy::UserUnit(unit) => (systemd::processes(unit, true).await, format!("the unit {unit}")),
        };
        let found = found?;
        match own::among(&found) {
            Some(own) => Err(Unfound::Wrong(format!("{what} names {own}: name what holds the service alone"))),
            None => Ok(found),
        }
    }
}

fn started(marker: &str) -> Result<Vec<ProcessIdentity>, Unfound> {
    let found = marked(marker).map_err(|error| Unfound::Wrong(format!("processes cannot be looked at: {error}")))?;
    if found.is_empty() { Err(Unfound::None("what the run started has ended".to_owned())) } else { Ok(found) }
}
