//! Rank 7: HTTP clients: one way to make them, with one that speaks TLS.

use reqwest::{Certificate, ClientBuilder};

/// A client for plain HTTP. It follows no redirects and ignores proxies of the environment; whoever builds it sets its
/// time-outs.
///
/// It trusts nobody, so the authorities of the system are not read for it: that takes a while, and there may be none.
pub fn client() -> ClientBuilder {
    secure(Some(Vec::new()))
}

/// The same for HTTPS: trusts these authorities, or where none are named the system's.
///
/// What speaks TLS is the same in the whole program; without it no client can be built, also one that never speaks it.
pub fn secure(authorities: Option<Vec<Certificate>>) -> ClientBuilder {
    let _set_already = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    match authorities {
        Some(own) => builder.tls_certs_only(own),
        None => builder,
    }
}
