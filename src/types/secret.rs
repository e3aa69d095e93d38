//! Where a secret comes from; never its value.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// What gives the value of a secret when a run begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SecretRef {
    /// The environment variable with this name.
    Variable(String),
    /// A file.
    File {
        /// Its path, as it is written.
        file: String,
        /// The folder of the file that says so: the path is relative to it.
        #[serde(skip)]
        folder: PathBuf,
    },
    /// What a program prints.
    Command {
        /// The program and its arguments; it is started without a shell.
        command: String,
    },
}

impl SecretRef {
    /// What it is called in few words: the variable, the file, or the program alone.
    pub fn name(&self) -> &str {
        match self {
            SecretRef::Variable(name) => name,
            SecretRef::File { file, .. } => file,
            SecretRef::Command { command } => command.split_whitespace().next().unwrap_or(""),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretRef::Variable(name) => write!(f, "the secret `{name}`"),
            SecretRef::File { file, .. } => write!(f, "the secret in the file `{file}`"),
            SecretRef::Command { .. } => write!(f, "the secret of the command `{} …`", self.name()),
        }
    }
}
