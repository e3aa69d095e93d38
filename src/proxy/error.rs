//! Why a proxy cannot run.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why [`serve`](super::serve) gave up before it called `ready`.
#[derive(Debug)]
pub enum ProxyError {
    /// Another program listens at this address.
    AddressInUse(SocketAddr),
    /// This program may not listen at this address; a port below 1024, for instance.
    Permission(SocketAddr),
    /// Anything else that the system reports about this address.
    Io(SocketAddr, io::Error),
}

impl ProxyError {
    /// What `error`, met while listening at `address`, means.
    pub(super) fn listening(address: SocketAddr, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::AddressInUse(address),
            io::ErrorKind::PermissionDenied => Self::Permission(address),
            _ => Self::Io(address, error),
        }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressInUse(address) => write!(f, "cannot listen at {address}: the address is in use"),
            Self::Permission(address) => write!(f, "cannot listen at {address}: permission denied"),
            Self::Io(address, error) => write!(f, "cannot listen at {address}: {error}"),
        }
    }
}

impl Error for ProxyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            Self::AddressInUse(_) | Self::Permission(_) => None,
        }
    }
}
