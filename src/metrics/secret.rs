//! Secrets: read once, shown to nobody.

use super::program;
use crate::diagnostics::printable;
use crate::types::probe;
use crate::types::secret::SecretRef;
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// The value of a secret. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret with this value; an empty one is none.
    pub fn new(value: String) -> Option<Self> {
        (!value.is_empty()).then_some(Self(value))
    }

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
    /// Where it should come from.
    pub of: SecretRef,
    /// What is the matter with it.
    pub why: String,
}

impl fmt::Display for NoSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.of, self.why)
    }
}

impl std::error::Error for NoSecret {}

/// A text shorter than this is found in too many others to be taken out of them.
const SHORTEST: usize = 4;

/// A command that gives a secret may take so long.
const COMMAND: Duration = Duration::from_secs(10);

/// A secret has at most this many bytes.
const LARGEST: u64 = 64 * 1024;

/// So many characters of what a command complained of are shown.
const SHOWN: usize = 300;

/// The secrets of a run.
#[derive(Clone, Debug, Default)]
pub struct Vault {
    secrets: BTreeMap<SecretRef, Secret>,
}

impl Vault {
    /// The secrets that come from these places, and those that cannot be had. Line ends behind a value are no part of it.
    pub async fn open<'s>(places: impl IntoIterator<Item = &'s SecretRef>) -> (Self, Vec<NoSecret>) {
        let places: BTreeSet<&SecretRef> = places.into_iter().collect();
        let read = join_all(places.into_iter().map(async |of| (of.clone(), value(of).await))).await;
        let (mut vault, mut missing) = (Self::default(), Vec::new());
        for (of, value) in read {
            match value {
                Ok(value) => _ = vault.secrets.insert(of, Secret(value)),
                Err(why) => missing.push(NoSecret { of, why }),
            }
        }
        // A command that fails may complain of what another place gave.
        missing.iter_mut().for_each(|it| it.why = vault.redacted(&it.why));
        (vault, missing)
    }

    /// The secret that comes from there.
    pub fn get(&self, of: &SecretRef) -> Option<&Secret> {
        self.secrets.get(of)
    }

    /// The environment variables that hold secrets.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.secrets.keys().filter_map(|of| match of {
            SecretRef::Variable(name) => Some(name.as_str()),
            SecretRef::File { .. } | SecretRef::Command { .. } => None,
        })
    }

    /// A text of somebody else's with every secret in it taken out: servers like to quote what they were sent.
    pub fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (of, secret) in &self.secrets {
            for part in secret.0.lines().map(str::trim).filter(|part| part.len() >= SHORTEST) {
                if text.contains(part) {
                    text = text.replace(part, &format!("<{}>", of.name()));
                }
            }
        }
        text
    }
}

impl FromIterator<(SecretRef, Secret)> for Vault {
    fn from_iter<I: IntoIterator<Item = (SecretRef, Secret)>>(secrets: I) -> Self {
        Self { secrets: secrets.into_iter().collect() }
    }
}

/// The value from a place, or what is the matter with it.
async fn value(of: &SecretRef) -> Result<String, String> {
    let bytes = match of {
        SecretRef::Variable(name) => variable(std::env::var_os(name))?,
        SecretRef::File { file, folder } => of_file(&folder.join(file)).await?,
        SecretRef::Command { command } => of_command(command).await?,
    };
    let text = String::from_utf8(bytes).map_err(|_| "is no text".to_owned())?;
    match text.trim_end_matches(['\n', '\r']) {
        "" => Err("is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

fn variable(value: Option<std::ffi::OsString>) -> Result<Vec<u8>, String> {
    let unset = "is not set: it is read from the environment variable of that name";
    value.map(std::ffi::OsString::into_encoded_bytes).ok_or_else(|| unset.to_owned())
}

async fn of_file(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("cannot be read: {}: {error}", path.display());
    // A pipe would keep a run waiting for its other end.
    let found = tokio::fs::metadata(path).await.map_err(failed)?;
    match found.len() {
        _ if !found.is_file() => Err(format!("cannot be read: {} is no file", path.display())),
        length if length > LARGEST => Err(format!("cannot be read: {} is larger than 64 KiB", path.display())),
        _ => tokio::fs::read(path).await.map_err(failed),
    }
}

/// What a command prints. It is never shown, also where the command fails; what it complains of is.
async fn of_command(command: &str) -> Result<Vec<u8>, String> {
    let failed = |why: String| format!("cannot be had: {why}");
    let words = probe::command(command).map_err(failed)?;
    let ended = program::run(&words, COMMAND, std::iter::empty()).await.map_err(failed)?;
    let how = match ended.code {
        Some(0) => return Ok(ended.out),
        Some(code) => format!("it ended with exit code {code}"),
        None => "it was ended by a signal".to_owned(),
    };
    let complaint = String::from_utf8_lossy(&ended.err);
    let complaint = complaint.split_whitespace().collect::<Vec<_>>().join(" ");
    let complaint: String = printable(&complaint).chars().take(SHOWN).collect();
    Err(failed(if complaint.is_empty() { how } else { format!("{how}: {complaint}") }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{SecretRef, Vault};
    use std::path::Path;

    fn file(folder: &Path, text: &[u8]) -> SecretRef {
        std::fs::write(folder.join("token"), text).unwrap();
        SecretRef::File { file: "token".to_owned(), folder: folder.to_path_buf() }
    }

    fn command(command: &str) -> SecretRef {
        SecretRef::Command { command: command.to_owned() }
    }

    async fn why(of: SecretRef) -> String {
        let (vault, missing) = Vault::open([&of]).await;
        assert!(vault.get(&of).is_none());
        missing[0].to_string()
    }

    #[tokio::test]
    async fn a_secret_is_read_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let (file, command) = (file(folder.path(), b"s3cr3t-value\r\n"), command("printf 'from-afar\\n\\n'"));
        let (vault, missing) = Vault::open([&file, &command, &file]).await;
        assert_eq!(missing, []);
        assert_eq!(vault.get(&file).unwrap().reveal(), "s3cr3t-value");
        assert_eq!(vault.get(&command).unwrap().reveal(), "from-afar");
        assert!(!format!("{vault:?}").contains("s3cr3t"));
        assert_eq!(vault.redacted("`s3cr3t-value`, s3cr3t-value, from-afar"), "`<token>`, <token>, <printf>");
        assert_eq!(vault.variables().count(), 0);
    }

    #[tokio::test]
    async fn a_secret_that_is_not_there_is_named() {
        let unset = SecretRef::Variable("A_SECRET_THAT_NOBODY_HAS".to_owned());
        assert!(why(unset).await.contains("`A_SECRET_THAT_NOBODY_HAS` is not set"));
        let folder = tempfile::tempdir().unwrap();
        let lost = SecretRef::File { file: "lost".to_owned(), folder: folder.path().to_path_buf() };
        assert!(why(lost).await.starts_with("the secret in the file `lost` cannot be read: "));
        let itself = SecretRef::File { file: ".".to_owned(), folder: folder.path().to_path_buf() };
        assert!(why(itself).await.ends_with("is no file"));
        assert!(why(file(folder.path(), b"\n")).await.ends_with("is empty"));
        assert!(why(file(folder.path(), b"\xff")).await.ends_with("is no text"));
        assert!(why(file(folder.path(), &[b'a'; 70_000])).await.ends_with("is larger than 64 KiB"));
    }

    #[tokio::test]
    async fn of_a_command_that_fails_only_the_complaint_is_shown() {
        let told = why(command("sh -c 'echo s3cr3t-value; echo \"permission\tdenied\" >&2; exit 3'")).await;
        let wanted = "the secret of the command `sh …` cannot be had: it ended with exit code 3: permission denied";
        assert_eq!(told, wanted);
        assert!(why(command("no-such-program --now")).await.contains("`no-such-program` cannot be started"));
        assert!(why(command("true")).await.ends_with("is empty"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_that_does_not_end_is_given_up() {
        assert!(why(command("sleep 4713")).await.ends_with("`sleep` did not end within 10000 ms"));
    }
}
