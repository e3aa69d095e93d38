//! What a component is asked, in the version of the interface that it speaks. Every version but the newest is an adapter to
//! it: here is all that differs.

mod words;

use super::bindings::{v0_1 as oldest, v0_2 as newest};
use super::call::{Call, Evidence, Handle, Target};
use super::error::Flaw;
use super::imports::State;
use super::value::Value;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};
use wasmtime::{Engine, Store};
use words::{v0_1, v0_2};

/// The interface that components export.
const INTERFACE: &str = "chaos:injector/injector@";

/// A component that can be instantiated, by the version it speaks.
#[derive(Clone)]
pub(super) enum Ready {
    V0_1(oldest::PluginPre<State>),
    V0_2(newest::PluginPre<State>),
}

/// An instance, by the version it speaks.
pub(super) enum Plugin {
    V0_1(oldest::Plugin),
    V0_2(newest::Plugin),
}

/// What a component answered; the outer error is a trap.
pub(super) type Answer<T> = wasmtime::Result<Result<T, Flaw>>;

/// What is done with a handle and answered with nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Inject,
    Renew,
    Revert,
}

/// A linker with what components of every version may import.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    oldest::Plugin::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    newest::Plugin::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    Ok(linker)
}

/// The version of the interface that a component exports, such as `0.2.0`.
pub(super) fn version(engine: &Engine, component: &Component) -> Option<String> {
    let component = component.component_type();
    component.exports(engine).find_map(|(name, _)| name.strip_prefix(INTERFACE).map(str::to_owned))
}

impl Ready {
    /// A linked component that speaks this version.
    ///
    /// # Errors
    /// This program does not speak that version, or the component's exports are not those of it.
    pub(super) fn new(version: &str, linked: InstancePre<State>) -> wasmtime::Result<Self> {
        match version.rsplit_once('.').map(|(line, _)| line) {
            Some("0.1") => oldest::PluginPre::new(linked).map(Ready::V0_1),
            Some("0.2") => newest::PluginPre::new(linked).map(Ready::V0_2),
            _ => Err(wasmtime::Error::msg(format!(
                "it speaks version {version} of the interface; this version of chaos speaks 0.1 and 0.2"
            ))),
        }
    }

    pub(super) async fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Plugin> {
        match self {
            Ready::V0_1(ready) => ready.instantiate_async(store).await.map(Plugin::V0_1),
            Ready::V0_2(ready) => ready.instantiate_async(store).await.map(Plugin::V0_2),
        }
    }
}

/// `verb` of either version: they have the same signature.
macro_rules! act {
    ($words:ident, $plugin:expr, $store:expr, $verb:expr, $by:expr, $handle:expr) => {{
        let (exports, context, handle) =
            ($plugin.chaos_injector_injector(), $words::context($by), $words::handle($handle));
        let answer = match $verb {
            Verb::Inject => exports.call_inject($store, &context, &handle).await?,
            Verb::Renew => exports.call_renew($store, &context, &handle).await?,
            Verb::Revert => exports.call_revert($store, &context, &handle).await?,
        };
        Ok(answer.map_err($words::error))
    }};
}

/// `status` of either version.
macro_rules! status {
    ($words:ident, $plugin:expr, $store:expr, $by:expr, $handle:expr) => {{
        let (context, handle) = ($words::context($by), $words::handle($handle));
        let answer = $plugin.chaos_injector_injector().call_status($store, &context, &handle).await?;
        Ok(answer.map($words::evidence).map_err($words::error))
    }};
}

impl Plugin {
    pub(super) async fn prepare(
        &self,
        store: &mut Store<State>,
        by: &Call,
        action: &str,
        target: &Target,
        params: &[(String, Value)],
    ) -> Answer<Handle> {
        Ok(match self {
            Plugin::V0_1(plugin) => {
                let (context, target, params) = (v0_1::context(by), v0_1::target(target), v0_1::params(params));
                let exports = plugin.chaos_injector_injector();
                let made = exports.call_prepare(store, &context, action, &target, &params).await?;
                // In 0.1 the component names the handle; in 0.2 the host does, and nobody can forge one.
                made.map_err(v0_1::error).and_then(|handle| Handle::of(by, handle.id, handle.data))
            }
            Plugin::V0_2(plugin) => {
                let (context, target, params) = (v0_2::context(by), v0_2::target(target), v0_2::params(params));
                let exports = plugin.chaos_injector_injector();
                let made = exports.call_prepare(store, &context, action, &target, &params).await?;
                made.map_err(v0_2::error).and_then(|data| Handle::of(by, by.fault(), data))
            }
        })
    }

    pub(super) async fn act(&self, store: &mut Store<State>, verb: Verb, by: &Call, handle: &Handle) -> Answer<()> {
        match self {
            Plugin::V0_1(plugin) => act!(v0_1, plugin, store, verb, by, handle),
            Plugin::V0_2(plugin) => act!(v0_2, plugin, store, verb, by, handle),
        }
    }

    pub(super) async fn status(&self, store: &mut Store<State>, by: &Call, handle: &Handle) -> Answer<Evidence> {
        match self {
            Plugin::V0_1(plugin) => status!(v0_1, plugin, store, by, handle),
            Plugin::V0_2(plugin) => status!(v0_2, plugin, store, by, handle),
        }
    }
}
