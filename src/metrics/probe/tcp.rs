//! Probes of an address: whether somebody listens there, and how long a connection takes.

use super::{Found, Given, Nothing};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub async fn probe(given: Given<'_>, wait: Duration) -> Result<Found, Nothing> {
    let address = crate::types::probe::address(given.text("address")?)?;
    let asked = Instant::now();
    let connecting = timeout(wait, TcpStream::connect((address.host.as_str(), address.port))).await;
    let connected = match connecting {
        Ok(Ok(_)) => Ok(asked.elapsed()),
        Ok(Err(error)) => Err(Nothing(format!("{address}: {error}"))),
        Err(_) => Err(Nothing(format!("{address}: no connection within {} ms", wait.as_millis()))),
    };
    match given.action() {
        "open" => Ok(Found::Truth(connected.is_ok())),
        "time" => connected.map(|took| Found::Number(took.as_secs_f64())),
        _ => Err(given.wrong_action()),
    }
}
