//! Rank 7: HTTP clients: one way to make them, with one that speaks TLS.

use reqwest::{Certificate, ClientBuilder};
use rustls::CertificateError;
use std::error::Error;

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

/// What helps against a server's certificate that does not fit; none where an error is another one.
pub fn certificate_help(error: &reqwest::Error) -> Option<&'static str> {
    match refused_certificate(error)? {
        CertificateError::UnknownIssuer => Some(
            "its certificate is of an authority that is not known here: add that to the system's authorities, or name its file \
             in `SSL_CERT_FILE`",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Some("its certificate is for another name: use the one that stands in it")
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            Some("its certificate is not valid at this time: renew it, or set the clock")
        }
        _ => Some("its certificate does not fit"),
    }
}

/// Why a certificate was refused, as TLS says it, under whatever it is wrapped in.
fn refused_certificate(error: &reqwest::Error) -> Option<&CertificateError> {
    let mut at: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = at {
        if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
            return Some(why);
        }
        // What an error of I/O holds is not its source, but has one.
        let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        at = held.map_or_else(|| error.source(), |held| Some(held));
    }
    None
}
