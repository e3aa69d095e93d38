//! Capability `tcp`.

use super::ask::{Deed, Refusal, State, denied, exhausted, failed};
use crate::injector::bindings::v0_2::chaos::injector::tcp::{Host, HostConnection};
use crate::injector::bindings::v0_2::chaos::injector::types::{Error, ErrorCode};
use crate::injector::limits::{CONNECTIONS, LARGEST_ANSWER, REQUEST_TIMEOUT};
use crate::types::address::Address;
use std::io::{Error as IoError, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wasmtime::component::Resource;

/// An open connection.
pub struct Connection {
    address: String,
    stream: TcpStream,
}

impl State {
    async fn open_now(&mut self, address: &str) -> Result<Resource<Connection>, Refusal> {
        if !self.grant.tcp.iter().any(|granted| granted == address) {
            return Err(denied(format!("no grant for {address}")));
        }
        self.may_start(&format!("a connection to {address}"))?;
        let read = Address::parse(address).map_err(|error| failed(ErrorCode::InvalidParams, error))?;
        let found = match read.host.parse::<IpAddr>() {
            Ok(one) => Ok(vec![one]),
            Err(_) => self.clients.pins.resolve(&read.host).await,
        };
        let places: Vec<SocketAddr> = found
            .map_err(|error| lost(address, &error))?
            .into_iter()
            .map(|ip| SocketAddr::new(ip, read.port))
            .collect();
        let stream = in_time(address, TcpStream::connect(&places[..])).await?;
        let connection = Connection { address: address.to_owned(), stream };
        self.connections
            .push(connection)
            .map_err(|_| exhausted(format!("one call may hold {CONNECTIONS} connections open")))
    }
}

async fn in_time<T>(address: &str, work: impl Future<Output = Result<T, IoError>>) -> Result<T, Refusal> {
    match timeout(REQUEST_TIMEOUT, work).await {
        Ok(done) => done.map_err(|error| lost(address, &error)),
        Err(_) => Err(failed(ErrorCode::Timeout, format!("{address} does not answer"))),
    }
}

fn lost(address: &str, error: &IoError) -> Refusal {
    let code = match error.kind() {
        ErrorKind::PermissionDenied => ErrorCode::PermissionDenied,
        _ => ErrorCode::TargetUnreachable,
    };
    failed(code, format!("{address}: {error}"))
}

impl Host for State {}

impl HostConnection for State {
    async fn open(&mut self, address: String) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let what = format!("open {address}");
        Ok(self.ask("tcp", what, async |state| state.open_now(&address).await).await)
    }

    async fn write(&mut self, this: Resource<Connection>, data: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        // A handle that the component made up is none of this table: it traps.
        let address = self.connections.get(&this)?.address.clone();
        let what = format!("write {} bytes to {address}", data.len());
        Ok(self
            .ask("tcp", what, async |state| {
                let Ok(connection) = state.connections.get_mut(&this) else {
                    return Err(failed(ErrorCode::UnknownHandle, "the connection is closed".to_owned()));
                };
                in_time(&address, connection.stream.write_all(&data)).await?;
                state.deeds.push(Deed::Bytes);
                Ok(())
            })
            .await)
    }

    async fn read(&mut self, this: Resource<Connection>, at_most: u32) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let Connection { address, stream } = self.connections.get_mut(&this)?;
        let mut data = vec![0; (at_most as usize).min(LARGEST_ANSWER)];
        let read = in_time(address, stream.read(&mut data)).await;
        Ok(read.map(|length| {
            data.truncate(length);
            data
        }))
    }

    async fn drop(&mut self, this: Resource<Connection>) -> wasmtime::Result<()> {
        self.connections.delete(this)?;
        Ok(())
    }
}
