//! What a component may ask of the host: each request is held against the grant.

use super::bindings::chaos::injector::http::{self, Request, Response};
use super::bindings::chaos::injector::log::{self, Level};
use super::bindings::chaos::injector::types::{self, Error, ErrorCode};
use std::time::Duration;
use wasmtime::{StoreLimits, StoreLimitsBuilder};

/// An origin that may be talked to, with the credentials that the host adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `host:port`.
    pub address: String,
    /// The bearer token; the component never sees it.
    pub token: Option<String>,
}

/// What a component may do in one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Where it may send HTTP requests.
    pub http: Vec<Origin>,
}

/// The state of one call.
pub struct State {
    /// Memory and table limits.
    pub limits: StoreLimits,
    grant: Grant,
    client: reqwest::Client,
    /// What the component logged, bounded.
    pub log: Vec<String>,
}

/// A component's memory, in bytes.
const MEMORY: usize = 64 << 20;
/// An answer's body, in bytes.
const LARGEST_BODY: usize = 1 << 20;
/// A request's own time-out, at most.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(4);
/// Lines of log kept from one call.
const LOG_LINES: usize = 100;

impl State {
    /// A fresh state with a grant.
    pub fn new(grant: Grant, client: reqwest::Client) -> Self {
        let limits = StoreLimitsBuilder::new()
            .memory_size(MEMORY)
            .table_elements(20_000)
            .instances(64)
            .memories(4)
            .tables(64)
            .trap_on_grow_failure(true)
            .build();
        Self { limits, grant, client, log: Vec::new() }
    }

    /// The granted origin that a URL lies in. Only plain `http://host:port/…` is understood, so nothing can be disguised.
    fn granted(&self, url: &str) -> Option<&Origin> {
        let address = crate::types::address::Url::parse(url).ok().filter(|url| !url.secure)?.address;
        let address = address.to_string();
        self.grant.http.iter().find(|origin| origin.address == address)
    }

    async fn request(&self, request: Request) -> Result<Response, Error> {
        let origin = self
            .granted(&request.url)
            .ok_or_else(|| failure(ErrorCode::PermissionDenied, format!("no grant for {}", request.url), false))?;
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| failure(ErrorCode::InvalidParams, format!("no method `{}`", request.method), false))?;
        let timeout = request.timeout.map_or(REQUEST_TIMEOUT, Duration::from_nanos).min(REQUEST_TIMEOUT);
        let mut sending = self.client.request(method, &request.url).timeout(timeout);
        for (name, value) in request.headers.iter().filter(|(name, _)| !is_reserved(name)) {
            sending = sending.header(name, value);
        }
        if let Some(token) = &origin.token {
            sending = sending.bearer_auth(token);
        }
        if let Some(body) = request.body {
            sending = sending.body(body);
        }
        let response = sending.send().await.map_err(|error| unreachable_target(&request.url, &error))?;
        answer(response).await
    }
}

/// Headers that only the host sets.
fn is_reserved(name: &str) -> bool {
    ["authorization", "host", "connection", "transfer-encoding", "content-length"]
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
}

async fn answer(mut response: reqwest::Response) -> Result<Response, Error> {
    let status = response.status().as_u16();
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = response.headers().iter().filter_map(header).collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable_target("the body", &error))? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_BODY {
            return Err(failure(ErrorCode::Internal, "the answer is larger than 1 MiB".to_owned(), false));
        }
    }
    Ok(Response { status, headers, body })
}

fn unreachable_target(what: &str, error: &reqwest::Error) -> Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let code = if error.is_timeout() { ErrorCode::Timeout } else { ErrorCode::TargetUnreachable };
    failure(code, format!("{what}: {cause}"), true)
}

fn failure(code: ErrorCode, message: String, retryable: bool) -> Error {
    Error { code, message, retryable }
}

impl types::Host for State {}

impl http::Host for State {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, Error>> {
        Ok(self.request(request).await)
    }
}

impl log::Host for State {
    async fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        if self.log.len() < LOG_LINES {
            let message: String = message.chars().take(500).collect();
            self.log.push(format!("{level:?}: {message}"));
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Grant, Origin, State};

    #[test]
    fn only_the_granted_origin_is_reached_however_it_is_spelt() {
        let origin = Origin { address: "127.0.0.1:17392".to_owned(), token: None };
        let state = State::new(Grant { http: vec![origin] }, crate::web::client().build().unwrap());
        assert!(state.granted("http://127.0.0.1:17392/v1/faults/x").is_some());
        let refused = [
            "http://127.0.0.1:17393/",
            "https://127.0.0.1:17392/",
            "http://127.0.0.1:17392@evil:80/",
            "http://127.0.0.1:17392.evil/",
            "http://localhost:17392/",
            "http://2130706433:17392/",
            "http://[::ffff:127.0.0.1]:17392/",
            "HTTP://127.0.0.1:17392/",
            "http://127.0.0.1:17392 /",
            "file:///etc/passwd",
        ];
        for url in refused {
            assert!(state.granted(url).is_none(), "{url}");
        }
    }
}
