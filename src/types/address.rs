//! Addresses: `host:port`, and URLs of HTTP.

use std::fmt;

/// A host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    pub host: String,
    /// The port, from 1.
    pub port: u16,
}

impl Address {
    /// Reads `host:port`.
    ///
    /// # Errors
    /// What is wrong with it, for a message.
    pub fn parse(text: &str) -> Result<Address, String> {
        let (host, port) = text.rsplit_once(':').ok_or_else(|| format!("`{text}` has no port"))?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let port: u16 = port.parse().ok().filter(|port| *port > 0).ok_or_else(|| format!("`{port}` is no port"))?;
        let named =
            |host: &str| !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        match bare {
            Some(six) if six.parse::<std::net::Ipv6Addr>().is_ok() => Ok(Address { host: six.to_owned(), port }),
            None if named(host) => Ok(Address { host: host.to_owned(), port }),
            _ => Err(format!("`{host}` is no host")),
        }
    }

    /// The address of the proxy's admin API where none is written: 10000 ports higher, and on loopback for a proxy that
    /// listens on all addresses.
    pub fn admin(&self) -> Option<Address> {
        let port = self.port.checked_add(10_000)?;
        let host = match self.host.as_str() {
            "0.0.0.0" => "127.0.0.1".to_owned(),
            "::" => "::1".to_owned(),
            own => own.to_owned(),
        };
        Some(Address { host, port })
    }

    /// Whether it is this machine's own loopback.
    pub fn is_loopback(&self) -> bool {
        let ip = self.host.parse::<std::net::IpAddr>();
        self.host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// `http://host:port/path`, `https://host/path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Whether it is `https`.
    pub secure: bool,
    /// Host and port.
    pub address: Address,
    /// The path with its slash; empty where there is none.
    pub path: String,
}

impl Url {
    /// Reads a URL of HTTP.
    ///
    /// # Errors
    /// What is wrong with it, for a message.
    pub fn parse(text: &str) -> Result<Url, String> {
        let (secure, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(format!("`{text}` does not start with `http://` or `https://`")),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        if host.contains('@') {
            return Err("a URL holds no user name or password here".to_owned());
        }
        if path.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("a URL holds no blanks".to_owned());
        }
        let with_port = if host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']')) {
            host.to_owned()
        } else {
            format!("{host}:{}", if secure { 443 } else { 80 })
        };
        Ok(Url { secure, address: Address::parse(&with_port)?, path: path.to_owned() })
    }

    /// Whether both name one place: names of hosts have no case, and no path is the root.
    pub fn is_same(&self, other: &Url) -> bool {
        let path = |url: &Url| if url.path.is_empty() { "/".to_owned() } else { url.path.clone() };
        let host = |url: &Url| url.address.host.to_ascii_lowercase();
        (self.secure, self.address.port) == (other.secure, other.address.port)
            && host(self) == host(other)
            && path(self) == path(other)
    }

    /// Without its path.
    pub fn base(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.address)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.base(), self.path)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Address, Url};

    #[test]
    fn addresses_are_read_and_shown() {
        for good in ["127.0.0.1:7300", "[::1]:80", "payment-egress.shop.svc:8443"] {
            assert_eq!(Address::parse(good).unwrap().to_string(), good);
        }
        for wrong in ["", "7300", "a:", "a:0", "a:70000", ":80", "[::1:80", "a b:80", "::1:80"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn urls_are_of_http() {
        assert_eq!(Url::parse("http://a:1/metrics").unwrap().path, "/metrics");
        assert_eq!(Url::parse("http://a").unwrap().address.port, 80);
        assert_eq!(Url::parse("https://a/x").unwrap().to_string(), "https://a:443/x");
        let same = |a: &str, b: &str| Url::parse(a).unwrap().is_same(&Url::parse(b).unwrap());
        assert!(same("http://a", "http://A:80/") && same("https://a:443/x", "https://a/x"));
        assert!(
            !same("http://a/x", "http://a/X") && !same("http://a:1", "http://a:2") && !same("http://a", "https://a:80")
        );
        for wrong in ["ftp://a", "http://", "http://u:p@a", "http://a/ b", "a:80", "https:/a"] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}
