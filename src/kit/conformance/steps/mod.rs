//! What is done in each case.

pub mod input;
pub mod lease;
pub mod life;

use super::Suite;
use super::report::Came;
use crate::injector::Host;
use crate::journal::Journal;
use crate::names::component::Manifest;
use std::sync::Arc;

/// The component loads, and is the one that was built from what lies beside it.
pub fn manifest(suite: &Suite) -> Came {
    let journal = Arc::new(Journal::in_memory().map_err(|error| error.to_string())?);
    let host = Host::new(Some(super::cache(suite.stage.folder())), journal).map_err(|error| error.to_string())?;
    host.load_bytes(&suite.component.manifest.name, suite.bytes).map_err(|error| error.to_string())?;
    let Some(beside) = &suite.beside else { return Ok(()) };
    match Manifest::parse(beside.as_bytes()) {
        Ok(beside) if beside == suite.component.manifest => Ok(()),
        Ok(_) => {
            Err("manifest.json says something else than the component: `chaos plugin build` puts it in".to_owned())
        }
        Err(why) => Err(format!("manifest.json: {why}")),
    }
}
