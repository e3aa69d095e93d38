//! What every service does alike: listen, say so, serve, and end in good order.

use std::future::Future;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::error::DemoError;

/// How long requests in flight may take once the service is told to end. Below a second, so that whoever tears the shop
/// down need not wait for a customer who waits for a payment that hangs.
const GRACE: Duration = Duration::from_millis(800);

/// An address on loopback that is listened on, with nobody answering yet. Callers may connect and will be served.
pub struct Door {
    name: &'static str,
    address: SocketAddr,
    listener: TcpListener,
}

impl Door {
    /// Listens on 127.0.0.1 at `port`; 0 lets the system choose one.
    pub async fn bind(name: &'static str, port: u16) -> Result<Self, DemoError> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listening = async {
            let listener = TcpListener::bind(wanted).await?;
            Ok((listener.local_addr()?, listener))
        };
        match listening.await {
            Ok((address, listener)) => Ok(Self { name, address, listener }),
            Err(error) => Err(DemoError::from_bind(wanted, error)),
        }
    }

    /// Where it listens, with the real port.
    #[cfg(test)]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Prints the line others wait for. A closed standard output is no reason not to serve.
    pub fn announce(&self) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{} listens on {}", self.name, self.address).and_then(|()| out.flush());
    }

    /// Answers requests until `stop`, then finishes those in flight.
    pub async fn serve(self, router: Router, stop: Stop) -> Result<(), DemoError> {
        // Answers are tiny: without this the kernel may hold them back for 40 ms and spoil every latency figure.
        let listener = self.listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router).with_graceful_shutdown(stop.requested()).await.map_err(DemoError::Serve)
    }
}

/// Tells the parts of a service that it is to end.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A stop and the sender that requests it. A dropped sender counts as a request.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Completes when the stop is requested.
    pub async fn requested(mut self) {
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Whether it has been requested.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}

/// Runs what `start` makes until it ends or, after `shutdown`, until it has wound up or its grace is over.
pub async fn until<F>(shutdown: impl Future<Output = ()>, start: impl FnOnce(Stop) -> F) -> Result<(), DemoError>
where
    F: Future<Output = Result<(), DemoError>>,
{
    let (request, stop) = Stop::new();
    let mut serving = pin!(start(stop));
    tokio::select! {
        ended = &mut serving => return ended,
        () = shutdown => {}
    }
    // Nobody listening for the request means everything has ended already.
    let _ = request.send(true);
    tokio::time::timeout(GRACE, serving).await.unwrap_or(Ok(()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_service_on_the_same_port_is_told_the_address() {
        let first = Door::bind("first", 0).await.unwrap();
        let error = Door::bind("second", first.address().port()).await.err().unwrap();
        let expected = format!("address already in use: {} (choose another with --port)", first.address());
        assert_eq!(error.to_string(), expected);
    }

    #[tokio::test]
    async fn a_service_that_never_winds_up_is_cut_off() {
        let ended = tokio::time::timeout(GRACE * 2, until(async {}, |_stop| std::future::pending())).await;
        assert!(ended.unwrap().is_ok());
    }
}
