//! Samples per second through the temporal monitors: `cargo bench --bench monitor --no-default-features`.
//!
//! The kernel is one sliding extreme; the monitor is the public interface, with its intervals and its nesting.

use chaos_lang::base::Instant;
use chaos_lang::monitor::Robustness;
use chaos_lang::monitor::sliding::SlidingMin;
use chaos_lang::monitor::temporal::{Bounds, Formula, Monitor};
use std::hint::black_box;
use std::time::Duration;

const SAMPLES: u64 = 1_000_000;
const RUNS: usize = 25;
/// Samples come every 10 ms.
const STEP: u64 = 10_000_000;

fn main() {
    let values = noise();
    kernel("kernel: always[10 s]", &values, &[10]);
    kernel("kernel: eventually[30 s] always[5 s]", &values, &[5, 30]);
    let always = |seconds, inner| Formula::Always(Bounds::up_to(Duration::from_secs(seconds)), Box::new(inner));
    let eventually = |seconds, inner| Formula::Eventually(Bounds::up_to(Duration::from_secs(seconds)), Box::new(inner));
    monitor("monitor: always[10 s]", &values, &always(10, Formula::Atom(0)));
    monitor("monitor: eventually[30 s] always[5 s]", &values, &eventually(30, always(5, Formula::Atom(0))));
}

/// A random walk, as metrics are: pure noise would keep the windows nearly empty, which is faster.
fn noise() -> Vec<f64> {
    let mut state = 42_u64;
    let mut level = 0.0;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        level = 0.99 * level + (state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0;
        level
    };
    (0..SAMPLES).map(next).collect()
}

fn kernel(name: &str, values: &[f64], windows: &[u64]) {
    measure(name, || {
        let mut stages: Vec<SlidingMin> = windows.iter().map(|_| SlidingMin::default()).collect();
        let mut sum = 0.0;
        for (place, value) in (0..).zip(values) {
            let mut value = *value;
            for (stage, seconds) in stages.iter_mut().zip(windows) {
                stage.push(Instant(place * STEP), value);
                value = -stage.since(Instant((place * STEP).saturating_sub(seconds * 1_000_000_000)));
            }
            sum += value;
        }
        sum
    });
}

fn monitor(name: &str, values: &[f64], formula: &Formula) {
    measure(name, || {
        let mut monitor = Monitor::new(formula);
        let mut sum = 0.0;
        for (place, value) in (0..).zip(values) {
            let verdicts = monitor.push(Instant(place * STEP), &[Robustness::point(*value)]);
            sum += verdicts.map(|it| it.robustness.lo).sum::<f64>();
        }
        sum
    });
}

/// Prints the fastest and the median of several runs: on a machine that does other work, too, the fastest tells more.
#[allow(clippy::disallowed_methods)]
fn measure(name: &str, run: impl Fn() -> f64) {
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let began = std::time::Instant::now();
            black_box(run());
            SAMPLES as f64 / began.elapsed().as_secs_f64() / 1e6
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    println!("{name:40} {:7.1} M samples/s (median {:.1})", rates[RUNS - 1], rates[RUNS / 2]);
}
