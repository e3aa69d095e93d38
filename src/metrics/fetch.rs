//! Getting an answer over HTTP, within bounds: of time, of size, and of whom is trusted.

use super::secret::Vault;
use crate::plan::QUERY_TIMEOUT;
use crate::types::model::Access;
use crate::types::secret::SecretRef;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// An answer has at most this many bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// Why there is no answer that can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchError {
    message: String,
    /// The status of the answer, where there was one that is not 200.
    pub status: Option<u16>,
}

impl FetchError {
    /// An error with its message.
    pub fn new(message: String) -> Self {
        Self { message, status: None }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FetchError {}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The media type, without its parameters; empty where none is said.
    pub kind: String,
    /// By how much the server's clock is ahead of ours; below zero: behind. To a second; nothing where it does not tell.
    pub ahead: Option<f64>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    ///
    /// # Errors
    /// It is none.
    pub fn text(self, url: &str) -> Result<String, FetchError> {
        String::from_utf8(self.body).map_err(|_| FetchError::new(format!("{url} is no text")))
    }
}

/// Asks a source's endpoints.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    authorization: Option<HeaderValue>,
    vault: Arc<Vault>,
}

impl Fetcher {
    /// A fetcher that asks for nothing and gives up after 2 s, follows no redirects and ignores proxies of the environment.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new() -> Result<Self, FetchError> {
        Self::with(&Access::default(), false, Arc::default())
    }

    /// A fetcher that opens a source with what `access` names; `secure` where it speaks HTTPS.
    ///
    /// # Errors
    /// A secret cannot be used for what it is there for, the file of authorities cannot be read, or the client cannot be made.
    pub fn with(access: &Access, secure: bool, vault: Arc<Vault>) -> Result<Self, FetchError> {
        let builder = if secure { crate::web::secure(authorities(access)?) } else { crate::web::client() };
        let mut builder = builder.timeout(Duration::from_secs_f64(QUERY_TIMEOUT));
        if let Some(identity) = identity(access, &vault)? {
            builder = builder.identity(identity);
        }
        let client = builder.build().map_err(|error| FetchError::new(vault.redacted(&describe(&error))))?;
        Ok(Self { client, authorization: authorization(access, &vault)?, vault })
    }

    /// The page at `url`, as text.
    ///
    /// # Errors
    /// No answer in 2 s, another status than 200, more than 16 MiB, no UTF-8.
    pub async fn page(&self, url: &str) -> Result<String, FetchError> {
        self.metrics(url).await?.text(url)
    }

    /// A page of metrics.
    ///
    /// # Errors
    /// No answer in 2 s, another status than 200, more than 16 MiB.
    pub async fn metrics(&self, url: &str) -> Result<Answer, FetchError> {
        const FORMATS: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
        let answer = self.send(url, self.client.get(url).header(ACCEPT, FORMATS)).await?;
        match answer.status {
            200 => Ok(answer),
            status => Err(FetchError { message: format!("{url} answered {status}"), status: Some(status) }),
        }
    }

    /// The answer to a form, whatever its status. A short form goes into the URL, where every gateway lets it pass.
    ///
    /// # Errors
    /// No answer in 2 s, more than 16 MiB.
    pub async fn form(&self, url: &str, fields: &[(&str, &str)]) -> Result<Answer, FetchError> {
        const SHORT: usize = 1500;
        let encoded = encoded(fields);
        let request = if encoded.len() <= SHORT {
            self.client.get(format!("{url}?{encoded}"))
        } else {
            self.client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(encoded)
        };
        self.send(url, request.header(ACCEPT, "application/json")).await
    }

    async fn send(&self, url: &str, request: reqwest::RequestBuilder) -> Result<Answer, FetchError> {
        let failed = |error: reqwest::Error| FetchError::new(self.redacted(&format!("{url}: {}", describe(&error))));
        let request = match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        };
        let asked = SystemTime::now();
        let mut response = request.send().await.map_err(failed)?;
        let mut answer = Answer {
            status: response.status().as_u16(),
            kind: kind(&response),
            ahead: ahead(&response, asked),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            answer.body.extend_from_slice(&chunk);
            if answer.body.len() > LARGEST {
                return Err(FetchError::new(format!("{url} is larger than 16 MiB")));
            }
        }
        Ok(answer)
    }

    /// A text from outside, without the secrets in it.
    pub fn redacted(&self, text: &str) -> String {
        self.vault.redacted(text)
    }
}

/// The fields as `application/x-www-form-urlencoded` has them.
fn encoded(fields: &[(&str, &str)]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    pairs.join("&")
}

fn kind(response: &reqwest::Response) -> String {
    let said = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    said.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// The server's clock against ours. Its time is that of its answer, somewhere between the question and now.
fn ahead(response: &reqwest::Response, asked: SystemTime) -> Option<f64> {
    let said = response.headers().get(DATE)?.to_str().ok()?;
    let there = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(said).ok()?.as_second() as f64;
    let unix = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).map(|it| it.as_secs_f64()).unwrap_or(0.0);
    let (first, last) = (unix(asked), unix(SystemTime::now()));
    // The header counts whole seconds: what it says is up to one later.
    match (there + 1.0 < first, there > last) {
        (true, _) => Some(there + 1.0 - first),
        (_, true) => Some(there - last),
        _ => Some(0.0),
    }
}

fn authorization(access: &Access, vault: &Vault) -> Result<Option<HeaderValue>, FetchError> {
    let secret = |of: &SecretRef| vault.get(of).map(|secret| (of.clone(), secret.reveal().to_owned()));
    let (of, text) = match (access.token.as_ref().and_then(secret), &access.user, &access.password) {
        (Some((of, token)), ..) => (of, format!("Bearer {token}")),
        (None, Some(user), Some(password)) => {
            let Some((of, password)) = secret(password) else { return Ok(None) };
            (of, format!("Basic {}", base64(format!("{user}:{password}").as_bytes())))
        }
        _ => return Ok(None),
    };
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| FetchError::new(format!("{of} holds what no header can hold, such as a line end")))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        let digit = |at: usize| if at <= chunk.len() { char::from(DIGITS[bits >> (18 - 6 * at) & 63]) } else { '=' };
        [digit(0), digit(1), digit(2), digit(3)]
    };
    bytes.chunks(3).flat_map(group).collect()
}

/// The authorities that are trusted instead of the system's.
fn authorities(access: &Access) -> Result<Option<Vec<reqwest::Certificate>>, FetchError> {
    let Some(file) = &access.ca else { return Ok(None) };
    let path = access.folder.join(file);
    let failed = |why: String| FetchError::new(format!("the authorities in {} cannot be read: {why}", path.display()));
    let text = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
    let found = reqwest::Certificate::from_pem_bundle(&text).map_err(|error| failed(describe(&error)))?;
    match found.is_empty() {
        true => Err(failed("there is no certificate in it".to_owned())),
        false => Ok(Some(found)),
    }
}

/// The certificate by which we are known.
fn identity(access: &Access, vault: &Vault) -> Result<Option<reqwest::Identity>, FetchError> {
    let (Some(certificate), Some(key)) = (&access.certificate, &access.key) else { return Ok(None) };
    let (Some(chain), Some(secret)) = (vault.get(certificate), vault.get(key)) else { return Ok(None) };
    let pem = format!("{}\n{}\n", chain.reveal(), secret.reveal());
    let read = reqwest::Identity::from_pem(pem.as_bytes());
    let failed = |_| {
        let what = "are no certificate and key that fit, as PEM";
        FetchError::new(format!("{certificate} and {key} {what}"))
    };
    read.map(Some).map_err(failed)
}

/// The innermost cause, which says what really happened.
pub(super) fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {QUERY_TIMEOUT} s");
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::{base64, encoded};

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(b"chaos:p\xc3\xa4ss"), "Y2hhb3M6cMOkc3M=");
    }

    #[test]
    fn a_query_survives_the_way() {
        assert_eq!(encoded(&[("query", "a{b=\"c\"} + 1"), ("t", "ä")]), "query=a%7Bb%3D%22c%22%7D%20%2B%201&t=%C3%A4");
    }
}
