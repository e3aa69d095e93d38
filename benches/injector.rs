//! What the host of injectors costs: the first call with compiled code from the cache, a call with its instantiation, and a
//! thousand calls that wait at one time.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use chaos_lang::injector::{Call, Grant, Handle, Host, Injector, Target};
use chaos_lang::journal::Journal;
use chaos_lang::plan::PlannedArgument;
use chaos_lang::types::Type;
use chaos_lang::types::model::Argument;
use chaos_lang::types::term::Term;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The component of the tests: it can do nothing, and wait.
const ROGUE: &[u8] = include_bytes!("../tests/components/rogue.wasm");

fn call() -> Call {
    let name = |text: &str| text.to_owned();
    Call { run: name("r"), experiment: name("e"), step: name("s"), fence: 1, lease: None, dry_run: false }
}

fn host(cache: &Path) -> Host {
    Host::new(Some(cache.to_path_buf()), Arc::new(Journal::in_memory().unwrap())).unwrap()
}

async fn prepared(injector: &Injector, action: &str, seconds: f64) -> Handle {
    let value = Argument::Term(Term::Constant(seconds));
    let arguments = BTreeMap::from([("time".to_owned(), PlannedArgument { ty: Type::Duration, value })]);
    let target = Target { service: "payment".to_owned(), ..Target::default() };
    injector.prepare(&Grant::default(), &call(), action, &target, &arguments).await.unwrap()
}

/// From nothing to the answer of the first call, when the code was compiled before: the least of several times.
async fn first_call(cache: &Path) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..20 {
        let began = Instant::now();
        let injector = host(cache).load_bytes("rogue", ROGUE).unwrap();
        prepared(&injector, "nothing", 0.0).await;
        least = least.min(began.elapsed());
    }
    least
}

async fn one_call(injector: &Injector) -> Duration {
    const CALLS: u32 = 5_000;
    let (handle, grant, call) = (prepared(injector, "nothing", 0.0).await, Grant::default(), call());
    let began = Instant::now();
    for _ in 0..CALLS {
        injector.renew(&grant, &call, &handle).await.unwrap();
    }
    began.elapsed() / CALLS
}

async fn a_thousand(injector: &Injector) -> Duration {
    let handle = prepared(injector, "sleep", 0.01).await;
    let mut least = Duration::MAX;
    for _ in 0..5 {
        let began = Instant::now();
        let all: Vec<_> = (0..1_000)
            .map(|_| {
                let (injector, handle) = (injector.clone(), handle.clone());
                tokio::spawn(async move { injector.inject(&Grant::default(), &call(), &handle).await.unwrap() })
            })
            .collect();
        for one in all {
            one.await.unwrap();
        }
        least = least.min(began.elapsed());
    }
    least
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("private");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let began = Instant::now();
        let injector = host(&cache).load_bytes("rogue", ROGUE).unwrap();
        println!("compiled and put into the cache     {:?}", began.elapsed());
        println!("first call, code from the cache     {:?}", first_call(&cache).await);
        println!("one call, with its instantiation    {:?}", one_call(&injector).await);
        println!("1,000 calls that each wait 10 ms    {:?}", a_thousand(&injector).await);
    });
}
