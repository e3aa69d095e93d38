//! What is common to all answers of servers that give components.

use super::error::RegistryError;
use reqwest::header::LOCATION;
use reqwest::{Response, Url};
use std::time::Duration;

/// A component must have come by then.
pub const TIMEOUT: Duration = Duration::from_secs(300);
/// A server must be reached by then.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What is asked for often lies elsewhere.
pub const REDIRECTS: usize = 3;

/// Where an answer sends us.
pub fn elsewhere(answer: &Response) -> Option<Url> {
    let location = answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection())?;
    answer.url().join(location.to_str().ok()?).ok()
}

/// What an answer holds, at most so many bytes; `unreachable` says what it means when it breaks off.
pub async fn body(
    mut answer: Response,
    most: u64,
    unreachable: &(dyn Fn(String) -> RegistryError + Sync),
) -> Result<Vec<u8>, RegistryError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(cause(&error)))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > most {
            return Err(RegistryError::Damaged(format!("what was given is longer than {most} bytes")));
        }
    }
    Ok(bytes)
}

/// The innermost reason, without the URL.
pub fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
