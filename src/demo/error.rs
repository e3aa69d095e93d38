//! Why a service of the shop could not run.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why a service of the shop could not run.
#[derive(Debug)]
pub enum DemoError {
    /// Another process listens there already.
    AddressInUse(SocketAddr),
    /// The address cannot be listened on for another reason, such as a privileged port.
    Bind(SocketAddr, io::Error),
    /// The server failed while it ran.
    Serve(io::Error),
    /// The HTTP client towards the other services cannot be set up.
    Client(reqwest::Error),
}

impl DemoError {
    /// Sorts out the one failure to listen that people meet from the others.
    pub(super) fn from_bind(address: SocketAddr, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::AddressInUse(address),
            _ => Self::Bind(address, error),
        }
    }
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressInUse(address) => write!(f, "address already in use: {address} (choose another with --port)"),
            Self::Bind(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Serve(error) => write!(f, "the server failed: {error}"),
            Self::Client(error) => write!(f, "cannot set up the HTTP client: {error}"),
        }
    }
}

impl Error for DemoError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::AddressInUse(_) => None,
            Self::Bind(_, error) | Self::Serve(error) => Some(error),
            Self::Client(error) => Some(error),
        }
    }
}
