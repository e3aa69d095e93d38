//! Toy systems against the formulas of the textbooks, and against what is known of their ways to fail.

use super::*;
use crate::base::Span;
use crate::types::model::{Metric, Service};
use crate::types::toy::{Breaker, Call, Measure, Modelled};
use std::time::Duration;

const SPAN: Span = Span { source: crate::base::SourceId(0), start: 0, end: 0 };

fn service(name: &str, workers: u32, takes_ms: f64) -> Modelled {
    Modelled {
        name: name.to_owned(),
        arrivals: 0.0,
        workers,
        takes: takes_ms / 1e3,
        queue: 100_000,
        fails: 0.0,
        instances: 1,
        calls: Vec::new(),
        span: SPAN,
    }
}

fn call(to: usize) -> Call {
    Call {
        to,
        share: 1.0,
        timeout: 30.0,
        retries: 0,
        after: 0.0,
        breaker: None,
        pool: None,
        tolerated: false,
        span: SPAN,
    }
}

/// Every measure of every service as a metric of its name.
fn system(services: &[Modelled]) -> (Model, System) {
    let ty = |measure| match measure {
        Measure::Success | Measure::Errors => Type::Ratio,
        Measure::Latency => Type::Distribution(Box::new(Type::Duration)),
        Measure::Requests | Measure::Failures | Measure::Retried => Type::Counter,
        _ => Type::Float,
    };
    let metric = |(word, measure): &(&str, Measure)| {
        let ty = ty(*measure);
        Metric { name: (*word).to_owned(), range: ty.range(), ty, span: SPAN }
    };
    let of = |it: &Modelled| Service {
        name: it.name.clone(),
        calls: it.calls.iter().map(|call| services[call.to].name.clone()).collect(),
        metrics: Measure::ALL.iter().map(metric).collect(),
        slos: Vec::new(),
        damaged: false,
    };
    let mut shows = BTreeMap::new();
    for (at, it) in services.iter().enumerate() {
        for (word, measure) in Measure::ALL {
            shows.insert(id(&it.name, word), Shown { measure: *measure, service: at });
        }
    }
    let name = || "toy".to_owned();
    let model = Model { name: name(), system: name(), services: services.to_vec(), shows, span: SPAN };
    (model, System { name: name(), services: services.iter().map(of).collect() })
}

fn id(service: &str, metric: &str) -> MetricId {
    MetricId { service: service.to_owned(), metric: metric.to_owned() }
}

fn toy(services: &[Modelled]) -> Toy {
    let (model, system) = system(services);
    Toy::new(&model, &system, 7).unwrap()
}

fn at(seconds: u64) -> Instant {
    Instant::default() + Duration::from_secs(seconds)
}

/// The mean of a latency in seconds, and how many there were.
fn latency(toy: &Toy, service: &str, from: u64, to: u64) -> (f64, f64) {
    match toy.sample(&id(service, "latency"), at(from), at(to)) {
        Some(Point::Histogram { buckets, sum }) => (sum / buckets.count(), buckets.count()),
        other => panic!("{other:?}"),
    }
}

fn share(toy: &Toy, service: &str, metric: &str, from: u64, to: u64) -> f64 {
    match toy.sample(&id(service, metric), at(from), at(to)) {
        Some(Point::Ratio { good, all }) => good / all,
        other => panic!("{other:?}"),
    }
}

fn number(toy: &Toy, service: &str, metric: &str, from: u64, to: u64) -> f64 {
    match toy.sample(&id(service, metric), at(from), at(to)) {
        Some(Point::Increase(value) | Point::Gauge(value)) => value,
        other => panic!("{other:?}"),
    }
}

fn fault(target: &str, touches: f64, acts: f64, effect: Effect) -> FaultInForce {
    FaultInForce { id: "fault".to_owned(), target: target.to_owned(), touches, acts, effect }
}

fn near(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance * wanted.abs(), "found {found}, wanted {wanted}");
}

/// M/M/1: an answer takes 1/(μ − λ).
#[test]
fn one_worker_is_the_queue_of_the_textbook() {
    for load in [30.0, 50.0, 80.0] {
        let mut toy = toy(&[Modelled { arrivals: load, ..service("a", 1, 10.0) }]);
        toy.advance(at(3_000), &[]);
        near(latency(&toy, "a", 0, 3_000).0, 1.0 / (100.0 - load), 0.04);
    }
}

/// M/M/c: 1/μ and Erlang's C over cμ − λ. For c = 2: an answer takes 1/(μ (1 − ρ²)).
#[test]
fn several_workers_are_erlangs_queue() {
    let mut two = toy(&[Modelled { arrivals: 160.0, ..service("a", 2, 10.0) }]);
    two.advance(at(2_000), &[]);
    near(latency(&two, "a", 0, 2_000).0, 0.01 / (1.0 - 0.8 * 0.8), 0.04);
    near(stable::wait(2.0, 160.0, 0.01) + 0.01, 0.01 / (1.0 - 0.8 * 0.8), 1e-9);
    let mut ten = toy(&[Modelled { arrivals: 900.0, ..service("a", 10, 10.0) }]);
    ten.advance(at(1_000), &[]);
    near(latency(&ten, "a", 0, 1_000).0, 0.01 + stable::wait(10.0, 900.0, 0.01), 0.06);
}

/// J. D. C. Little: as many are under way as come in the time of one.
#[test]
fn as_many_are_busy_as_little_says() {
    let mut toy = toy(&[Modelled { arrivals: 200.0, ..service("a", 10, 20.0) }]);
    let mut busy = 0.0;
    for second in 1..=2_000 {
        toy.advance(at(second), &[]);
        busy += number(&toy, "a", "busy", second - 1, second);
    }
    near(busy / 2_000.0, 200.0 * 0.02, 0.04);
}

/// M/M/1/K: the share that is turned away is (1 − ρ) ρᴷ / (1 − ρᴷ⁺¹), with K places in all.
#[test]
fn a_full_queue_turns_away_what_the_textbook_says() {
    let mut toy = toy(&[Modelled { arrivals: 90.0, queue: 4, ..service("a", 1, 10.0) }]);
    toy.advance(at(2_000), &[]);
    let (rho, places) = (0.9_f64, 5);
    let lost = (1.0 - rho) * rho.powi(places) / (1.0 - rho.powi(places + 1));
    near(share(&toy, "a", "errors", 0, 2_000), lost, 0.04);
}

#[test]
fn a_chain_takes_the_time_of_its_parts() {
    let caller = Modelled { arrivals: 50.0, calls: vec![call(1)], ..service("a", 100, 20.0) };
    let mut toy = toy(&[caller, service("b", 100, 30.0)]);
    toy.advance(at(1_000), &[]);
    near(latency(&toy, "a", 0, 1_000).0, 0.05, 0.03);
    near(latency(&toy, "b", 0, 1_000).0, 0.03, 0.03);
}

/// Two retries of calls that fail with the chance p make 1 + p + p² calls of one, and p³ of them are lost.
#[test]
fn retries_amplify() {
    let caller = Modelled { arrivals: 100.0, calls: vec![Call { retries: 2, ..call(1) }], ..service("a", 50, 5.0) };
    let mut toy = toy(&[caller, service("b", 50, 5.0)]);
    toy.advance(at(500), &[fault("b", 1.0, 0.4, Effect::Fail)]);
    let each = toy.requests("b") as f64 / toy.requests("a") as f64;
    near(each, 1.0 + 0.4 + 0.16, 0.02);
    near(share(&toy, "a", "errors", 0, 500), 0.064, 0.05);
    near(number(&toy, "a", "retries", 0, 500) / 50_000.0, 0.56, 0.03);
    near(toy.acted("fault") as f64 / toy.seen("fault") as f64, 0.4, 0.02);
}

/// A spoilt answer costs the service its work, and its caller learns only then that it is no good.
#[test]
fn a_spoilt_answer_is_worked_for() {
    let caller = Modelled { arrivals: 50.0, calls: vec![call(1)], ..service("a", 50, 5.0) };
    let mut toy = toy(&[caller, service("b", 50, 20.0)]);
    toy.advance(at(200), &[fault("b", 1.0, 0.4, Effect::Spoil)]);
    near(share(&toy, "b", "errors", 0, 200), 0.4, 0.03);
    near(share(&toy, "a", "errors", 0, 200), 0.4, 0.03);
    near(latency(&toy, "b", 0, 200).0, 0.02, 0.03);
}

/// Of 100 requests a second 30 pass, or a few less, since those that come together do not: also where faults are felt anew all the time.
#[test]
fn a_limit_lets_its_rate_pass() {
    let mut toy = toy(&[Modelled { arrivals: 100.0, ..service("a", 50, 5.0) }]);
    for second in 1..=100 {
        toy.advance(at(second), &[fault("a", 1.0, 1.0, Effect::Limit(30.0))]);
    }
    near(share(&toy, "a", "success", 0, 100), 0.3, 0.05);
    near(toy.acted("fault") as f64 / toy.seen("fault") as f64, 0.7, 0.03);
}

#[test]
fn calls_are_given_up_after_the_timeout() {
    let caller = Modelled { arrivals: 50.0, calls: vec![Call { timeout: 0.1, ..call(1) }], ..service("a", 50, 1.0) };
    let mut toy = toy(&[caller, service("b", 50, 20.0)]);
    toy.advance(at(500), &[]);
    // Exponential: e⁻⁵ of the answers take longer than five times the mean.
    near(share(&toy, "a", "errors", 0, 500), (-5.0_f64).exp(), 0.15);
    toy.advance(at(600), &[fault("b", 1.0, 1.0, Effect::Lose)]);
    near(latency(&toy, "a", 505, 600).0, 0.101, 0.05);
    assert!(share(&toy, "a", "success", 505, 600) < 0.01);
}

/// A slow callee takes the workers of its caller: fewer than come can be done, and the queue fills up.
#[test]
fn a_slow_callee_exhausts_its_caller() {
    let caller = Modelled { arrivals: 100.0, queue: 50, calls: vec![call(1)], ..service("a", 10, 10.0) };
    let mut toy = toy(&[caller, service("b", 200, 10.0)]);
    toy.advance(at(30), &[]);
    assert!(share(&toy, "a", "success", 0, 30) > 0.999);
    let slow = [fault("b", 1.0, 1.0, Effect::Delay(0.38, 0.38))];
    toy.advance(at(60), &slow);
    toy.advance(at(160), &slow);
    // 10 workers, each 10 ms + 380 ms + 10 ms with a request: 25 of 100 in a second.
    near(share(&toy, "a", "success", 60, 160), 0.25, 0.05);
    assert!(number(&toy, "a", "busy", 60, 160) >= 10.0 && number(&toy, "a", "queue", 60, 160) > 40.0);
    toy.advance(at(170), &[]);
    toy.advance(at(200), &[]);
    assert!(share(&toy, "a", "success", 170, 200) > 0.999, "it heals");
}

/// A pool lets through as many as it has connections in the time of one.
#[test]
fn a_pool_is_a_bottleneck() {
    let calls = vec![Call { pool: Some(5), ..call(1) }];
    let caller = Modelled { arrivals: 100.0, queue: 20, calls, ..service("a", 100, 1.0) };
    let mut toy = toy(&[caller, service("b", 100, 10.0)]);
    toy.advance(at(20), &[]);
    let slow = [fault("b", 1.0, 1.0, Effect::Delay(0.09, 0.09))];
    toy.advance(at(30), &slow);
    let before = toy.requests("b");
    toy.advance(at(130), &slow);
    near((toy.requests("b") - before) as f64, 5.0 / 0.1 * 100.0, 0.05);
    near(share(&toy, "a", "success", 30, 130), 0.5, 0.05);
}

#[test]
fn a_breaker_opens_rests_and_closes() {
    let breaker = Some(Breaker { share: 0.5, over: 10.0, rests: 5.0 });
    let caller = Modelled { arrivals: 50.0, calls: vec![Call { breaker, ..call(1) }], ..service("a", 50, 5.0) };
    let mut toy = toy(&[caller, service("b", 50, 5.0)]);
    toy.advance(at(20), &[]);
    assert!(number(&toy, "a", "open", 19, 20).abs() < 0.1);
    let failing = [fault("b", 1.0, 1.0, Effect::Fail)];
    // Half of what was called in ten seconds has failed after ten more, or so.
    toy.advance(at(27), &failing);
    near(number(&toy, "a", "open", 26, 27), 1.0, 0.01);
    let before = toy.requests("b");
    toy.advance(at(67), &failing);
    let tried = toy.requests("b") - before;
    assert!((7..=9).contains(&tried), "one call in each rest of 5 s: {tried}");
    toy.advance(at(73), &[]);
    toy.advance(at(80), &[]);
    assert!(number(&toy, "a", "open", 73, 80).abs() < 0.1);
    assert!(share(&toy, "a", "success", 73, 80) > 0.999);
}

#[test]
fn what_is_tolerated_fails_nobody() {
    let calls = vec![Call { tolerated: true, ..call(1) }];
    let caller = Modelled { arrivals: 50.0, calls, ..service("a", 50, 5.0) };
    let mut toy = toy(&[caller, service("b", 50, 5.0)]);
    toy.advance(at(100), &[fault("b", 1.0, 1.0, Effect::Fail)]);
    assert!(share(&toy, "a", "success", 0, 100) > 0.999 && share(&toy, "b", "success", 0, 100) < 0.001);
}

#[test]
fn the_affected_are_told_from_the_others() {
    let mut toy = toy(&[Modelled { arrivals: 100.0, ..service("a", 50, 10.0) }]);
    toy.advance(at(200), &[fault("a", 0.25, 0.8, Effect::Fail)]);
    near(share(&toy, "a", "success of affected", 0, 200), 0.2, 0.08);
    assert!(share(&toy, "a", "success of others", 0, 200) > 0.999);
    near(share(&toy, "a", "success", 0, 200), 0.8, 0.02);
    near(number(&toy, "a", "requests of affected", 0, 200) / number(&toy, "a", "requests", 0, 200), 0.25, 0.05);
}

#[test]
fn instances_that_die_take_their_work_and_their_workers() {
    let mut toy = toy(&[Modelled { arrivals: 300.0, instances: 4, queue: 20, ..service("a", 8, 20.0) }]);
    toy.advance(at(20), &[]);
    let one = [fault("a", 0.0, 0.0, Effect::Remove(2.0))];
    toy.advance(at(30), &one);
    toy.advance(at(130), &one);
    // 4 workers are left, and do 200 of 300 in a second.
    near(share(&toy, "a", "success", 30, 130), 2.0 / 3.0, 0.05);
    assert_eq!(toy.acted("fault"), 2);
    toy.advance(at(131), &[fault("a", 0.0, 0.0, Effect::Remove(9.0))]);
    toy.advance(at(140), &[fault("a", 0.0, 0.0, Effect::Remove(9.0))]);
    assert!(share(&toy, "a", "success", 131, 140).abs() < 1e-9 && latency(&toy, "a", 131, 140).0 < 1e-6);
    toy.advance(at(141), &[]);
    toy.advance(at(150), &[]);
    assert!(share(&toy, "a", "success", 141, 150) > 0.95);
}

/// More is tried again than can be done, and it goes on without its cause: a metastable failure (N. Bronson et al., 2021).
#[test]
fn a_storm_of_retries_outlives_its_cause() {
    let storm = |retries| {
        let calls = vec![Call { retries, timeout: 0.3, ..call(1) }];
        let caller = Modelled { arrivals: 60.0, calls, ..service("a", 1_000, 1.0) };
        let mut toy = toy(&[caller, Modelled { instances: 2, ..service("b", 2, 20.0) }]);
        toy.advance(at(30), &[]);
        toy.advance(at(50), &[fault("b", 0.0, 0.0, Effect::Remove(1.0))]);
        toy.advance(at(100), &[]);
        toy.advance(at(150), &[]);
        (share(&toy, "a", "success", 0, 30), share(&toy, "a", "success", 100, 150))
    };
    let (before, after) = storm(3);
    assert!(before > 0.97 && after < 0.2, "{before} {after}");
    let (before, after) = storm(0);
    assert!(before > 0.97 && after > 0.97, "{before} {after}");
}

#[test]
fn the_same_seed_takes_the_same_course_however_time_passes() {
    let services = || {
        let caller = Modelled { arrivals: 100.0, calls: vec![Call { retries: 2, ..call(1) }], ..service("a", 20, 5.0) };
        [caller, Modelled { fails: 0.1, ..service("b", 5, 20.0) }]
    };
    let (mut one, mut many) = (toy(&services()), toy(&services()));
    one.advance(at(60), &[]);
    (1..=60).for_each(|second| many.advance(at(second), &[]));
    for (word, _) in Measure::ALL {
        let of = |toy: &Toy| toy.sample(&id("a", word), at(0), at(60)).map(|it| format!("{it:.6?}"));
        assert_eq!(of(&one), of(&many), "{word}");
    }
    let (model, system) = system(&services());
    let mut other = Toy::new(&model, &system, 8).unwrap();
    other.advance(at(60), &[]);
    assert_ne!(other.requests("b"), one.requests("b"));
}

/// What is found by calculation is what the simulation shows.
#[test]
fn the_load_is_the_one_that_is_computed() {
    let calls = vec![Call { retries: 2, timeout: 0.1, ..call(1) }, Call { share: 0.3, tolerated: true, ..call(2) }];
    let services = [
        Modelled { arrivals: 100.0, calls, ..service("a", 20, 10.0) },
        Modelled { fails: 0.2, ..service("b", 8, 20.0) },
        service("c", 2, 30.0),
    ];
    let (model, system) = system(&services);
    let load = stable::load(&model).unwrap();
    let mut toy = Toy::new(&model, &system, 3).unwrap();
    toy.advance(at(1_000), &[]);
    for (service, load) in services.iter().zip(&load) {
        near(toy.requests(&service.name) as f64 / 1_000.0, load.comes, 0.03);
        near(latency(&toy, &service.name, 0, 1_000).0, load.answers, 0.15);
    }
}

#[test]
fn what_cannot_last_is_refused() {
    let refused = |services: &[Modelled]| Toy::new(&system(services).0, &system(services).1, 1).unwrap_err();
    let over = refused(&[Modelled { arrivals: 120.0, ..service("a", 1, 10.0) }]);
    assert!(
        matches!(over, Unstable::Overload { ref service, comes, can, workers, .. }
        if service == "a" && comes == 120.0 && (can - 100.0).abs() < 1e-6 && workers == 2.0),
        "{over:?}"
    );
    // The cause is the callee, though its caller has too few workers for it, too.
    let caller = |call| Modelled { arrivals: 100.0, calls: vec![call], ..service("a", 10, 1.0) };
    let over = refused(&[caller(call(1)), service("b", 1, 20.0)]);
    assert!(matches!(over, Unstable::Overload { ref service, .. } if service == "b"), "{over:?}");
    let held = refused(&[caller(call(1)), service("b", 100, 200.0)]);
    assert!(matches!(held, Unstable::Overload { ref service, .. } if service == "a"), "{held:?}");
    let pool = refused(&[caller(Call { pool: Some(1), ..call(1) }), service("b", 100, 20.0)]);
    assert!(matches!(pool, Unstable::Pool { connections, .. } if connections == 3.0), "{pool:?}");
    let late = refused(&[caller(Call { timeout: 0.005, ..call(1) }), service("b", 100, 20.0)]);
    assert!(matches!(late, Unstable::Late { .. }), "{late:?}");
    let circle = refused(&[caller(call(0))]);
    assert!(matches!(circle, Unstable::Endless { .. }), "{circle:?}");
    let busy = refused(&[
        Modelled { arrivals: 15_000.0, calls: vec![call(1)], ..service("a", 10_000, 1.0) },
        service("b", 10_000, 1.0),
    ]);
    assert!(matches!(busy, Unstable::Busy { .. }), "{busy:?}");
    let part = Modelled { arrivals: 10.0, calls: vec![Call { share: 0.5, ..call(0) }], ..service("a", 50, 10.0) };
    let (model, system) = system(&[part]);
    assert!(Toy::new(&model, &system, 1).is_ok(), "half of them come back once more");
}

#[test]
fn clocks_at_their_limits_are_no_trouble() {
    let mut toy = toy(&[Modelled { arrivals: 5.0, ..service("a", 1, 10.0) }]);
    assert_eq!(toy.sample(&id("a", "success"), at(0), at(1)), None);
    toy.advance(Instant(u64::MAX), &[]);
    toy.advance(Instant(5), &[]);
    assert!(toy.sample(&id("a", "success"), at(0), Instant(u64::MAX)).is_some());
    assert!(toy.sample(&id("a", "queue"), Instant(u64::MAX), Instant(u64::MAX)).is_some());
    assert_eq!(toy.sample(&id("b", "success"), at(0), at(1)), None);
    assert_eq!((toy.requests("b"), toy.acted("none")), (0, 0));
}
