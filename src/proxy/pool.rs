//! Connections to the upstream, kept for a short while to be used again.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::{Either, Empty};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use super::headers;
use super::lock::lock;
use super::upstream::Upstream;

/// How long a connection may lie idle. Shorter than the 5 s after which common servers close theirs.
const IDLE: Duration = Duration::from_secs(4);
/// How long it may have lain idle for a request that must not be sent twice.
const IDLE_UNREPEATABLE: Duration = Duration::from_secs(1);

/// The body of a request to the upstream: the caller's as it comes, or nothing.
pub(super) type Sent = Either<Incoming, Empty<Bytes>>;

/// The connections to one upstream.
#[derive(Debug)]
pub(super) struct Pool {
    upstream: Upstream,
    /// The newest at the back, which is where they are taken from.
    idle: Mutex<VecDeque<Idle>>,
}

#[derive(Debug)]
struct Idle {
    sender: SendRequest<Sent>,
    since: Instant,
}

/// A connection in use for one request. It closes when it's dropped.
#[derive(Debug)]
pub(super) struct Borrowed {
    sender: SendRequest<Sent>,
    pool: Arc<Pool>,
}

/// Why a request got no response.
#[derive(Debug)]
pub(super) enum SendError {
    /// No connection could be made; the request was not sent.
    Unreachable(io::Error, Box<Request<Sent>>),
    /// The connection failed before the response's headers had come.
    Broken(hyper::Error),
}

impl Pool {
    /// No connections yet.
    pub(super) fn new(upstream: Upstream) -> Arc<Self> {
        Arc::new(Self { upstream, idle: Mutex::default() })
    }

    /// Sends `request` and gives the response's head, with the connection that its body comes over.
    ///
    /// An idle connection may turn out closed. The request goes over another one then, if the upstream cannot have
    /// seen it or may see it twice.
    pub(super) async fn send(
        self: &Arc<Self>,
        mut request: Request<Sent>,
    ) -> Result<(Response<Incoming>, Borrowed), SendError> {
        let repeatable = is_repeatable(&request);
        while let Some(mut sender) = self.take(if repeatable { IDLE } else { IDLE_UNREPEATABLE }) {
            let spare = repeatable.then(|| copy(&request));
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, self.lend(sender))),
                Err(mut failed) => match failed.take_message().or(spare) {
                    Some(unsent) => request = unsent,
                    None => return Err(SendError::Broken(failed.into_error())),
                },
            }
        }
        let stream = match self.connect().await {
            Ok(stream) => stream,
            Err(error) => return Err(SendError::Unreachable(error, Box::new(request))),
        };
        let mut sender = handshake(stream).await.map_err(SendError::Broken)?;
        let response = sender.send_request(request).await.map_err(SendError::Broken)?;
        Ok((response, self.lend(sender)))
    }

    /// Closes the connections that have lain idle for too long.
    pub(super) fn tidy(&self) {
        let mut idle = lock(&self.idle);
        idle.retain(|idle| idle.sender.is_ready() && idle.since.elapsed() < IDLE);
    }

    fn take(&self, longest: Duration) -> Option<SendRequest<Sent>> {
        let mut idle = lock(&self.idle);
        while let Some(newest) = idle.pop_back() {
            if !newest.sender.is_ready() {
                continue;
            }
            if newest.since.elapsed() < longest {
                return Some(newest.sender);
            }
            // All the others are older still; another kind of request may use this one.
            idle.push_back(newest);
            return None;
        }
        None
    }

    fn put(&self, sender: SendRequest<Sent>) {
        lock(&self.idle).push_back(Idle { sender, since: Instant::now() });
    }

    fn lend(self: &Arc<Self>, sender: SendRequest<Sent>) -> Borrowed {
        Borrowed { sender, pool: Arc::clone(self) }
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect((self.upstream.host(), self.upstream.port())).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

async fn handshake(stream: TcpStream) -> Result<SendRequest<Sent>, hyper::Error> {
    let mut client = http1::Builder::new();
    client.preserve_header_case(true).max_headers(headers::MOST);
    let (sender, connection) = client.handshake(TokioIo::new(stream)).await?;
    // It ends when the sender is dropped or the upstream closes; whoever waits for a response gets the error.
    tokio::spawn(connection.with_upgrades());
    Ok(sender)
}

impl Borrowed {
    /// Makes the connection available to another request as soon as it's ready for one.
    pub(super) fn give_back(self) {
        let Self { mut sender, pool } = self;
        if sender.is_ready() {
            return pool.put(sender);
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                if sender.ready().await.is_ok() {
                    pool.put(sender);
                }
            });
        }
    }
}

/// Whether the upstream may see the request twice (RFC 9110, 9.2.2), and there's no body that could be sent only once.
fn is_repeatable(request: &Request<Sent>) -> bool {
    request.method().is_idempotent() && request.body().is_end_stream() && request.method() != Method::CONNECT
}

fn copy(request: &Request<Sent>) -> Request<Sent> {
    let mut copy = Request::new(Either::Right(Empty::new()));
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}
