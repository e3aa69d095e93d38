//! Secrets: read once from environment variables, shown to nobody.

use std::collections::BTreeMap;
use std::fmt;

/// The value of a secret. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one who must send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Why a secret cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSecret {
    /// Its name.
    pub name: String,
    /// What is the matter with it.
    pub why: &'static str,
}

impl fmt::Display for NoSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the secret `{}` {}", self.name, self.why)
    }
}

impl std::error::Error for NoSecret {}

/// A text shorter than this is found in too many others to be taken out of them.
const SHORTEST: usize = 4;

/// The secrets of a run.
#[derive(Clone, Debug, Default)]
pub struct Vault {
    secrets: BTreeMap<String, Secret>,
}

impl Vault {
    /// The secrets with these names, as environment variables hold them. Line ends behind a value are no part of it.
    ///
    /// # Errors
    /// The first that is not set, is empty, or is no text.
    pub fn of_environment<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self, NoSecret> {
        Self::of(names, |name| std::env::var_os(name))
    }

    fn of<'n>(
        names: impl IntoIterator<Item = &'n str>,
        value: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<Self, NoSecret> {
        let one = |name: &str| {
            let lacking = |why| NoSecret { name: name.to_owned(), why };
            let found =
                value(name).ok_or(lacking("is not set: it is read from the environment variable of that name"))?;
            let text = found.into_string().map_err(|_| lacking("is no text"))?;
            match text.trim_end_matches(['\n', '\r']) {
                "" => Err(lacking("is empty")),
                text => Ok((name.to_owned(), Secret(text.to_owned()))),
            }
        };
        Ok(Self { secrets: names.into_iter().map(one).collect::<Result<_, _>>()? })
    }

    /// The secret with this name.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.secrets.get(name)
    }

    /// The names of all secrets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.secrets.keys().map(String::as_str)
    }

    /// A text of somebody else's with every secret in it taken out: servers like to quote what they were sent.
    pub fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, secret) in &self.secrets {
            for part in secret.0.lines().map(str::trim).filter(|part| part.len() >= SHORTEST) {
                if text.contains(part) {
                    text = text.replace(part, &format!("<{name}>"));
                }
            }
        }
        text
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Vault;

    fn vault(value: &str) -> Result<Vault, super::NoSecret> {
        Vault::of(["TOKEN"], |name| (name == "TOKEN" && value != "unset").then(|| value.into()))
    }

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let vault = vault("s3cr3t-value\n").unwrap();
        assert_eq!(vault.get("TOKEN").unwrap().reveal(), "s3cr3t-value");
        assert!(!format!("{vault:?}").contains("s3cr3t"));
        assert_eq!(vault.redacted("no user for `s3cr3t-value`, s3cr3t-value"), "no user for `<TOKEN>`, <TOKEN>");
    }

    #[test]
    fn a_secret_that_is_not_there_is_named() {
        assert!(vault("unset").unwrap_err().to_string().contains("`TOKEN` is not set"));
        assert!(vault("\n").unwrap_err().to_string().contains("is empty"));
    }
}
