//! The host: one engine, components compiled once.

use super::dialect::{self, Ready};
use super::error::InjectorError;
use super::imports::{Clients, Pins, State};
use super::limits::CALLS;
use super::loaded::Injector;
use super::{cache, engine, standard};
use crate::journal::Journal;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Linker;

/// Loads components.
pub struct Host {
    shared: Arc<Shared>,
    linker: Linker<State>,
    cache: Option<PathBuf>,
}

/// What all components have in common.
pub(super) struct Shared {
    pub engine: Engine,
    pub clients: Arc<Clients>,
    pub journal: Arc<Journal>,
    pub turns: Semaphore,
}

impl Host {
    /// A host that keeps compiled code in `cache`, and in `journal` what components keep and ask.
    ///
    /// # Errors
    /// The engine or the HTTP client cannot be set up.
    pub fn new(cache: Option<PathBuf>, journal: Arc<Journal>) -> Result<Self, InjectorError> {
        Self::resolving(cache, journal, Pins::default())
    }

    /// The same, where names of hosts are what `pins` says.
    pub(super) fn resolving(cache: Option<PathBuf>, journal: Arc<Journal>, pins: Pins) -> Result<Self, InjectorError> {
        let engine = engine::engine().map_err(|error| InjectorError::Host(error.to_string()))?;
        let linker = dialect::linker(&engine).map_err(|error| InjectorError::Host(error.to_string()))?;
        let clients = Arc::new(Clients::new(pins).map_err(InjectorError::Host)?);
        let shared = Arc::new(Shared { engine, clients, journal, turns: Semaphore::new(CALLS) });
        Ok(Self { shared, linker, cache })
    }

    /// Loads a standard component.
    ///
    /// # Errors
    /// There is none of this name, or it does not fit the interface.
    pub fn load(&self, name: &str) -> Result<Injector, InjectorError> {
        let bytes = standard::component(name).ok_or_else(|| InjectorError::Unknown(name.to_owned()))?;
        self.load_bytes(name, bytes)
    }

    /// Loads a component from its bytes; `name` is for people.
    ///
    /// # Errors
    /// It is no component, or speaks no version of the interface that this program does, or imports what that does not have.
    pub fn load_bytes(&self, name: &str, bytes: &[u8]) -> Result<Injector, InjectorError> {
        let refuse = |error: wasmtime::Error| InjectorError::Unloadable(name.to_owned(), format!("{error:#}"));
        let read = crate::names::component::read(bytes);
        let file = read.map_err(|why| InjectorError::Unloadable(name.to_owned(), why))?;
        let engine = &self.shared.engine;
        let component = cache::compiled(engine, bytes, &file.digest, self.cache.as_deref()).map_err(refuse)?;
        let version = dialect::version(engine, &component)
            .ok_or_else(|| refuse(wasmtime::Error::msg("it exports no chaos:injector/injector")))?;
        let turns = engine::turns(&component);
        let linked = self.linker.instantiate_pre(&component).map_err(refuse)?;
        let ready = Ready::new(&version, linked).map_err(refuse)?;
        Ok(Injector::new(file.manifest, Arc::clone(&self.shared), ready, turns))
    }
}
