//! The host: one engine, components compiled once, a fresh store for every call.

use super::bindings::{Plugin, PluginPre};
use super::call::{self, Call, Evidence, Handle, Target};
use super::error::InjectorError;
use super::imports::{Grant, State};
use super::{cache, standard};
use crate::plan::PlannedArgument;
use crate::types::model::Class;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Engine, Store};

/// A call gives way to others this often, so that an endless loop cannot hold a thread.
const TICK: Duration = Duration::from_millis(10);
/// A call must have answered by then.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Loads components.
pub struct Host {
    engine: Engine,
    client: reqwest::Client,
    cache: Option<PathBuf>,
}

impl Host {
    /// A host that keeps compiled code in `cache`.
    ///
    /// # Errors
    /// The engine or the HTTP client cannot be set up.
    pub fn new(cache: Option<PathBuf>) -> Result<Self, InjectorError> {
        let mut config = Config::new();
        config.epoch_interruption(true).max_wasm_stack(512 << 10).async_stack_size(1 << 20);
        let engine = Engine::new(&config).map_err(|error| InjectorError::Host(error.to_string()))?;
        let client = crate::web::client().build();
        let client = client.map_err(|error| InjectorError::Host(error.to_string()))?;
        tick(&engine);
        Ok(Self { engine, client, cache })
    }

    /// Loads a standard component.
    ///
    /// # Errors
    /// There is none of this name, or it does not fit the interface.
    pub fn load(&self, name: &str) -> Result<Injector, InjectorError> {
        let bytes = standard::component(name).ok_or_else(|| InjectorError::Unknown(name.to_owned()))?;
        let refuse = |error: wasmtime::Error| InjectorError::Unloadable(name.to_owned(), format!("{error:#}"));
        let component = cache::compiled(&self.engine, bytes, self.cache.as_deref()).map_err(refuse)?;
        let mut linker = Linker::new(&self.engine);
        Plugin::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).map_err(refuse)?;
        let ready = linker.instantiate_pre(&component).and_then(PluginPre::new).map_err(refuse)?;
        Ok(Injector { engine: self.engine.clone(), client: self.client.clone(), ready })
    }
}

/// Ends with the engine.
fn tick(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
}

/// A loaded component.
#[derive(Clone)]
pub struct Injector {
    engine: Engine,
    client: reqwest::Client,
    ready: PluginPre<State>,
}

/// What the component answered, before its own errors are looked at.
type Answer<T> = wasmtime::Result<Result<T, super::bindings::chaos::injector::types::Error>>;

impl Injector {
    /// Checks everything that can be checked, and says what inject will create. Changes nothing.
    ///
    /// # Errors
    /// The injector refuses, traps or does not answer within 5 s; so for all calls.
    pub async fn prepare(
        &self,
        grant: &Grant,
        by: &Call,
        action: &str,
        target: &Target,
        arguments: &BTreeMap<String, PlannedArgument>,
    ) -> Result<Handle, InjectorError> {
        let params = call::params(arguments)?;
        let (context, target) = (call::context(by), call::target(target));
        let handle = self
            .call(grant, async |plugin, store| {
                plugin.chaos_injector_injector().call_prepare(store, &context, action, &target, &params).await
            })
            .await?;
        call::read_handle(handle)
    }

    /// The faults that the component says it has, each with its class.
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    pub async fn actions(&self) -> Result<Vec<(String, Class)>, InjectorError> {
        let manifest = self
            .call(&Grant::default(), async |plugin, store| {
                plugin.chaos_injector_injector().call_describe(store).await.map(Ok)
            })
            .await?;
        Ok(manifest.faults.into_iter().map(|fault| (fault.name, call::read_class(fault.class))).collect())
    }

    /// Applies a prepared fault.
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    pub async fn inject(&self, grant: &Grant, by: &Call, handle: &Handle) -> Result<(), InjectorError> {
        let (context, handle) = (call::context(by), call::handle(handle));
        self.call(grant, async |plugin, store| {
            plugin.chaos_injector_injector().call_inject(store, &context, &handle).await
        })
        .await
    }

    /// Renews a fault's lease.
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    pub async fn renew(&self, grant: &Grant, by: &Call, handle: &Handle) -> Result<(), InjectorError> {
        let (context, handle) = (call::context(by), call::handle(handle));
        self.call(grant, async |plugin, store| {
            plugin.chaos_injector_injector().call_renew(store, &context, &handle).await
        })
        .await
    }

    /// Takes a fault back.
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    pub async fn revert(&self, grant: &Grant, by: &Call, handle: &Handle) -> Result<(), InjectorError> {
        let (context, handle) = (call::context(by), call::handle(handle));
        self.call(grant, async |plugin, store| {
            plugin.chaos_injector_injector().call_revert(store, &context, &handle).await
        })
        .await
    }

    /// What became of a fault, in the injector's words.
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    pub async fn status(&self, grant: &Grant, by: &Call, handle: &Handle) -> Result<Evidence, InjectorError> {
        let (context, handle) = (call::context(by), call::handle(handle));
        let report = self
            .call(grant, async |plugin, store| {
                plugin.chaos_injector_injector().call_status(store, &context, &handle).await
            })
            .await?;
        Ok(call::read_report(report))
    }

    /// One call in a store of its own.
    async fn call<T>(
        &self,
        grant: &Grant,
        function: impl AsyncFnOnce(&Plugin, &mut Store<State>) -> Answer<T>,
    ) -> Result<T, InjectorError> {
        let mut store = Store::new(&self.engine, State::new(grant.clone(), self.client.clone()));
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let answer = tokio::time::timeout(CALL_TIMEOUT, async {
            let plugin = self.ready.instantiate_async(&mut store).await?;
            function(&plugin, &mut store).await
        });
        match answer.await {
            Err(_) => Err(InjectorError::TimedOut(CALL_TIMEOUT)),
            Ok(Err(trap)) => Err(InjectorError::Trapped(first_line(&trap))),
            Ok(Ok(Err(error))) => Err(call::read_error(error)),
            Ok(Ok(Ok(value))) => Ok(value),
        }
    }
}

fn first_line(error: &wasmtime::Error) -> String {
    error.root_cause().to_string().lines().next().unwrap_or("").to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::{Call, Grant, Handle, Host, InjectorError};
    use crate::injector::Target;
    use crate::names::stdlib;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn call() -> Call {
        let lease = Some(Duration::from_secs(10));
        Call { run: "r".to_owned(), experiment: "e".to_owned(), step: "s".to_owned(), fence: 1, lease }
    }

    #[tokio::test]
    async fn the_checker_knows_each_components_actions() {
        let cache = tempfile::tempdir().unwrap();
        for round in ["compiled", "from the cache"] {
            let host = Host::new(Some(cache.path().join("private"))).unwrap();
            for component in stdlib::COMPONENTS.iter().filter(|component| component.embedded) {
                let told = host.load(component.name).unwrap().actions().await.unwrap();
                let told: Vec<(&str, &str)> = told.iter().map(|(name, class)| (name.as_str(), class.word())).collect();
                let known: Vec<(&str, &str)> =
                    component.faults.iter().map(|action| (*action, component.class)).collect();
                assert_eq!(told, known, "{round}");
            }
        }
    }

    #[tokio::test]
    async fn refusals_come_through_with_their_reasons() {
        let http = Host::new(None).unwrap().load("http").unwrap();
        let target = Target { service: "payment".to_owned(), attributes: BTreeMap::new() };
        let refused = http.prepare(&Grant::default(), &call(), "error", &target, &BTreeMap::new()).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("no proxy stands before `payment`")));
        let nonsense = Handle { id: "x".to_owned(), data: b"{".to_vec() };
        let refused = http.revert(&Grant::default(), &call(), &nonsense).await;
        assert!(refused.is_err_and(|error| error.is_unknown_handle()));
    }

    #[tokio::test]
    async fn nothing_is_reached_without_a_grant() {
        let http = Host::new(None).unwrap().load("http").unwrap();
        let data = br#"{"admin":"127.0.0.1:1","effect":{"type":"error","status":503},"share":1,"rate":1}"#;
        let handle = Handle { id: "r.s".to_owned(), data: data.to_vec() };
        let refused = http.inject(&Grant::default(), &call(), &handle).await.expect_err("no grant was given");
        assert!(matches!(refused, InjectorError::Refused { code, .. } if code == "permission-denied"));
    }

    #[test]
    fn an_unknown_component_is_an_error() {
        assert!(matches!(Host::new(None).unwrap().load("nope").err(), Some(InjectorError::Unknown(_))));
    }
}
