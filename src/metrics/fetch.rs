//! Getting an endpoint's page, within bounds.

use crate::plan::QUERY_TIMEOUT;
use std::fmt;
use std::time::Duration;

/// A page of metrics has at most this many bytes.
const LARGEST_PAGE: usize = 16 * 1024 * 1024;

/// Why a page could not be got.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchError {
    message: String,
    /// The status of the answer, where there was one that is not 200.
    pub status: Option<u16>,
}

impl FetchError {
    fn new(message: String) -> Self {
        Self { message, status: None }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FetchError {}

/// Gets pages.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: reqwest::Client,
}

impl Fetcher {
    /// A fetcher that gives up after 2 s, follows no redirects and ignores proxies of the environment.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new() -> Result<Self, FetchError> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs_f64(QUERY_TIMEOUT))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build();
        client.map(|client| Self { client }).map_err(|error| FetchError::new(describe(&error)))
    }

    /// The page at `url`.
    ///
    /// # Errors
    /// No answer in 2 s, another status than 200, more than 16 MiB, no UTF-8.
    pub async fn page(&self, url: &str) -> Result<String, FetchError> {
        let request =
            self.client.get(url).header("accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
        let mut response =
            request.send().await.map_err(|error| FetchError::new(format!("{url}: {}", describe(&error))))?;
        if response.status() != reqwest::StatusCode::OK {
            let status = response.status().as_u16();
            return Err(FetchError { message: format!("{url} answered {status}"), status: Some(status) });
        }
        let mut page = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| FetchError::new(format!("{url}: {}", describe(&error))))?
        {
            page.extend_from_slice(&chunk);
            if page.len() > LARGEST_PAGE {
                return Err(FetchError::new(format!("{url} is larger than 16 MiB")));
            }
        }
        String::from_utf8(page).map_err(|_| FetchError::new(format!("{url} is no text")))
    }
}

/// The innermost cause, which says what really happened.
fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {QUERY_TIMEOUT} s");
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
