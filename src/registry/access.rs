//! How a registry lets somebody in: it answers 401 and says what it wants, a name with a password or a token that it sells for
//! them elsewhere.

use super::error::RegistryError;
use super::reference::is_local;
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;

/// A name and a password.
#[derive(Clone)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password, or a token in its place.
    pub password: String,
}

/// What every request is sent with.
#[derive(Clone)]
pub enum Access {
    /// Nothing.
    Open,
    /// A name and a password.
    Basic(Credentials),
    /// A token.
    Bearer(String),
}

/// The answer of whoever sells tokens.
#[derive(Deserialize)]
struct Token {
    #[serde(alias = "access_token")]
    token: String,
}

impl Access {
    /// A request that is let in.
    pub fn with(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Access::Open => request,
            Access::Basic(it) => request.basic_auth(&it.user, Some(&it.password)),
            Access::Bearer(token) => request.bearer_auth(token),
        }
    }

    /// What is wanted, got.
    ///
    /// # Errors
    /// It wants credentials and there are none, or no token is given for them.
    pub async fn wanted(
        client: &Client,
        challenge: &str,
        own: Option<&Credentials>,
        host: &str,
    ) -> Result<Self, RegistryError> {
        let (scheme, fields) = challenge.split_once(' ').unwrap_or((challenge, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            let own = own.ok_or_else(|| RegistryError::Denied(format!("{host} wants a name and a password")))?;
            return Ok(Access::Basic(own.clone()));
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(RegistryError::Denied(format!("{host} wants `{scheme}`, which is not known here")));
        }
        Ok(Access::Bearer(token(client, fields, own, host).await?))
    }
}

async fn token(client: &Client, fields: &str, own: Option<&Credentials>, host: &str) -> Result<String, RegistryError> {
    let denied = |why: &str| RegistryError::Denied(format!("{host} wants a token: {why}"));
    let realm = field(fields, "realm").ok_or_else(|| denied("it does not say of whom"))?;
    let mut url = Url::parse(realm).map_err(|_| denied("where it is got is no URL"))?;
    if !may_be_asked(&url) {
        return Err(denied("where it is got is without TLS, so no credentials go there"));
    }
    for name in ["service", "scope"] {
        if let Some(value) = field(fields, name) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    let request = client.get(url);
    let request = match own {
        Some(own) => request.basic_auth(&own.user, Some(&own.password)),
        None => request,
    };
    let answer = request.send().await.map_err(|error| denied(&error.without_url().to_string()))?;
    if !answer.status().is_success() {
        return Err(denied(&format!("that was answered with {}", answer.status().as_u16())));
    }
    let sold: Token = answer.json().await.map_err(|_| denied("the answer holds none"))?;
    Ok(sold.token)
}

/// Over TLS, or on this machine.
pub fn may_be_asked(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && url.host_str().is_some_and(is_local)
}

/// A field of a challenge: `realm="…",service="…"`.
fn field<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = fields;
    loop {
        let (found, behind) = rest.trim_start_matches([',', ' ']).split_once("=\"")?;
        let (value, behind) = behind.split_once('"')?;
        if found.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = behind;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{field, may_be_asked};

    #[test]
    fn challenges_are_read() {
        let fields =
            r#"realm="https://auth.example/token",service="registry.example", scope="repository:a/b:pull,push""#;
        assert_eq!(field(fields, "realm"), Some("https://auth.example/token"));
        assert_eq!(field(fields, "service"), Some("registry.example"));
        assert_eq!(field(fields, "scope"), Some("repository:a/b:pull,push"));
        assert_eq!(field(fields, "error"), None);
        for broken in ["", "realm", "realm=\"", "realm=x", ",,,"] {
            assert_eq!(field(broken, "realm"), None, "{broken}");
        }
    }

    #[test]
    fn credentials_go_over_tls_or_stay_here() {
        for (url, may) in [
            ("https://auth.example/token", true),
            ("http://127.0.0.1:5001/token", true),
            ("http://auth.example/token", false),
            ("http://localhost.example/token", false),
            ("ftp://auth.example/token", false),
        ] {
            assert_eq!(may_be_asked(&url.parse().unwrap()), may, "{url}");
        }
    }
}
