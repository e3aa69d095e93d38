//! The fault proxy: an HTTP/1.1 reverse proxy in the traffic's path that, on command, does to a share of the requests what
//! a bad network or a bad service would: errors, delays, aborts, no answer, answers that are spoilt or slow.
//!
//! Commands come over an admin API of its own. Every fault has a lease and ends by itself when nobody renews it; with
//! no fault active, the proxy only passes traffic on.

mod accept;
mod access;
mod admin;
mod answer;
mod baggage;
mod cap;
mod changed;
mod claims;
mod dice;
mod effect;
mod error;
mod fault;
mod fault_metrics;
mod faults;
mod forward;
mod gateway;
mod headers;
mod lease;
mod line;
mod lock;
mod metrics;
mod pool;
mod refusal;
mod reply;
mod share;
mod spec;
mod spoil;
mod spread;
mod token;
mod tombs;
mod tunnel;
mod turns;
mod upstream;
mod view;
mod visit;
mod window;

use std::future::{Future, IntoFuture};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

pub use admin::Health;
pub use answer::ErrorBody;
pub use claims::{ClaimSpec, ClaimView};
pub use effect::{AbortAt, Effect, Ending};
pub use error::ProxyError;
pub use spec::{FaultSpec, LONGEST_MS, LeaseSpec, Match, OutOfRange, is_fault_id};
pub use token::{Token, TokenError};
pub use upstream::{Upstream, UpstreamError};
pub use view::{FaultView, Phase};

use accept::Callers;
use admin::Admin;
use fault_metrics::FaultMetrics;
use faults::Faults;
use forward::Forward;
use gateway::Gateway;
use metrics::Metrics;
use tunnel::Tunnels;

/// How long requests in flight may go on after the shutdown has begun.
const GRACE: Duration = Duration::from_secs(5);
/// How often idle connections to the upstream are looked through.
const TIDYING: Duration = Duration::from_secs(1);
/// How far above the proxy's own port its admin API listens unless told.
const ADMIN_OFFSET: u16 = 10_000;

/// What a proxy needs to run.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it takes traffic in. Port 0 is any free one.
    pub listen: SocketAddr,
    /// Where the traffic goes: to each in turn, past those that cannot be reached.
    pub upstreams: Vec<Upstream>,
    /// Where the admin API listens. Port 0 is any free one.
    pub admin: SocketAddr,
    /// What a command must show.
    pub token: Token,
}

/// Where a proxy really listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// For traffic.
    pub listen: SocketAddr,
    /// For the admin API.
    pub admin: SocketAddr,
}

/// Where the admin API of a proxy at `listen` listens unless told: on the loopback address of the same family, 10000
/// ports up. Any free port for any free port; none when there's no such port.
pub fn default_admin(listen: SocketAddr) -> Option<SocketAddr> {
    let loopback: IpAddr = if listen.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    let port = if listen.port() == 0 { 0 } else { listen.port().checked_add(ADMIN_OFFSET)? };
    Some(SocketAddr::new(loopback, port))
}

/// Runs a proxy until `shutdown` is done. Both addresses are taken when `ready` is called.
///
/// At the shutdown every fault ends at once, no connection is taken in any more, and requests in flight may go on for
/// at most 5 s.
///
/// # Errors
/// When it cannot listen at one of the addresses. Nothing fails once `ready` has been called.
pub async fn serve(
    config: Config,
    ready: impl FnOnce(&Addresses),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ProxyError> {
    let (listener, listen) = bind(config.listen).await?;
    let (admin_listener, admin) = bind(config.admin).await?;
    let faults = Arc::new(Faults::new());
    let metrics = Arc::new(Metrics::new(Box::new(FaultMetrics(Arc::clone(&faults)))));
    let tunnels = Tunnels::new();
    let forward = Forward::new(config.upstreams.clone(), tunnels.clone());
    let gateway = Arc::new(Gateway::new(Arc::clone(&faults), Arc::clone(&metrics), forward));
    let api = Admin { faults: Arc::clone(&faults), metrics, token: config.token, listen, upstreams: config.upstreams };
    ready(&Addresses { listen, admin });

    let (stop, admin_task) = start_admin(admin_listener, api);
    let mut callers = Callers::new();
    tokio::select! {
        () = callers.take_in(&listener, &gateway) => {}
        () = tidy(&gateway) => {}
        () = shutdown => {}
    }
    drop(listener);
    faults.close(Instant::now());
    drop(stop);
    let all_ended = async { tokio::join!(callers.let_go(), tunnels.closed(), admin_task.join_all()) };
    let _in_time = timeout(GRACE, all_ended).await;
    tunnels.cut();
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ProxyError> {
    let listening = |error| ProxyError::listening(address, error);
    let listener = TcpListener::bind(address).await.map_err(listening)?;
    let real = listener.local_addr().map_err(listening)?;
    Ok((listener, real))
}

/// Serves the admin API until the sender is dropped, and then until its requests in flight have ended.
fn start_admin(listener: TcpListener, api: Admin) -> (watch::Sender<()>, JoinSet<std::io::Result<()>>) {
    let (stop, mut stopped) = watch::channel(());
    let server = axum::serve(listener, admin::router(api)).with_graceful_shutdown(async move {
        let _told = stopped.changed().await;
    });
    let mut task = JoinSet::new();
    task.spawn(server.into_future());
    (stop, task)
}

async fn tidy(gateway: &Gateway) {
    let mut ticks = interval(TIDYING);
    loop {
        ticks.tick().await;
        gateway.forward.tidy();
    }
}

#[cfg(test)]
mod tests;
