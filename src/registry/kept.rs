//! The passwords that `docker login` keeps, itself or in a helper.

use super::access::Credentials;
use super::error::RegistryError;
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

/// What `docker login` keeps for a registry.
///
/// # Errors
/// Something is kept, and cannot be read.
pub fn credentials(host: &str) -> Result<Option<Credentials>, RegistryError> {
    let Some(file) = file() else { return Ok(None) };
    match File::open(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(host, &error.to_string())),
        Ok(open) => read(host, get_credential_from_reader(BufReader::new(open), host)),
    }
}

fn read(
    host: &str,
    kept: Result<DockerCredential, CredentialRetrievalError>,
) -> Result<Option<Credentials>, RegistryError> {
    match kept {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Some(Credentials { user, password })),
        Ok(DockerCredential::IdentityToken(_)) => Err(unreadable(host, "it is an identity token, and no password")),
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        // Helpers say so of a registry for which they have nothing.
        Err(CredentialRetrievalError::HelperFailure { stdout, stderr, .. })
            if format!("{stdout}{stderr}").contains("not found") =>
        {
            Ok(None)
        }
        // A helper's own words may hold what it keeps.
        Err(CredentialRetrievalError::HelperFailure { helper, .. }) => {
            Err(unreadable(host, &format!("the helper `{helper}` failed")))
        }
        Err(error) => Err(unreadable(host, &error.to_string())),
    }
}

fn file() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".docker"));
    let folder = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from).or_else(home);
    folder.map(|folder| folder.join("config.json"))
}

fn unreadable(host: &str, why: &str) -> RegistryError {
    RegistryError::Denied(format!("what `docker login` keeps for {host} cannot be read: {why}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::read;
    use docker_credential::{CredentialRetrievalError as Error, DockerCredential};

    #[test]
    fn a_helper_that_has_nothing_is_no_error_and_one_that_fails_tells_no_secret() {
        let failed = |stdout: &str| Error::HelperFailure {
            helper: "desktop".to_owned(),
            stdout: stdout.to_owned(),
            stderr: String::new(),
        };
        assert!(read("h", Err(failed("credentials not found in native keychain"))).unwrap().is_none());
        assert!(read("h", Err(Error::NoCredentialConfigured)).unwrap().is_none());
        let said = read("h", Err(failed("hunter2 is wrong"))).err().unwrap().to_string();
        assert!(said.contains("the helper `desktop` failed") && !said.contains("hunter2"), "{said}");
        assert!(read("h", Ok(DockerCredential::IdentityToken("t0ken".to_owned()))).is_err());
        let own = read("h", Ok(DockerCredential::UsernamePassword("me".to_owned(), "pw".to_owned()))).unwrap().unwrap();
        assert_eq!((own.user.as_str(), own.password.as_str()), ("me", "pw"));
    }
}
