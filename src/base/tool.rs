//! The program, as the documents that it writes name it.

use serde::Serialize;

/// Name and version.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    /// This program.
    pub const THIS: Tool = Tool { name: "chaos", version: env!("CARGO_PKG_VERSION") };
}
