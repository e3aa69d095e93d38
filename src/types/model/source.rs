//! Where metrics come from.

use crate::types::secret::SecretRef;
use serde::{Deserialize, Serialize};

/// A source of metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// The endpoints; of a Prometheus server, its one; of a probe none.
    pub urls: Vec<String>,
    /// How often it is read, in seconds.
    pub every: f64,
    /// How old the newest sample of a Prometheus server can be: how often it scrapes, in seconds. 0 where a read sees what is
    /// there now.
    pub scrape: f64,
    /// What opens it.
    pub access: Access,
}

impl Source {
    /// Seconds from a change to a read that can show it, the read's own time left out.
    pub fn lag(&self) -> f64 {
        self.every + self.scrape
    }
}

/// What opens a source, by where secrets come from; never their values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    /// The secret that is its bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
    /// The user's name, where a password is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The secret that is the user's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretRef>,
    /// The secret that is the client's certificate and its chain, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<SecretRef>,
    /// The secret that is the key of that certificate, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<SecretRef>,
    /// The file with the authorities that are trusted instead of the system's, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// The folder of the file that says so: `ca` is relative to it.
    #[serde(skip)]
    pub folder: std::path::PathBuf,
}

impl Access {
    /// All secrets in it.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        [&self.token, &self.password, &self.certificate, &self.key].into_iter().flatten()
    }
}

/// Kinds of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Endpoints in the Prometheus text format.
    Scrape,
    /// A Prometheus server, or another that has its API.
    Prometheus,
    /// A probe.
    Probe,
}
