//! What a component may do in one call: everything else is refused.

use super::declared::Declared;
use crate::types::program::ProgramPattern;
use std::path::PathBuf;

/// An origin that may be talked to, with the credentials that the host adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whether it is `https`.
    pub secure: bool,
    /// `host:port`.
    pub address: String,
    /// The bearer token; the component never sees it.
    pub token: Option<String>,
}

/// What a component may do in one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Where it may send HTTP requests.
    pub http: Vec<Origin>,
    /// Where it may open connections: `host:port`.
    pub tcp: Vec<String>,
    /// What it may start.
    pub programs: Vec<ProgramPattern>,
    /// Whose processes it may see and signal.
    pub processes: Vec<Declared>,
    /// Folders under which it may read and write.
    pub files: Vec<PathBuf>,
}

/// What a call is for: what changes nothing may not change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To check, or a dry run: it may only read, and starts nothing.
    Check,
    /// To look at a fault: it may ask its target, and programs, but send no signal and write no file.
    Look,
    /// To change something.
    Change,
}
