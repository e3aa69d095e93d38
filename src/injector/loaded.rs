//! A loaded component: a fresh store for every call, and what it asked of the host written down.

use super::call::{Call, Evidence, Handle, Target};
use super::dialect::{Answer, Plugin, Ready, Verb};
use super::error::InjectorError;
use super::grant::{Grant, Purpose};
use super::host::Shared;
use super::imports::{Deed, State, let_go_on};
use super::limits::CALL_TIMEOUT;
use super::value::values;
use crate::journal::HostCall;
use crate::names::component::Manifest;
use crate::plan::PlannedArgument;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;

/// A loaded component.
#[derive(Clone)]
pub struct Injector {
    manifest: Arc<Manifest>,
    shared: Arc<Shared>,
    ready: Ready,
    /// The turns that a call takes.
    turns: u32,
}

/// What a call is: who makes it, with which grant, and what the component is asked.
struct Asking<'a> {
    by: &'a Call,
    grant: &'a Grant,
    purpose: Purpose,
    function: &'static str,
}

impl Injector {
    pub(super) fn new(manifest: Manifest, shared: Arc<Shared>, ready: Ready, turns: u32) -> Self {
        Self { manifest: Arc::new(manifest), shared, ready, turns }
    }

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
        let spec = self.manifest.fault(action);
        let spec = spec.ok_or_else(|| InjectorError::Host(format!("there is no fault `{action}`")))?;
        let params = values(arguments, spec)?;
        let asking = Asking { by, grant, purpose: Purpose::Check, function: "prepare" };
        let prepare =
            async |plugin: &Plugin, store: &mut Store<State>| plugin.prepare(store, by, action, target, &params).await;
        Ok(self.call(asking, prepare).await?.0)
    }

    /// Applies a prepared fault, and says what the host saw it change.
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    pub async fn inject(&self, grant: &Grant, by: &Call, handle: &Handle) -> Result<Vec<Deed>, InjectorError> {
        self.act(Verb::Inject, "inject", grant, by, handle).await
    }

    /// Renews a fault's lease.
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    pub async fn renew(&self, grant: &Grant, by: &Call, handle: &Handle) -> Result<(), InjectorError> {
        self.act(Verb::Renew, "renew", grant, by, handle).await.map(|_| ())
    }

    /// Takes a fault back.
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    pub async fn revert(&self, grant: &Grant, by: &Call, handle: &Handle) -> Result<(), InjectorError> {
        let reverted = self.act(Verb::Revert, "revert", grant, by, handle).await;
        if reverted.as_ref().is_err_and(InjectorError::is_broken) {
            // What the host knows how to take back does not wait for a component that fails.
            let calls = self.shared.journal.host_calls(&by.run).unwrap_or_default();
            let_go_on(&calls, &by.step);
        }
        reverted?;
        if !by.dry_run {
            // Nobody asks for it again; that it could not be forgotten harms nobody.
            let _kept = self.shared.journal.forget(&by.fault(), None);
        }
        Ok(())
    }

    /// What became of a fault, in the injector's words.
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    pub async fn status(&self, grant: &Grant, by: &Call, handle: &Handle) -> Result<Evidence, InjectorError> {
        self.status_after(Duration::ZERO, grant, by, handle).await
    }

    /// The same of a component that has stood instantiated for a while, as one that waits.
    pub(super) async fn status_after(
        &self,
        wait: Duration,
        grant: &Grant,
        by: &Call,
        handle: &Handle,
    ) -> Result<Evidence, InjectorError> {
        let asking = Asking { by, grant, purpose: Purpose::Look, function: "status" };
        let status = async |plugin: &Plugin, store: &mut Store<State>| {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            plugin.status(store, by, handle).await
        };
        Ok(self.call(asking, status).await?.0)
    }

    async fn act(
        &self,
        verb: Verb,
        function: &'static str,
        grant: &Grant,
        by: &Call,
        handle: &Handle,
    ) -> Result<Vec<Deed>, InjectorError> {
        let purpose = if by.dry_run { Purpose::Check } else { Purpose::Change };
        let act = async |plugin: &Plugin, store: &mut Store<State>| plugin.act(store, verb, by, handle).await;
        let ((), deeds) = self.call(Asking { by, grant, purpose, function }, act).await?;
        Ok(deeds)
    }

    /// One call in a store of its own.
    async fn call<T>(
        &self,
        asking: Asking<'_>,
        function: impl AsyncFnOnce(&Plugin, &mut Store<State>) -> Answer<T>,
    ) -> Result<(T, Vec<Deed>), InjectorError> {
        let Shared { engine, clients, journal, turns } = &*self.shared;
        let _turn = turns.acquire_many(self.turns).await.map_err(|error| InjectorError::Host(error.to_string()))?;
        let (grant, clients) = (asking.grant.clone(), Arc::clone(clients));
        let state =
            State::new(self.manifest.memory_mib, grant, asking.purpose, asking.by, clients, Arc::clone(journal));
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let answer = tokio::time::timeout(CALL_TIMEOUT, async {
            let plugin = self.ready.instantiate(&mut store).await?;
            function(&plugin, &mut store).await
        });
        let answer = answer.await;
        let state = store.into_data();
        self.write_down(&asking, &state);
        let component = self.manifest.name.clone();
        match answer {
            Err(_) => Err(InjectorError::TimedOut { component, after: CALL_TIMEOUT }),
            Ok(Err(trap)) => Err(InjectorError::Trapped { component, reason: first_line(&trap) }),
            Ok(Ok(answer)) => answer.map(|value| (value, state.deeds)).map_err(|flaw| flaw.of(&component)),
        }
    }

    /// What was asked of the host, whatever came of the call. A store that cannot be written ends the run elsewhere.
    fn write_down(&self, asking: &Asking, state: &State) {
        let call = |asked: &super::imports::Asked| HostCall {
            step: asking.by.step.clone(),
            component: self.manifest.name.clone(),
            function: asking.function.to_owned(),
            capability: asked.capability.to_owned(),
            what: asked.what.clone(),
            outcome: asked.outcome.clone(),
        };
        let calls: Vec<HostCall> = state.asked.iter().map(call).collect();
        if !calls.is_empty() {
            let _unwritten = self.shared.journal.record(&asking.by.run, &calls);
        }
    }
}

fn first_line(error: &wasmtime::Error) -> String {
    error.root_cause().to_string().lines().next().unwrap_or("").to_owned()
}
