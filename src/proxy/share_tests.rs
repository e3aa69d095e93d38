//! The share against an oracle that knows every timestamp, over many shapes of traffic.

use std::collections::VecDeque;

use super::*;
use crate::proxy::window::SPAN;

const SHARES: [f64; 8] = [0.01, 0.05, 0.29, 0.33, 0.4, 0.5, 0.75, 0.99];

/// A small generator of its own, so that a failure comes again.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// What came of one trace: the requests, the touched ones, and both for the last full window.
struct Outcome {
    touched: u64,
    window_seen: u64,
    window_touched: u64,
}

/// Plays `arrivals` (microseconds) and checks the bound at each of them, by exact timestamps.
fn play(share: f64, arrivals: impl IntoIterator<Item = u64>) -> Outcome {
    let mut selector = Share::new(share);
    let mut window: VecDeque<(u64, bool)> = VecDeque::new();
    let (mut touched, mut within) = (0, 0);
    for now in arrivals {
        let hit = selector.touches(Duration::from_micros(now), true);
        window.push_back((now, hit));
        touched += u64::from(hit);
        within += u64::from(hit);
        while window.front().is_some_and(|&(at, _)| at + SPAN.as_micros() as u64 <= now) {
            within -= u64::from(window.pop_front().is_some_and(|(_, hit)| hit));
        }
        let allowed = floor_of(billionths(share), window.len() as u64);
        assert!(!hit || within <= allowed, "touched {within} of {} at {now} µs, share {share}", window.len());
        assert!(allowed < GUARDED || within <= allowed, "{within} of {} at {now} µs, share {share}", window.len());
    }
    Outcome { touched, window_seen: window.len() as u64, window_touched: within }
}

fn steady(per_second: u64, seconds: u64) -> impl Iterator<Item = u64> {
    (0..per_second * seconds).map(move |index| index * 1_000_000 / per_second)
}

#[test]
fn steady_traffic_keeps_the_bound_and_gets_its_pace() {
    for share in SHARES {
        for (per_second, seconds) in [(7, 120), (50, 60), (2000, 25), (20_000, 12)] {
            let outcome = play(share, steady(per_second, seconds));
            let (touches, requests) = pace(billionths(share));
            let expected = outcome.window_seen * touches / requests;
            if share * outcome.window_seen as f64 >= 2.0 {
                assert!(
                    outcome.window_touched + 1 >= expected,
                    "{share} of {per_second}/s: {}",
                    outcome.window_touched
                );
            }
        }
    }
}

#[test]
fn the_pace_is_near_the_share_and_never_above_it() {
    for share in 1..1000 {
        let (touches, requests) = pace(share * 1_000_000);
        let ratio = touches as f64 / requests as f64 / (share as f64 / 1000.0);
        assert!((0.94..=1.0).contains(&ratio), "{share}: {ratio}");
    }
}

#[test]
fn every_run_keeps_the_bound_whenever_the_traffic_might_stop() {
    for share in SHARES {
        let mut selector = Share::new(share);
        let hits: Vec<u64> =
            steady(1000, 5).map(|at| u64::from(selector.touches(Duration::from_micros(at), true))).collect();
        let sums: Vec<u64> =
            std::iter::once(0).chain(hits.iter().scan(0, |sum, hit| Some(sum_up(sum, *hit)))).collect();
        for from in 0..hits.len() {
            for to in (from + 1..=hits.len()).take(700) {
                let allowed = floor_of(billionths(share), (to - from) as u64);
                assert!(allowed < GUARDED || sums[to] - sums[from] <= allowed, "{share}: {from}..{to}");
            }
        }
    }
}

fn sum_up(sum: &mut u64, hit: u64) -> u64 {
    *sum += hit;
    *sum
}

#[test]
fn a_ramp_down_keeps_the_bound() {
    for share in SHARES {
        let mut now = 0;
        // From 200/s down to one in 2 s within about a minute and a half.
        let arrivals = (0..6000_u64).map(|index| {
            now += 5000 + (index * index * index) / 3_000_000 * 20;
            now
        });
        play(share, arrivals);
    }
}

#[test]
fn bursts_and_silences_keep_the_bound() {
    for share in SHARES {
        for (size, every) in [(40, 2_000_000), (300, 6_000_000), (1000, 9_900_000), (500, 16_000_000)] {
            let arrivals = (0..20_u64).flat_map(|burst| (0..size).map(move |index| burst * every + index * 37));
            play(share, arrivals);
            let mut half_on: Vec<u64> = steady(50, 120).filter(|at| at % (2 * every) < every).collect();
            half_on.push(half_on.last().copied().unwrap_or_default() + 9_950_000);
            play(share, half_on);
        }
    }
}

#[test]
fn traffic_at_random_keeps_the_bound() {
    for seed in 0..200 {
        let mut chance = Chance(seed);
        let share = SHARES[chance.next(SHARES.len() as u64) as usize];
        let (mut now, mut arrivals) = (0, Vec::new());
        for _ in 0..30 {
            let gap = [50, 1000, 20_000, 300_000, 2_000_000][chance.next(5) as usize];
            for _ in 0..chance.next(120) {
                now += chance.next(2 * gap);
                arrivals.push(now);
            }
            now += chance.next(11_000_000);
        }
        play(share, arrivals);
    }
}

#[test]
fn nothing_is_touched_before_the_share_of_what_was_seen_is_a_request() {
    let mut selector = Share::new(0.05);
    let first = (1..=100_u64).find(|&index| selector.touches(Duration::from_millis(index * 10), true));
    assert!(first.is_some_and(|index| index >= 20), "{first:?}");
}

#[test]
fn slow_traffic_still_gets_single_touches() {
    // 1/s at 10 %: the window's share is one request; never two within a window.
    let outcome = play(0.1, steady(1, 200));
    assert!(outcome.touched >= 8, "{}", outcome.touched);
}

#[test]
fn all_is_all_and_none_is_none() {
    assert_eq!(play(1.0, steady(20_000, 1)).touched, 20_000);
    assert_eq!(play(1.0, [0, 40_000_000]).touched, 2);
    assert_eq!(play(0.0, steady(1000, 2)).touched, 0);
}
