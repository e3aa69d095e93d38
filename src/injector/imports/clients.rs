//! The HTTP clients of all calls: they follow no redirects, use no proxy of the environment, and know hosts by their pins.

use super::pins::{Pins, Resolver};
use std::sync::{Arc, OnceLock};

/// Clients, each made once.
pub(crate) struct Clients {
    plain: reqwest::Client,
    secure: OnceLock<Result<reqwest::Client, String>>,
    /// What names of hosts stand for.
    pub pins: Arc<Pins>,
}

impl Clients {
    /// Clients that know hosts by these pins.
    ///
    /// # Errors
    /// Why none can be made.
    pub fn new(pins: Pins) -> Result<Self, String> {
        let pins = Arc::new(pins);
        let plain = built(crate::web::client(), &pins)?;
        Ok(Self { plain, secure: OnceLock::new(), pins })
    }

    /// The client for an origin; that for TLS reads the system's authorities, and is made when it is first needed.
    pub(super) fn of(&self, secure: bool) -> Result<&reqwest::Client, String> {
        if !secure {
            return Ok(&self.plain);
        }
        self.secure.get_or_init(|| built(crate::web::secure(None), &self.pins)).as_ref().map_err(Clone::clone)
    }
}

fn built(builder: reqwest::ClientBuilder, pins: &Arc<Pins>) -> Result<reqwest::Client, String> {
    let resolver = Arc::new(Resolver(Arc::clone(pins)));
    builder.dns_resolver(resolver).build().map_err(|error| error.to_string())
}
