//! Pulling: the manifest by its tag or digest, then the layer that is the component. What comes is held against its digest, so
//! neither the registry nor whoever stands between can give something else.

use super::access::{Access, Credentials, may_be_asked};
use super::answer::{CONNECT_TIMEOUT, REDIRECTS, TIMEOUT, body, cause, elsewhere};
use super::error::RegistryError;
use super::manifest::{self, MANIFESTS};
use super::reference::Reference;
use reqwest::header::{ACCEPT, WWW_AUTHENTICATE};
use reqwest::{Client, Response, StatusCode, Url};
use sha2::{Digest, Sha256};

/// The largest manifest, in bytes: what registries take at most.
const LARGEST_MANIFEST: u64 = 4 << 20;

/// A component that was pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// What it was pulled by, with the digest of the manifest: pulled by that, it is the same for ever.
    pub pinned: Reference,
    /// The component.
    pub bytes: Vec<u8>,
}

/// Pulls a component.
///
/// # Errors
/// It cannot be had, or is not what was asked for.
pub async fn pull(reference: &Reference, own: Option<&Credentials>) -> Result<Pulled, RegistryError> {
    let mut session = Session::with(reference, own)?;
    let text = session.get(&format!("manifests/{}", reference.manifest()), LARGEST_MANIFEST).await?;
    let digest = digest_of(&text);
    if let Some(asked) = reference.digest.as_ref().filter(|asked| **asked != digest) {
        return Err(damaged(&format!("the manifest of {asked}"), &digest));
    }
    let layer = manifest::component(&text)?;
    let bytes = session.get(&format!("blobs/{}", layer.digest), layer.size).await?;
    if digest_of(&bytes) != layer.digest {
        return Err(damaged(&format!("the layer {}", layer.digest), &digest_of(&bytes)));
    }
    Ok(Pulled { pinned: Reference { digest: Some(digest), ..reference.clone() }, bytes })
}

fn digest_of(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn damaged(what: &str, is: &str) -> RegistryError {
    RegistryError::Damaged(format!("{what} is not what the registry gave: that has the digest {is}"))
}

/// A conversation with one registry about one repository.
struct Session<'a> {
    client: Client,
    reference: &'a Reference,
    own: Option<&'a Credentials>,
    access: Access,
}

impl<'a> Session<'a> {
    fn with(reference: &'a Reference, own: Option<&'a Credentials>) -> Result<Self, RegistryError> {
        let builder = if reference.is_local() { crate::web::client() } else { crate::web::secure(None) };
        let client = builder.timeout(TIMEOUT).connect_timeout(CONNECT_TIMEOUT).build();
        let client = client.map_err(|error| RegistryError::Unreachable(error.to_string()))?;
        Ok(Self { client, reference, own, access: Access::Open })
    }

    fn unreachable(&self, why: impl std::fmt::Display) -> RegistryError {
        RegistryError::Unreachable(format!("{} does not answer as a registry: {why}", self.reference.host))
    }

    /// What lies at a path of the repository, at most so many bytes.
    async fn get(&mut self, path: &str, most: u64) -> Result<Vec<u8>, RegistryError> {
        let Reference { host, name, .. } = self.reference;
        let scheme = if self.reference.is_local() { "http" } else { "https" };
        let url =
            Url::parse(&format!("{scheme}://{host}/v2/{name}/{path}")).map_err(|error| self.unreachable(error))?;
        let mut answer = self.ask(&url, true).await?;
        if answer.status() == StatusCode::UNAUTHORIZED && matches!(self.access, Access::Open) {
            let challenge = answer.headers().get(WWW_AUTHENTICATE).and_then(|it| it.to_str().ok()).unwrap_or_default();
            self.access = Access::wanted(&self.client, challenge, self.own, host).await?;
            answer = self.ask(&url, true).await?;
        }
        for _hop in 0..REDIRECTS {
            let Some(next) = elsewhere(&answer) else { break };
            if !may_be_asked(&next) {
                return Err(self.unreachable("it sends us on to where there is no TLS"));
            }
            // The credentials are the registry's, and not of whoever keeps its layers.
            answer = self.ask(&next, false).await?;
        }
        match answer.status() {
            status if status.is_success() => body(answer, most, &|why| self.unreachable(why)).await,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(RegistryError::Denied(format!("{host} does not let us read {name}: other credentials are needed")))
            }
            StatusCode::NOT_FOUND => Err(RegistryError::Missing(format!("{host} has no {path} in {name}"))),
            status => Err(self.unreachable(status)),
        }
    }

    async fn ask(&self, url: &Url, known: bool) -> Result<Response, RegistryError> {
        let request = self.client.get(url.clone()).header(ACCEPT, format!("{MANIFESTS}, */*;q=0.1"));
        let request = if known { self.access.with(request) } else { request };
        request.send().await.map_err(|error| self.unreachable(cause(&error)))
    }
}
