//! Capability `http`.

use super::ask::{Deed, Refusal, State, denied, exhausted, failed};
use crate::injector::bindings::v0_1::chaos::injector as oldest;
use crate::injector::bindings::v0_2::chaos::injector::http::{self, Request, Response};
use crate::injector::bindings::v0_2::chaos::injector::types::{Error, ErrorCode};
use crate::injector::grant::Origin;
use crate::injector::limits::{LARGEST_ANSWER, REQUEST_TIMEOUT};
use crate::types::address::Url;
use std::time::Duration;

/// Methods that change nothing at a target.
const SAFE: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

impl State {
    /// The granted origin that a URL lies in. Only the spelling of the grant is understood, so nothing can be disguised; and
    /// the client that sends the request must read the same out of it.
    pub(super) fn granted(&self, url: &str) -> Result<&Origin, Refusal> {
        let none = || denied(format!("no grant for {}", without_query(url)));
        let read = Url::parse(url).map_err(|_| none())?;
        let client_reads = reqwest::Url::parse(url).map_err(|_| none())?;
        let same = client_reads.host_str().map(|host| host.trim_matches(['[', ']'])) == Some(&read.address.host)
            && client_reads.port_or_known_default() == Some(read.address.port)
            && client_reads.username().is_empty()
            && client_reads.password().is_none();
        let address = read.address.to_string();
        let mut origins = self.grant.http.iter();
        origins.find(|origin| same && origin.address == address && origin.secure == read.secure).ok_or_else(none)
    }

    pub(super) async fn request(&mut self, request: Request) -> Result<Response, Refusal> {
        let what = format!("{} {}", request.method, without_query(&request.url));
        let safe = SAFE.contains(&request.method.as_str());
        self.ask("http", what.clone(), async move |state| {
            if !safe {
                state.may_change(&what)?;
            }
            let response = state.send_now(request).await?;
            if !safe && (200..300).contains(&response.status) {
                state.deeds.push(Deed::Request);
            }
            Ok(response)
        })
        .await
    }

    async fn send_now(&mut self, request: Request) -> Result<Response, Refusal> {
        let origin = self.granted(&request.url)?.clone();
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| failed(ErrorCode::InvalidParams, format!("no method `{}`", request.method)))?;
        let timeout = request.timeout.map_or(REQUEST_TIMEOUT, Duration::from_nanos).min(REQUEST_TIMEOUT);
        let client = self.clients.of(origin.secure).map_err(|error| failed(ErrorCode::Internal, error))?;
        let mut sending = client.request(method, &request.url).timeout(timeout);
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

/// Where a query could hold what is nobody's business.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// Headers that only the host sets.
fn is_reserved(name: &str) -> bool {
    [
        "authorization",
        "host",
        "connection",
        "transfer-encoding",
        "content-length",
        "proxy-authorization",
        "te",
        "upgrade",
    ]
    .iter()
    .any(|reserved| name.eq_ignore_ascii_case(reserved))
}

async fn answer(mut response: reqwest::Response) -> Result<Response, Refusal> {
    let status = response.status().as_u16();
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = response.headers().iter().filter_map(header).collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable_target("the body", &error))? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_ANSWER {
            return Err(exhausted("the answer is larger than 1 MiB".to_owned()));
        }
    }
    Ok(Response { status, headers, body })
}

fn unreachable_target(what: &str, error: &reqwest::Error) -> Refusal {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let code = if error.is_timeout() { ErrorCode::Timeout } else { ErrorCode::TargetUnreachable };
    let help = crate::web::certificate_help(error).map(|help| format!("; {help}")).unwrap_or_default();
    failed(code, format!("{}: {cause}{help}", without_query(what)))
}

impl http::Host for State {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, Error>> {
        Ok(self.request(request).await)
    }
}

impl oldest::types::Host for State {}

/// 0.1 asks in the same words.
impl oldest::http::Host for State {
    async fn send(
        &mut self,
        request: oldest::http::Request,
    ) -> wasmtime::Result<Result<oldest::http::Response, oldest::types::Error>> {
        let oldest::http::Request { method, url, headers, body, timeout } = request;
        let answer = self.request(Request { method, url, headers, body, timeout }).await;
        Ok(answer.map(|Response { status, headers, body }| oldest::http::Response { status, headers, body }).map_err(
            |Error { code, message, retryable }| oldest::types::Error { code: older(code), message, retryable },
        ))
    }
}

fn older(code: ErrorCode) -> oldest::types::ErrorCode {
    use oldest::types::ErrorCode as Older;
    match code {
        ErrorCode::InvalidParams => Older::InvalidParams,
        ErrorCode::UnsupportedTarget => Older::UnsupportedTarget,
        ErrorCode::PermissionDenied => Older::PermissionDenied,
        ErrorCode::TargetUnreachable => Older::TargetUnreachable,
        ErrorCode::Timeout => Older::Timeout,
        ErrorCode::UnknownHandle => Older::UnknownHandle,
        // 0.1 knows no word for it.
        ErrorCode::Exhausted | ErrorCode::Internal => Older::Internal,
        ErrorCode::Other(code) => Older::Other(code),
    }
}
