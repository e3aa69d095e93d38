//! A proxy, an upstream and callers, all within the test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::routing::{any, get};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::{Addresses, Config, ProxyError, serve};

/// How long anything may take before the test fails.
pub(super) const SOON: Duration = Duration::from_secs(10);

/// A proxy that runs until it's told to stop.
pub(super) struct Proxy {
    pub(super) at: Addresses,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ProxyError>>,
}

impl Proxy {
    pub(super) async fn start(upstream: &str) -> Self {
        Self::before(&[upstream]).await
    }

    pub(super) async fn before(upstreams: &[&str]) -> Self {
        let (tell, told) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let any = "127.0.0.1:0".parse().unwrap();
        let token = "s3cret".parse().unwrap();
        let config = Config {
            listen: any,
            upstreams: upstreams.iter().map(|one| one.parse().unwrap()).collect(),
            admin: any,
            token,
        };
        let ready = |at: &Addresses| tell.send(*at).unwrap();
        let shutdown = async { stopped.await.unwrap_or_default() };
        let task = tokio::spawn(serve(config, ready, shutdown));
        Self { at: told.await.unwrap(), stop, task }
    }

    pub(super) async fn stop(self) -> Result<(), ProxyError> {
        self.stop.send(()).unwrap();
        timeout(SOON, self.task).await.unwrap().unwrap()
    }

    /// Sends a command with the token; gives the status and the body.
    pub(super) async fn command(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.ask(method, path, "authorization: Bearer s3cret\r\n", &body).await;
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}")))
    }

    /// Sends any request to the admin API.
    pub(super) async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let text = format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
        let mut stream = connect(self.at.admin).await;
        stream.write_all(text.as_bytes()).await.unwrap();
        Answer::read(&mut stream).await
    }

    pub(super) async fn inject(&self, id: &str, spec: Value) {
        let (status, body) = self.command("PUT", &format!("/v1/faults/{id}"), &spec).await;
        assert_eq!(status, 201, "{body}");
    }

    /// Sends a request through the proxy over a connection of its own.
    pub(super) async fn get(&self, path: &str) -> Answer {
        let mut caller = self.caller().await;
        exchange(&mut caller, &format!("GET {path} HTTP/1.1\r\nhost: shop.example\r\n\r\n")).await
    }

    pub(super) async fn revert(&self, id: &str) {
        let (status, view) = self.command("DELETE", &format!("/v1/faults/{id}?fence=1"), &Value::Null).await;
        assert_eq!(status, 200, "{view}");
    }

    /// How many requests a fault has acted on.
    pub(super) async fn acted(&self, id: &str) -> u64 {
        self.command("GET", &format!("/v1/faults/{id}"), &Value::Null).await.1["acted"].as_u64().unwrap()
    }

    /// How many requests a fault kept from a whole answer.
    pub(super) async fn unanswered(&self) -> Option<f64> {
        self.metric(r#"chaos_proxy_requests_total{code="none",answer="none",cohort="affected"}"#).await
    }

    pub(super) async fn caller(&self) -> TcpStream {
        connect(self.at.listen).await
    }

    /// The value of one line of the metrics.
    pub(super) async fn metric(&self, series: &str) -> Option<f64> {
        let text = self.ask("GET", "/metrics", "", "").await.body;
        text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }
}

pub(super) async fn connect(address: std::net::SocketAddr) -> TcpStream {
    timeout(SOON, TcpStream::connect(address)).await.unwrap().unwrap()
}

/// A response as it came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) async fn read(stream: &mut TcpStream) -> Self {
        Self::read_for(stream, true).await
    }

    /// Reads a response; its body by its length or its chunks, or none when it has none.
    pub(super) async fn read_for(stream: &mut TcpStream, has_body: bool) -> Self {
        let head = read_until(stream, "\r\n\r\n").await;
        let status = head.get(9..12).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{head:?}"));
        let mut answer = Self { status, head, body: String::new() };
        if has_body && let Some(length) = answer.header("content-length") {
            let mut body = vec![0; length.parse().unwrap()];
            timeout(SOON, stream.read_exact(&mut body)).await.unwrap().unwrap();
            answer.body = String::from_utf8(body).unwrap();
        } else if has_body && answer.header("transfer-encoding").is_some() {
            answer.body = read_until(stream, "0\r\n\r\n").await;
        }
        answer
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let field = |line: &&str| line.split_once(':').is_some_and(|(field, _)| field.eq_ignore_ascii_case(name));
        self.head.lines().find(field).and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    }

    /// What the upstream's echo tells of the request that it got.
    pub(super) fn echo(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

pub(super) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let byte = timeout(SOON, stream.read_u8()).await.unwrap();
        text.push(byte.unwrap_or_else(|error| panic!("{error} after {:?}", String::from_utf8_lossy(&text))));
    }
    String::from_utf8(text).unwrap()
}

pub(super) async fn exchange(stream: &mut TcpStream, request: &str) -> Answer {
    stream.write_all(request.as_bytes()).await.unwrap();
    Answer::read(stream).await
}

/// An upstream that tells what it got at `/`, answers without a body at `/empty`, and in chunks at `/chunks`.
pub(super) async fn echo_upstream() -> String {
    let app = Router::new()
        .route("/empty", get(async || axum::http::StatusCode::NO_CONTENT))
        .route("/chunks", get(async || axum::body::Body::new(Chunks(3))))
        .fallback(any(async |headers: HeaderMap, request: Request| echo(headers, request).await));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

async fn echo(headers: HeaderMap, request: Request) -> String {
    let (method, uri) = (request.method().to_string(), request.uri().to_string());
    let body = http_body_util::BodyExt::collect(request.into_body()).await.unwrap().to_bytes();
    let pairs = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()));
    let headers = Value::Object(pairs.collect());
    json!({"method": method, "uri": uri, "headers": headers, "length": body.len()}).to_string()
}

/// So many chunks, one at a time.
struct Chunks(usize);

impl hyper::body::Body for Chunks {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        let left = self.0;
        self.0 = left.saturating_sub(1);
        std::task::Poll::Ready((left > 0).then(|| Ok(hyper::body::Frame::data(Bytes::from_static(b"part")))))
    }
}

/// An upstream whose connections the test plays itself.
pub(super) async fn played_upstream() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Takes the next connection in and reads the head of the request that comes over it.
pub(super) async fn taken_in(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = timeout(SOON, listener.accept()).await.unwrap().unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    (stream, head)
}

pub(super) fn error(fence: u64, status: u16) -> Value {
    json!({"fence": fence, "lease_ms": 60_000, "share": 1.0, "rate": 1.0, "effect": {"type": "error", "status": status}})
}

pub(super) fn delay(fence: u64, delay_ms: u64) -> Value {
    let effect = json!({"type": "delay", "delay_ms": delay_ms});
    json!({"fence": fence, "lease_ms": 60_000, "share": 1.0, "rate": 1.0, "effect": effect})
}

/// A fault that acts on all requests.
pub(super) fn fault(effect: Value) -> Value {
    json!({"fence": 1, "lease_ms": 600_000, "share": 1.0, "rate": 1.0, "effect": effect})
}

/// All that still comes, until the connection ends in order.
pub(super) async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    timeout(SOON, stream.read_to_end(&mut text)).await.unwrap().unwrap();
    String::from_utf8_lossy(&text).into_owned()
}
