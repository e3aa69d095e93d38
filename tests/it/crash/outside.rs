//! What is outside of a runner that dies: faults in force, and injects still on their way, which land later or never.

use super::disk::Disk;
use chaos_lang::base::Instant;
use chaos_lang::injector::{Call, Evidence, Handle, Phase};
use chaos_lang::metrics::{Found, Nothing, Read};
use chaos_lang::plan::{Injection, Plan, Proxy};
use chaos_lang::run::{ClaimIntent, FaultIntent, Future, Intent, Means, RunError, Witness, World};
use chaos_lang::types::model::{Class, ProbeUse, SourceRef};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// When an inject lands that was on its way when its runner died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Landing {
    /// Before so many more reverts have arrived.
    Before(u32),
    /// Once everybody has done what there was to do.
    Last,
}

/// What is in force, with the rule of our proxy: an inject needs a higher fence than the last revert had.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outside {
    /// Faults in force, by handle.
    in_force: BTreeMap<String, u64>,
    /// The fences of reverts, by handle.
    tombs: BTreeMap<String, u64>,
    /// On its way.
    coming: Vec<(Landing, String, u64)>,
}

impl Outside {
    fn inject(&mut self, id: &str, fence: u64) {
        if self.tombs.get(id).is_none_or(|tomb| *tomb < fence) {
            self.in_force.insert(id.to_owned(), fence);
        }
    }

    fn revert(&mut self, id: &str, fence: u64) {
        let coming = std::mem::take(&mut self.coming);
        for (landing, coming, fence) in coming {
            match landing {
                Landing::Before(0) => self.inject(&coming, fence),
                Landing::Before(more) => self.coming.push((Landing::Before(more - 1), coming, fence)),
                Landing::Last => self.coming.push((Landing::Last, coming, fence)),
            }
        }
        self.in_force.remove(id);
        let tomb = self.tombs.entry(id.to_owned()).or_default();
        *tomb = fence.max(*tomb);
    }

    /// The same, with an inject on its way.
    pub fn with_coming(&self, landing: Landing, (id, fence): &(String, u64)) -> Self {
        let mut outside = self.clone();
        outside.coming.push((landing, id.clone(), *fence));
        outside
    }

    /// Whether a fault is in force now.
    pub fn has(&self, id: &str) -> bool {
        self.in_force.contains_key(id)
    }

    /// What is in force once everything has landed.
    pub fn settled(mut self) -> Vec<String> {
        for (_, id, fence) in std::mem::take(&mut self.coming) {
            self.inject(&id, fence);
        }
        self.in_force.into_keys().collect()
    }
}

/// The proxy of all faults: it knows fences.
fn guarded() -> Proxy {
    let service = "page".to_owned();
    let (listen, admin, upstreams) = (String::new(), String::new(), Vec::new());
    Proxy { service, listen, upstreams, admin, stoppable: false, token: None }
}

/// A fault that holds until somebody takes it back.
pub fn fault(step: &str, fence: i64) -> Intent {
    let call = Call {
        run: "r".to_owned(),
        experiment: "e".to_owned(),
        step: step.to_owned(),
        fence: u64::try_from(fence).unwrap(),
        lease: None,
        dry_run: false,
    };
    Intent::Fault(FaultIntent {
        what: format!("fault of {step}"),
        target: "page".to_owned(),
        component: "none".to_owned(),
        call,
        handle: Handle { id: format!("r.{step}"), data: Vec::new() },
        proxy: Some(guarded()),
        means: Means::default(),
        class: Class::Revertible,
    })
}

/// A world in which only effects matter. Its disk is told before and after each of them.
pub struct Outer {
    pub outside: Arc<Mutex<Outside>>,
    pub disk: Arc<Disk>,
    /// The inject that is on its way now.
    pub sent: Arc<Mutex<Option<(String, u64)>>>,
}

impl Outer {
    fn key(intent: &Intent) -> (String, u64) {
        match intent {
            Intent::Fault(fault) => (fault.handle.id.clone(), fault.call.fence),
            other => (other.what(), 0),
        }
    }
}

impl World for Outer {
    fn apply<'a>(
        &'a self,
        intent: &'a mut Intent,
        _known: &'a (dyn Fn(&Intent) + Send + Sync),
    ) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            let (id, fence) = Self::key(intent);
            *self.sent.lock().unwrap() = Some((id.clone(), fence));
            self.disk.moment("inject");
            *self.sent.lock().unwrap() = None;
            self.outside.lock().unwrap().inject(&id, fence);
            self.disk.moment("injected");
            Ok(())
        })
    }

    fn revert<'a>(&'a self, intent: &'a Intent) -> Future<'a, Result<String, RunError>> {
        Box::pin(async move {
            let (id, fence) = Self::key(intent);
            self.disk.moment("revert");
            self.outside.lock().unwrap().revert(&id, fence);
            self.disk.moment("reverted");
            Ok(String::new())
        })
    }

    fn read<'a>(&'a self, _: &'a SourceRef, _: Instant) -> Future<'a, Read> {
        Box::pin(async { Read::default() })
    }

    fn probe<'a>(&'a self, _: &'a ProbeUse, _: &'a str) -> Future<'a, Result<Found, Nothing>> {
        Box::pin(async { Err(Nothing::from("nobody asks".to_owned())) })
    }

    fn make_ready<'a>(&'a self, _: &'a Plan) -> Future<'a, Result<(), RunError>> {
        Box::pin(async { Ok(()) })
    }

    fn prepare<'a>(&'a self, _: &'a Injection, step: &'a str) -> Future<'a, Result<FaultIntent, RunError>> {
        Box::pin(async move {
            match fault(step, 0) {
                Intent::Fault(fault) => Ok(fault),
                _ => unreachable!("a fault is a fault"),
            }
        })
    }

    fn renew<'a>(&'a self, _: &'a FaultIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async { Ok(()) })
    }

    fn stake<'a>(&'a self, _: &'a ClaimIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async { Ok(()) })
    }

    fn status<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<Evidence, RunError>> {
        let there = self.outside.lock().unwrap().has(&fault.handle.id);
        let phase = if there { Phase::Active } else { Phase::Reverted };
        Box::pin(async move { Ok(Evidence { phase, acted: 1, message: String::new() }) })
    }

    fn witnessed<'a>(&'a self, _: &'a FaultIntent) -> Future<'a, Option<Witness>> {
        Box::pin(async { None })
    }

    fn passed<'a>(&'a self, _: &'a Proxy) -> Future<'a, Option<u64>> {
        Box::pin(async { None })
    }

    fn proxy_stands<'a>(&'a self, _: &'a Proxy) -> Future<'a, Result<bool, RunError>> {
        Box::pin(async { Ok(true) })
    }
}
