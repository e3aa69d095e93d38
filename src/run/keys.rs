//! What opens proxies when something is to be taken back: secrets that environments name, by where they come from, and the token
//! of proxies that somebody else has started. A journal holds none of it, only the places.

use super::error::RunError;
use super::intent::Intent;
use super::proxy::TOKEN_VARIABLE;
use super::recover::readable;
use crate::diagnostics::codes;
use crate::journal::Journal;
use crate::metrics::{NoSecret, Secret, Vault};
use crate::plan::{Plan, Proxy};
use crate::types::secret::SecretRef;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// Opened secrets of proxies, and those that could not be had.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    vault: Arc<Vault>,
    missing: Vec<NoSecret>,
    shared: Option<Secret>,
}

/// Keys on their way to the guard, through a pipe.
#[derive(Serialize, Deserialize)]
struct Handed {
    secrets: Vec<(SecretRef, String)>,
    shared: Option<String>,
}

impl Keys {
    /// Those of opened secrets, with the token that stands in the environment of this process.
    pub fn new(vault: Arc<Vault>, missing: Vec<NoSecret>) -> Self {
        Self { vault, missing, shared: std::env::var(TOKEN_VARIABLE).ok().and_then(Secret::new) }
    }

    /// Those that are needed to take back what may be in force.
    pub async fn for_leftovers(journal: &Journal) -> Self {
        let (found, _told_by_the_recovery) = readable(journal);
        let proxies = found.iter().filter(|found| !found.alive).filter_map(|found| match &found.effect.intent {
            Intent::Fault(fault) => fault.proxy.as_ref(),
            Intent::Claim(claim) => Some(&claim.proxy),
            Intent::Proxy(_) | Intent::Process(_) => None,
        });
        let (vault, missing) = Vault::open(proxies.filter_map(|proxy| proxy.token.as_ref())).await;
        Self::new(Arc::new(vault), missing)
    }

    /// The token that an environment names for a proxy, if it names one.
    ///
    /// # Errors
    /// It names one that is not there.
    pub fn named(&self, proxy: &Proxy) -> Result<Option<&str>, RunError> {
        let Some(of) = &proxy.token else { return Ok(None) };
        let of = from_anywhere(of);
        if let Some(secret) = self.vault.get(&of) {
            return Ok(Some(secret.reveal()));
        }
        let why = self.missing.iter().find(|missing| missing.of == of).map(ToString::to_string);
        let why = why.unwrap_or_else(|| format!("{of} is not known here"));
        let message = format!("the proxy of `{}` at {} cannot be commanded: {why}", proxy.service, proxy.admin);
        Err(RunError::new(codes::E0714, message).help("let it be found there, and do it again"))
    }

    /// The token of proxies that somebody else has started, where no file has it.
    pub fn shared(&self) -> Option<&str> {
        self.shared.as_ref().map(Secret::reveal)
    }

    /// What reverts of a plan's faults need, as one line.
    pub fn to_line(&self, plan: &Plan) -> String {
        let named = plan.proxies.iter().filter_map(|proxy| proxy.token.as_ref()).map(from_anywhere);
        let secrets = named.filter_map(|of| Some((of.clone(), self.vault.get(&of)?.reveal().to_owned()))).collect();
        let handed = Handed { secrets, shared: self.shared().map(str::to_owned) };
        serde_json::to_string(&handed).unwrap_or_default()
    }

    /// From that line; none from any other text.
    pub fn of_line(line: &str) -> Self {
        let Ok(handed) = serde_json::from_str::<Handed>(line) else { return Self::default() };
        let secrets = handed.secrets.into_iter().filter_map(|(of, value)| Some((of, Secret::new(value)?)));
        Self { vault: Arc::new(secrets.collect()), missing: Vec::new(), shared: handed.shared.and_then(Secret::new) }
    }
}

/// The same secret for a process that stands in another folder and has not read the files: what a journal says of it.
pub fn from_anywhere(of: &SecretRef) -> SecretRef {
    match of {
        SecretRef::File { file, folder } => {
            let path = folder.join(file);
            let path = std::path::absolute(&path).unwrap_or(path);
            SecretRef::File { file: path.display().to_string(), folder: Path::new("").to_path_buf() }
        }
        other => other.clone(),
    }
}

/// The same proxy for such a process.
pub fn proxy_from_anywhere(proxy: &Proxy) -> Proxy {
    Proxy { token: proxy.token.as_ref().map(from_anywhere), ..proxy.clone() }
}
