//! The server that the proxy stands in front of.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::header::HeaderValue;

/// Where the traffic goes: `http://host:port`, plain HTTP/1.1. The port is 80 unless told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    host: String,
    port: u16,
}

/// Why a text names no upstream. `Display` says it for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamError {
    /// Not a URL at all, or one without a host.
    Malformed(String),
    /// A scheme other than `http`; the proxy speaks no TLS.
    Scheme(String),
    /// More than scheme, host and port; the name of what's too much.
    Extra(&'static str),
}

impl Upstream {
    /// The host's name or address; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port, 1..=65535.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The `Host` header for a request that came without one.
    pub(super) fn authority(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.to_string().trim_start_matches("http://")).ok()
    }
}

impl FromStr for Upstream {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        let malformed = || UpstreamError::Malformed(text.to_owned());
        if text.contains('#') {
            return Err(UpstreamError::Extra("a fragment"));
        }
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        match uri.scheme_str() {
            Some("http") => {}
            Some(other) => return Err(UpstreamError::Scheme(other.to_owned())),
            None => return Err(malformed()),
        }
        refuse_extras(&uri)?;
        let authority = uri.authority().ok_or_else(malformed)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let port = explicit_port(authority.as_str(), authority.host()).ok_or_else(malformed)?;
        if host.is_empty() { Err(malformed()) } else { Ok(Self { host: host.to_owned(), port }) }
    }
}

fn refuse_extras(uri: &Uri) -> Result<(), UpstreamError> {
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(UpstreamError::Extra("a user name or password"));
    }
    if uri.query().is_some() {
        return Err(UpstreamError::Extra("a query"));
    }
    if !matches!(uri.path(), "" | "/") {
        return Err(UpstreamError::Extra("a path"));
    }
    Ok(())
}

/// The port after `host` in `authority`: 80 when there's none, nothing when it's not 1..=65535.
fn explicit_port(authority: &str, host: &str) -> Option<u16> {
    match authority.strip_prefix(host)? {
        "" => Some(80),
        rest => rest.strip_prefix(':')?.parse().ok().filter(|port| *port != 0),
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "http://[{}]:{}", self.host, self.port),
            false => write!(f, "http://{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(text) => write!(f, "{text:?} is not a URL of the form http://host:port"),
            Self::Scheme(scheme) if scheme == "https" => {
                f.write_str("https is not supported: the proxy speaks plain HTTP; write http://host:port")
            }
            Self::Scheme(scheme) => write!(f, "the scheme {scheme:?} is not supported; write http://host:port"),
            Self::Extra(what) => write!(f, "the upstream has {what}; write only http://host:port"),
        }
    }
}

impl std::error::Error for UpstreamError {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port() {
        for (text, host, port) in [
            ("http://shop.local:8080", "shop.local", 8080),
            ("http://127.0.0.1:1/", "127.0.0.1", 1),
            ("http://[::1]:9000", "::1", 9000),
            ("http://shop", "shop", 80),
            ("HTTP://shop", "shop", 80),
        ] {
            let upstream: Upstream = text.parse().unwrap();
            assert_eq!((upstream.host(), upstream.port()), (host, port), "{text}");
            assert_eq!(upstream.to_string().parse::<Upstream>().unwrap(), upstream);
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        for (text, reason) in [
            ("https://shop:8080", "https is not supported"),
            ("ftp://shop", "scheme"),
            ("http://shop/path", "a path"),
            ("http://shop?q=1", "a query"),
            ("http://shop#part", "a fragment"),
            ("http://me:pw@shop", "a user name"),
            ("shop:8080", "not"),
            ("http://shop:0", "not a URL"),
            ("http://shop:65536", "not a URL"),
            ("http://shop:", "not a URL"),
            ("http://", "not a URL"),
            ("", "not a URL"),
        ] {
            let refusal = text.parse::<Upstream>().unwrap_err().to_string();
            assert!(refusal.contains(reason), "{text}: {refusal}");
        }
    }
}
