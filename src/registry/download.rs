//! Components that lie at an address of the web.

use super::access::may_be_asked;
use super::answer::{CONNECT_TIMEOUT, REDIRECTS, TIMEOUT, body, cause, elsewhere};
use super::error::RegistryError;
use super::manifest::LARGEST;
use reqwest::{StatusCode, Url};

/// Whether nobody on the way can give something else: it is asked over TLS, or on this machine.
pub fn is_safe(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| may_be_asked(&url))
}

/// Downloads a component. Where its digest is not `known`, it is asked for over TLS alone, or on this machine.
///
/// # Errors
/// It cannot be had.
pub async fn download(text: &str, known: bool) -> Result<Vec<u8>, RegistryError> {
    let mut url = parsed(text)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let unreachable = |why: String| RegistryError::Unreachable(format!("{host} does not give it: {why}"));
    let plain = url.scheme() == "http" && may_be_asked(&url);
    let builder = if plain { crate::web::client() } else { crate::web::secure(None) };
    let client = builder.timeout(TIMEOUT).connect_timeout(CONNECT_TIMEOUT).build();
    let client = client.map_err(|error| unreachable(error.to_string()))?;
    for _hop in 0..=REDIRECTS {
        if !known && !may_be_asked(&url) {
            return Err(RegistryError::Unreachable(format!(
                "{} is asked without TLS, so anybody on the way could give something else",
                url.host_str().unwrap_or_default()
            )));
        }
        let answer = client.get(url.clone()).send().await.map_err(|error| unreachable(cause(&error)))?;
        if let Some(next) = elsewhere(&answer) {
            url = next;
            continue;
        }
        return match answer.status() {
            status if status.is_success() => body(answer, LARGEST, &unreachable).await,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(RegistryError::Denied(format!("{host} does not let us read it")))
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                Err(RegistryError::Missing(format!("{host} has no {}", url.path())))
            }
            status => Err(unreachable(status.to_string())),
        };
    }
    Err(unreachable("it sends us on and on".to_owned()))
}

/// A URL without a user: a password belongs in no file.
fn parsed(text: &str) -> Result<Url, RegistryError> {
    let wrong = |why: &str| RegistryError::Reference(format!("`{text}` is no URL of a component: {why}"));
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it names a user"));
    }
    if url.fragment().is_some() {
        return Err(wrong("it has a fragment"));
    }
    Ok(url)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{is_safe, parsed};

    #[test]
    fn urls_name_no_users_and_are_safe_over_tls_or_here() {
        for wrong in ["https://me:pw@host/a.wasm", "https://me@host/a", "https://", "http://a b/", "https://h/a#b"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
        assert!(parsed("https://example.com/a.wasm?x=1").is_ok());
        assert!(is_safe("https://example.com/a") && is_safe("http://127.0.0.1:8080/a"));
        assert!(!is_safe("http://example.com/a") && !is_safe("a"));
    }
}
