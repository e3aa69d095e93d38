//! A fault that is being tried: its calls, each on a host of its own as after a restart, and what became of it.

use super::report::Came;
use super::settings::Settings;
use super::stage::Stage;
use crate::diagnostics::Diagnostic;
use crate::injector::{Call, Evidence, Grant, Handle, Host, Injector, InjectorError, Instance, Phase, Target};
use crate::journal::{HostCall, Journal};
use crate::names::component::FaultSpec;
use crate::plan::PlannedArgument;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A target may take this long to show what was done to it.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);
/// The lease of faults that are leased, where a case does not ask for another: longer than anything is waited for, so that no
/// fault is taken for reverted that has only expired.
const LEASE: Duration = Duration::from_secs(60);
/// A revert is tried so often, as in a run.
const ATTEMPTS: usize = 3;

/// A fault that is being tried.
pub struct Trial<'a> {
    pub spec: &'a FaultSpec,
    pub arguments: BTreeMap<String, PlannedArgument>,
    pub grant: Grant,
    pub target: Target,
    bytes: &'a [u8],
    injector: Injector,
    run: String,
    journal: Arc<Journal>,
    cache: PathBuf,
    in_force: Option<Vec<String>>,
    fence: AtomicU64,
    open: Mutex<Vec<(Call, Handle)>>,
}

/// A fault that was prepared: by whom, and its handle.
pub struct Prepared {
    pub by: Call,
    pub handle: Handle,
}

fn loaded(bytes: &[u8], cache: &Path, journal: &Arc<Journal>) -> Result<Injector, String> {
    let host = Host::new(Some(cache.to_owned()), Arc::clone(journal)).map_err(|error| error.to_string())?;
    host.load_bytes("it", bytes).map_err(|error| error.to_string())
}

/// An error with the function that gave it.
pub fn of(function: &str) -> impl Fn(InjectorError) -> String {
    move |error| format!("`{function}`: {error}")
}

impl<'a> Trial<'a> {
    pub fn new(bytes: &'a [u8], spec: &'a FaultSpec, settings: &Settings, stage: &Stage) -> Result<Self, Diagnostic> {
        let wrong = |why: &dyn std::fmt::Display| settings.wrong(&why.to_string());
        let program = settings.fault.get(&spec.name).and_then(|fault| fault.in_force.as_deref());
        let in_force = program.map(shell_words::split).transpose().map_err(|error| wrong(&error))?;
        let admin = settings.target.admin.iter().map(|admin| ("admin".to_owned(), admin.clone()));
        let attributes = settings.target.attributes.clone().into_iter().chain(admin).collect();
        let service = settings.target.service.clone();
        let instance =
            |address: &String| Instance { id: service.clone(), address: Some(address.clone()), namespace: None };
        let (cache, journal) = (super::cache(stage.folder()), Journal::in_memory().map_err(|error| wrong(&error))?);
        let journal = Arc::new(journal);
        Ok(Self {
            injector: loaded(bytes, &cache, &journal).map_err(|why| wrong(&why))?,
            arguments: settings.arguments(spec)?,
            grant: Grant { processes: stage.processes(), ..settings.granted()? },
            target: Target { instances: settings.target.address.iter().map(instance).collect(), attributes, service },
            journal,
            cache,
            run: stage.name().to_owned(),
            fence: AtomicU64::new(1),
            open: Mutex::default(),
            spec,
            bytes,
            in_force,
        })
    }

    /// Whether it stays in force until somebody ends it.
    pub fn lasts(&self) -> bool {
        matches!(self.spec.class.as_str(), "leased" | "revertible")
    }

    /// The component. Each of its calls runs in a store of its own, which knows nothing of the others.
    pub fn injector(&self) -> Injector {
        self.injector.clone()
    }

    /// The component on another host, as after a restart: nothing is known there but what the store keeps.
    pub fn restarted(&self) -> Result<Injector, String> {
        loaded(self.bytes, &self.cache, &self.journal)
    }

    /// The call of another fault, with a lease of its own where the class has one.
    pub fn call(&self) -> Call {
        let fence = self.fence.fetch_add(1, Ordering::Relaxed);
        let (run, experiment, step) =
            (self.run.clone(), "conformance".to_owned(), format!("{}-{fence}", self.spec.name));
        let lease = (self.spec.class == "leased").then_some(LEASE);
        Call { run, experiment, step, fence, lease, dry_run: false }
    }

    /// A prepared fault, which is taken back when its case is over.
    pub async fn prepared(&self, injector: &Injector) -> Result<Prepared, String> {
        self.prepared_by(injector, self.call()).await
    }

    pub async fn prepared_by(&self, injector: &Injector, by: Call) -> Result<Prepared, String> {
        let handle = injector.prepare(&self.grant, &by, &self.spec.name, &self.target, &self.arguments).await;
        let handle = handle.map_err(of("prepare"))?;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push((by.clone(), handle.clone()));
        Ok(Prepared { by, handle })
    }

    pub async fn status(&self, injector: &Injector, of_fault: &Prepared) -> Result<Evidence, String> {
        injector.status(&self.grant, &of_fault.by, &of_fault.handle).await.map_err(of("status"))
    }

    pub async fn inject(&self, injector: &Injector, it: &Prepared) -> Result<usize, String> {
        let deeds = injector.inject(&self.grant, &it.by, &it.handle).await.map_err(of("inject"))?;
        Ok(deeds.len())
    }

    pub async fn revert(&self, injector: &Injector, it: &Prepared) -> Came {
        injector.revert(&self.grant, &it.by, &it.handle).await.map_err(of("revert"))
    }

    /// Waits until it is in force, by its own word, by what the host has seen, and by its target's.
    pub async fn must_act(&self, injector: &Injector, it: &Prepared) -> Came {
        let began = Instant::now();
        loop {
            let evidence = self.status(injector, it).await?;
            let shown = self.shown().await?;
            let acts = evidence.phase == Phase::Active && evidence.acted > 0;
            if acts && shown != Some(false) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                let Evidence { phase, acted, message } = evidence;
                return Err(match acts {
                    true => "`status` says that the fault is in force, and `in_force` that it is not".to_owned(),
                    false => format!("after `inject`, `status` says {phase:?}, acted {acted} times: {message}"),
                });
            }
            sleep(POLL).await;
        }
    }

    /// Waits until it is not in force any more. What heals by itself is not looked at.
    pub async fn must_be_gone(&self, injector: &Injector, it: &Prepared, after: &str) -> Came {
        if !self.lasts() {
            return Ok(());
        }
        let began = Instant::now();
        loop {
            let (evidence, shown) = (self.status(injector, it).await?, self.shown().await?);
            if evidence.phase != Phase::Active && shown != Some(true) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(match evidence.phase {
                    Phase::Active => format!("{after}, `status` still says Active: {}", evidence.message),
                    _ => format!("{after}, `in_force` says that it is still in force"),
                });
            }
            sleep(POLL).await;
        }
    }

    /// Whether the target shows that the fault is in force; none: nobody asks it.
    async fn shown(&self) -> Result<Option<bool>, String> {
        let Some((program, arguments)) = self.in_force.as_ref().and_then(|words| words.split_first()) else {
            return Ok(None);
        };
        let mut asking = tokio::process::Command::new(program);
        asking.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let unasked = |why: String| format!("`in_force`, {program}: {why}");
        let asked = timeout(PATIENCE, asking.status()).await.map_err(|_| unasked("it does not end".to_owned()))?;
        asked.map(|status| Some(status.success())).map_err(|error| unasked(error.to_string()))
    }

    /// What a fault asked of the host.
    pub fn asked(&self, step: &str) -> Vec<HostCall> {
        let all = self.journal.host_calls(&self.run).unwrap_or_default();
        all.into_iter().filter(|call| call.step == step).collect()
    }

    /// Takes back whatever a case left.
    pub async fn tidy(&self) {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        for (by, handle) in open {
            for _ in 0..ATTEMPTS {
                match self.injector.revert(&self.grant, &by, &handle).await {
                    Err(error) if error.is_retryable() && !error.is_broken() => {}
                    _ => break,
                }
            }
        }
    }
}
