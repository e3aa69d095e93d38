//! How the services call each other.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::body::Bytes;
use reqwest::{Client, RequestBuilder, StatusCode, Url};

use super::error::DemoError;

const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// How long an unused connection is kept. Well below the 30 s after which servers close theirs, so that requests seldom
/// run into a connection that is being closed.
const KEPT: Duration = Duration::from_secs(10);

/// Where a service is found: `http://127.0.0.1:7302`, with or without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("{error}; expected http://HOST:PORT"))?;
        if url.scheme() != "http" || url.query().is_some() || url.fragment().is_some() {
            return Err("expected http://HOST:PORT".to_owned());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// By how much every patience is stretched: the shop's own test asks what becomes of orders, not how busy the machine is.
const STRETCH: u32 = if cfg!(test) { 60 } else { 1 };

/// Sets up the one client of a service; `timeout` bounds each request from connecting to the answer's last byte.
pub fn client(timeout: Duration) -> Result<Client, DemoError> {
    // The shop is on loopback: a proxy from the environment would only be in the way.
    crate::web::client()
        .connect_timeout(CONNECT_TIMEOUT * STRETCH)
        .timeout(timeout * STRETCH)
        .pool_idle_timeout(KEPT)
        .build()
        .map_err(DemoError::Client)
}

/// What a service answered.
#[derive(Debug)]
pub struct Answer {
    /// The status of the answer.
    pub status: StatusCode,
    /// The whole body.
    pub body: Bytes,
}

/// Why a call did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// No connection, no answer in time, or one cut short.
    Unanswered(reqwest::Error),
    /// An answer other than 2xx.
    Refused(StatusCode),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered(error) if error.is_timeout() => f.write_str("no answer in time"),
            Self::Unanswered(error) if error.is_connect() => f.write_str("no connection"),
            Self::Unanswered(_) => f.write_str("the connection broke"),
            Self::Refused(status) => write!(f, "the answer was {}", status.as_u16()),
        }
    }
}

impl Answer {
    /// Keeps a 2xx answer and makes a failure of any other.
    pub fn success(self) -> Result<Self, Failure> {
        if self.status.is_success() { Ok(self) } else { Err(Failure::Refused(self.status)) }
    }
}

/// A service that another one calls.
#[derive(Debug, Clone)]
pub struct Peer {
    client: Client,
    base: BaseUrl,
}

impl Peer {
    /// The service at `base`, called through `client`.
    pub const fn new(client: Client, base: BaseUrl) -> Self {
        Self { client, base }
    }

    /// A GET of `path`, which starts with a slash.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    /// A POST to `path`, which starts with a slash.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base))
    }

    /// Whether its `GET path` answers 2xx.
    pub async fn answers(&self, path: &str) -> bool {
        call(self.get(path)).await.and_then(Answer::success).is_ok()
    }
}

/// Sends a request once. Reads the answer to its end, which is what lets the connection be used again.
pub async fn call(request: RequestBuilder) -> Result<Answer, Failure> {
    let response = request.send().await.map_err(Failure::Unanswered)?;
    let status = response.status();
    let body = response.bytes().await.map_err(Failure::Unanswered)?;
    Ok(Answer { status, body })
}

/// Sends a request that may be carried out twice without harm, and sends it again if its connection broke: a pooled one
/// may have been closed by the other side in the meantime.
pub async fn call_repeatable(request: RequestBuilder) -> Result<Answer, Failure> {
    let again = request.try_clone();
    match (call(request).await, again) {
        (Err(Failure::Unanswered(error)), Some(again)) if !error.is_timeout() && !error.is_connect() => {
            call(again).await
        }
        (outcome, _) => outcome,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_makes_no_difference() {
        let with = "http://127.0.0.1:7302/".parse::<BaseUrl>().unwrap();
        assert_eq!(with, "http://127.0.0.1:7302".parse().unwrap());
        assert_eq!(with.to_string(), "http://127.0.0.1:7302");
    }

    #[test]
    fn refuses_what_is_no_plain_http_address() {
        for text in ["", "localhost:7302", "https://shop.example", "http://", "http://a?b=c"] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text}");
        }
    }
}
