//! What the host needs for a component: to compile it, for a first call, for each further one, and for a thousand at one time.
//!
//! The call that is measured is `status` of a fault that there is not: it changes nothing and is granted nothing, so what it
//! takes is what the host and the component need besides any input and output.

use super::call::{Call, Handle};
use super::error::InjectorError;
use super::grant::Grant;
use super::host::Host;
use super::loaded::Injector;
use crate::journal::Journal;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a first call is made.
const FIRST_CALLS: u32 = 20;
/// How many calls follow each other, at most, and for how long at most.
const CALLS: u32 = 5_000;
/// So long calls follow each other at most.
const LONGEST: Duration = Duration::from_secs(2);
/// Calls at one time.
const AT_ONE_TIME: usize = 1_000;
/// How long each of these waits, as for its target.
const WAIT: Duration = Duration::from_millis(10);
/// How often they are made.
const ROUNDS: usize = 5;

/// What was measured; the least of several times each, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// From nothing to a component that is compiled, and put into the cache.
    pub compile: f64,
    /// From nothing to the answer of the first call, with code from the cache.
    pub first_call: f64,
    /// A call with its instantiation: the mean.
    pub call: f64,
    /// A thousand calls at one time that each wait for 10 ms, instantiated.
    pub thousand_calls: f64,
    /// Why the component fails in such a call, where it does: it is measured all the same.
    pub fails: Option<String>,
}

/// Measures a component; `cache` is an empty folder of its own.
///
/// # Errors
/// It cannot be loaded, or the host cannot be set up.
pub async fn measure(name: &str, bytes: &[u8], cache: &Path) -> Result<Figures, InjectorError> {
    let began = Instant::now();
    let injector = loaded(name, bytes, cache)?;
    let compile = began.elapsed();
    let fails = look(&injector).await.err().filter(InjectorError::is_broken).map(|error| error.to_string());
    let mut first = Duration::MAX;
    for _ in 0..FIRST_CALLS {
        let began = Instant::now();
        let _whatever_it_answers = look(&loaded(name, bytes, cache)?).await;
        first = first.min(began.elapsed());
    }
    let call = one_call(&injector).await;
    let thousand = a_thousand(&injector).await;
    let seconds = |duration: Duration| duration.as_secs_f64();
    Ok(Figures {
        compile: seconds(compile),
        first_call: seconds(first),
        call: seconds(call),
        thousand_calls: seconds(thousand),
        fails,
    })
}

fn loaded(name: &str, bytes: &[u8], cache: &Path) -> Result<Injector, InjectorError> {
    let journal = Journal::in_memory().map_err(|error| InjectorError::Host(error.to_string()))?;
    Host::new(Some(cache.to_path_buf()), Arc::new(journal))?.load_bytes(name, bytes)
}

fn caller() -> Call {
    let (run, experiment, step) = ("bench".to_owned(), "bench".to_owned(), "bench".to_owned());
    Call { run, experiment, step, fence: 1, lease: None, dry_run: true }
}

async fn look(injector: &Injector) -> Result<(), InjectorError> {
    look_after(injector, Duration::ZERO).await
}

async fn look_after(injector: &Injector, wait: Duration) -> Result<(), InjectorError> {
    let by = caller();
    let handle = Handle { id: by.fault(), data: Vec::new() };
    injector.status_after(wait, &Grant::default(), &by, &handle).await.map(drop)
}

async fn one_call(injector: &Injector) -> Duration {
    let (began, mut calls) = (Instant::now(), 0);
    while calls < CALLS && (calls == 0 || began.elapsed() < LONGEST) {
        let _whatever_it_answers = look(injector).await;
        calls += 1;
    }
    began.elapsed() / calls
}

async fn a_thousand(injector: &Injector) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let one = || {
            let injector = injector.clone();
            tokio::spawn(async move { look_after(&injector, WAIT).await })
        };
        let all: Vec<_> = (0..AT_ONE_TIME).map(|_| one()).collect();
        for call in all {
            let _whatever_it_answers = call.await;
        }
        least = least.min(began.elapsed());
        if least > LONGEST {
            break;
        }
    }
    least
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::measure;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_component_is_measured_though_it_knows_nothing_of_the_fault() {
        let place = tempfile::tempdir().unwrap();
        let http = crate::injector::component("http").unwrap();
        let figures = measure("http", http, &place.path().join("private")).await.unwrap();
        assert_eq!(figures.fails, None);
        assert!(
            figures.thousand_calls >= 0.01 && figures.call > 0.0 && figures.call < figures.first_call,
            "{figures:?}"
        );
        assert!(measure("none", b"none", place.path()).await.is_err());
    }
}
