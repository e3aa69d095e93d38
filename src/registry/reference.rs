//! The name of something in a registry.

use super::error::RegistryError;
use std::fmt;

/// `oci://host:port/name:tag`, `oci://host/name@sha256:…`, or both: then the digest decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The registry, with its port where that is not the usual one.
    pub host: String,
    /// The repository.
    pub name: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest of the manifest, `sha256:` and 64 hexadecimal digits: what it names can never be something else.
    pub digest: Option<String>,
}

impl Reference {
    /// Reads a name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let wrong = |why: &str| RegistryError::Reference(format!("`{text}` names nothing in a registry: {why}"));
        let rest = text.strip_prefix("oci://").ok_or_else(|| wrong("it does not begin with oci://"))?;
        let (host, path) = rest.split_once('/').ok_or_else(|| wrong("it has no repository"))?;
        let (path, digest) = path.split_once('@').map_or((path, None), |(path, digest)| (path, Some(digest)));
        let (name, tag) = path.split_once(':').map_or((path, None), |(name, tag)| (name, Some(tag)));
        if !is_host(host) {
            return Err(wrong("its host is none"));
        }
        if !name.split('/').all(is_part) {
            return Err(wrong("a repository has small letters, digits, and . _ - between them"));
        }
        if !tag.is_none_or(is_tag) {
            return Err(wrong("its tag is none"));
        }
        if !digest.is_none_or(is_digest) {
            return Err(wrong("a digest is sha256: and 64 hexadecimal digits"));
        }
        if tag.is_none() && digest.is_none() {
            return Err(wrong("it has neither a tag nor a digest"));
        }
        let owned = |part: Option<&str>| part.map(str::to_owned);
        Ok(Self { host: host.to_owned(), name: name.to_owned(), tag: owned(tag), digest: owned(digest) })
    }

    /// What names the manifest at the registry.
    pub(super) fn manifest(&self) -> &str {
        self.digest.as_deref().or(self.tag.as_deref()).unwrap_or_default()
    }

    /// Whether it is on this machine: only then it is talked to without TLS.
    pub(super) fn is_local(&self) -> bool {
        is_local(&self.host)
    }
}

/// Whether `host` or `host:port` is this machine.
pub(super) fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name.parse::<std::net::Ipv4Addr>().is_ok_and(|it| it.is_loopback())
}

/// Whether it is `sha256:` and a digest.
pub(super) fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    !name.is_empty() && name.bytes().all(named) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn is_part(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'_' | b'-'))
        && text.bytes().next().is_some_and(plain)
        && text.bytes().last().is_some_and(plain)
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.host, self.name)?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Reference;

    #[test]
    fn names_are_read_and_written() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for text in [
            "oci://localhost:5000/cut:1.0".to_owned(),
            "oci://registry.example/shop/faults/cut:latest".to_owned(),
            format!("oci://registry.example/cut@{digest}"),
            format!("oci://registry.example/cut:1@{digest}"),
        ] {
            assert_eq!(Reference::parse(&text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let short = "oci://registry.example/cut@sha256:0a";
        let upper = format!("oci://registry.example/cut@sha256:{}", "0A".repeat(32));
        for text in [
            "",
            "cut.wasm",
            "https://registry.example/cut:1",
            "oci://registry.example",
            "oci://registry.example/",
            "oci://registry.example/cut",
            "oci://registry.example/Cut:1",
            "oci://registry.example/../cut:1",
            "oci://registry.example/a//b:1",
            "oci://registry.example/cut:",
            "oci://registry.example/cut:a/b",
            "oci://registry.example/cut:1?x=y",
            "oci://me@registry.example/cut:1",
            "oci://registry.example:port/cut:1",
            "oci:///cut:1",
            short,
            &upper,
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_local() {
        for (text, local) in [
            ("oci://localhost:5000/a:1", true),
            ("oci://127.0.0.1:5000/a:1", true),
            ("oci://localhost.example/a:1", false),
            ("oci://127.0.0.1.example/a:1", false),
            ("oci://10.0.0.1/a:1", false),
        ] {
            assert_eq!(Reference::parse(text).unwrap().is_local(), local, "{text}");
        }
    }
}
