//! What the host of injectors costs: the first call with compiled code from the cache, a call with its instantiation, and a
//! thousand calls that wait at one time, for the standard components and that of the tests.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use chaos_lang::injector::{Call, Figures, Grant, Handle, Host, Injector, Target, component, measure};
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

fn show(name: &str, figures: &Figures) {
    println!("{name}");
    println!("  compiled and put into the cache     {:.1} ms", figures.compile * 1e3);
    println!("  first call, code from the cache     {:.2} ms", figures.first_call * 1e3);
    println!("  one call, with its instantiation    {:.1} µs", figures.call * 1e6);
    println!("  1,000 calls that each wait 10 ms    {:.1} ms", figures.thousand_calls * 1e3);
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let standard = ["command", "http", "process"].map(|name| (name, component(name).unwrap()));
        for (name, bytes) in standard.into_iter().chain([("rogue", ROGUE)]) {
            show(name, &measure(name, bytes, &folder.path().join(name)).await.unwrap());
        }
        let injector = host(&folder.path().join("rogue")).load_bytes("rogue", ROGUE).unwrap();
        println!("1,000 calls that sleep 10 ms          {:?}", a_thousand(&injector).await);
    });
}
