//! The time of a simulated minute of five services: `cargo bench --bench toy --no-default-features`.

use chaos_lang::base::{Instant, SourceId, Span};
use chaos_lang::toy::{Effect, FaultInForce, Toy};
use chaos_lang::types::model::{Service, System};
use chaos_lang::types::toy::{Breaker, Call, Model, Modelled};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

const SERVICES: usize = 5;
const RUNS: usize = 25;

fn main() {
    for rate in [20.0, 100.0, 500.0] {
        let (model, system) = chain(rate);
        let mut times: Vec<Duration> = (0..RUNS).map(|seed| minute(&model, &system, seed as u64)).collect();
        times.sort();
        println!("{rate} requests/s through {SERVICES} services, 60 s: {:?}", times[RUNS / 2]);
    }
}

/// Each calls the next, with retries and a breaker.
fn chain(rate: f64) -> (Model, System) {
    let span = Span::new(SourceId(0), 0, 0);
    let breaker = Some(Breaker { share: 0.5, over: 10.0, rests: 5.0 });
    let call = |to| Call {
        to,
        share: 1.0,
        timeout: 1.0,
        retries: 2,
        after: 0.05,
        breaker,
        pool: Some(200),
        tolerated: false,
        span,
    };
    let modelled = |at: usize| Modelled {
        name: format!("s{at}"),
        arrivals: if at == 0 { rate } else { 0.0 },
        workers: 200,
        takes: 0.01,
        queue: 100,
        fails: 0.0,
        instances: 1,
        calls: (at + 1 < SERVICES).then(|| call(at + 1)).into_iter().collect(),
        span,
    };
    let services: Vec<Modelled> = (0..SERVICES).map(modelled).collect();
    let service = |it: &Modelled| Service {
        name: it.name.clone(),
        calls: Vec::new(),
        metrics: Vec::new(),
        slos: Vec::new(),
        damaged: false,
    };
    let system = System { name: "chain".to_owned(), services: services.iter().map(service).collect() };
    let model = Model { name: "chain".to_owned(), system: "chain".to_owned(), services, shows: BTreeMap::new(), span };
    (model, system)
}

/// A third of it under a fault of the last service.
fn minute(model: &Model, system: &System, seed: u64) -> Duration {
    let fault = FaultInForce {
        id: "slow".to_owned(),
        target: "s4".to_owned(),
        touches: 1.0,
        acts: 0.4,
        effect: Effect::Delay(0.1, 0.2),
    };
    let started = std::time::Instant::now();
    let Ok(mut toy) = Toy::new(model, system, seed) else { return Duration::MAX };
    for quarter in 1..=240_u64 {
        let faults = if (80..160).contains(&quarter) { std::slice::from_ref(&fault) } else { &[] };
        toy.advance(Instant::default() + Duration::from_millis(250 * quarter), faults);
    }
    black_box(toy.requests("s4"));
    started.elapsed()
}
