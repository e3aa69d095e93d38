//! Names of hosts, resolved once: whoever answers for a name later cannot turn a grant to another machine.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::Mutex;

type Found = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// What names were first resolved to.
pub(crate) struct Pins {
    known: Mutex<BTreeMap<String, Vec<IpAddr>>>,
    look_up: Box<dyn Fn(String) -> Found + Send + Sync>,
}

impl Default for Pins {
    fn default() -> Self {
        Self::asking(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        })
    }
}

impl Pins {
    /// Pins of what `look_up` answers.
    pub fn asking(look_up: impl Fn(String) -> Found + Send + Sync + 'static) -> Self {
        Self { known: Mutex::default(), look_up: Box::new(look_up) }
    }

    /// The addresses of a name, as they were when it was first asked for.
    pub async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        let mut known = self.known.lock().await;
        if let Some(found) = known.get(name) {
            return Ok(found.clone());
        }
        let found: Vec<IpAddr> = (self.look_up)(name.to_owned()).await?.into_iter().filter(may_be_named).collect();
        if found.is_empty() {
            return Err(std::io::Error::other(format!("`{name}` has no address that may be talked to")));
        }
        known.insert(name.to_owned(), found.clone());
        Ok(found)
    }
}

/// Whether a name may stand for an address: none that holds the credentials of a machine in a cloud, and none that is no
/// machine. Whoever means such an address grants the address itself.
fn may_be_named(address: &IpAddr) -> bool {
    let plain = address.to_canonical();
    let link_local = match plain {
        IpAddr::V4(four) => four.is_link_local() || four.is_broadcast(),
        IpAddr::V6(six) => six.is_unicast_link_local(),
    };
    !link_local && !plain.is_unspecified() && !plain.is_multicast()
}

/// As a resolver of the HTTP client.
pub(crate) struct Resolver(pub Arc<Pins>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let pins = Arc::clone(&self.0);
        Box::pin(async move {
            let found = pins.resolve(name.as_str()).await?;
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Pins;
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicU8, Ordering};

    fn answering(answers: &'static [&'static str]) -> Pins {
        let at = AtomicU8::new(0);
        Pins::asking(move |_| {
            let turn = usize::from(at.fetch_add(1, Ordering::Relaxed));
            let found: Vec<IpAddr> = answers.get(turn).iter().map(|it| it.parse().unwrap()).collect();
            Box::pin(async move { Ok(found) })
        })
    }

    #[tokio::test]
    async fn a_name_keeps_its_first_address() {
        let pins = answering(&["192.0.2.7", "127.0.0.1"]);
        let first = pins.resolve("toxiproxy.test").await.unwrap();
        assert_eq!(first, pins.resolve("toxiproxy.test").await.unwrap());
        assert_eq!(first, ["192.0.2.7".parse::<IpAddr>().unwrap()]);
    }

    #[tokio::test]
    async fn no_name_stands_for_the_metadata_of_a_cloud() {
        for address in ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1"] {
            let found = Pins::asking(move |_| {
                let address = address.parse().unwrap();
                Box::pin(async move { Ok(vec![address]) })
            });
            assert!(found.resolve("innocent.test").await.is_err(), "{address}");
        }
    }
}
