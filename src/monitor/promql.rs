//! What Prometheus would answer: its `rate`, with its extrapolation, and its `histogram_quantile`, for whoever compares our
//! exact increments with its figures.

use super::quantile::{Buckets, quantile};
use crate::base::Instant;
use std::time::Duration;

/// `rate(x[range])` at an instant, as Prometheus 3 computes it: over samples in `(at − range, at]`, at least two; a counter
/// that fell was reset; extrapolated to the window's edges, by half the mean distance of samples where an edge is further
/// than 1.1 of it, and not below zero. Samples are in order of time.
pub fn rate(samples: &[(Instant, f64)], at: Instant, range: Duration) -> Option<f64> {
    let start = at - range;
    let inside: Vec<(Instant, f64)> =
        samples.iter().copied().filter(|(time, _)| *time > start && *time <= at).collect();
    let ((first, value), (last, _)) = (*inside.first()?, *inside.last()?);
    let sampled = last.since(first).as_secs_f64();
    if inside.len() < 2 || sampled <= 0.0 || range.is_zero() {
        return None;
    }
    let growth = |pair: &[(Instant, f64)]| if pair[1].1 < pair[0].1 { pair[1].1 } else { pair[1].1 - pair[0].1 };
    let increase: f64 = inside.windows(2).map(growth).sum();
    let mean = sampled / (inside.len() - 1) as f64;
    let reached = |distance: Duration| {
        let distance = distance.as_secs_f64();
        if distance >= 1.1 * mean { mean / 2.0 } else { distance }
    };
    let mut before = reached(first.since(start));
    if increase > 0.0 && value >= 0.0 {
        before = before.min(sampled * value / increase);
    }
    let whole = sampled + before + reached(at.since(last));
    Some(increase * (whole / sampled) / range.as_secs_f64())
}

/// `histogram_quantile(q, x)`: as [`quantile`], but beyond the last finite bound Prometheus gives that bound.
pub fn histogram_quantile(q: f64, buckets: &Buckets) -> Option<f64> {
    quantile(q, buckets).map(|value| value.lo)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Buckets, histogram_quantile, rate};
    use crate::base::Instant;
    use serde_json::Value;
    use std::time::Duration;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../tests/vectors/promql.json")).unwrap()
    }

    /// The notation of Prometheus' own tests: values, `_` for none, `0+10x20` for a row of them.
    fn series(written: &str, interval: u64) -> Vec<(Instant, f64)> {
        let mut values: Vec<Option<f64>> = Vec::new();
        for word in written.split_whitespace() {
            match word.split_once('x') {
                Some((row, count)) => {
                    let (first, by) = row.split_once('+').unwrap();
                    let (first, by): (f64, f64) = (first.parse().unwrap(), by.parse().unwrap());
                    values.extend((0..=count.parse::<u32>().unwrap()).map(|at| Some(first + by * f64::from(at))));
                }
                None => values.push(word.parse().ok()),
            }
        }
        let timed = |(at, value): (u64, Option<f64>)| Some((Instant(at * interval * 1_000_000_000), value?));
        (0..).zip(values).filter_map(timed).collect()
    }

    #[test]
    fn rates_agree_with_prometheus_3() {
        let vectors = vectors();
        let cases = vectors["rate"].as_array().unwrap();
        assert_eq!(cases.len(), 32);
        for case in cases {
            let samples = series(case["series"].as_str().unwrap(), case["interval_s"].as_u64().unwrap());
            let at = Instant(case["t"].as_u64().unwrap() * 1_000_000_000);
            let ours = rate(&samples, at, Duration::from_secs(case["range_s"].as_u64().unwrap()));
            let theirs = case["ref_3x_left_open"].as_f64();
            let near = match (ours, theirs) {
                (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
                (ours, theirs) => ours.is_none() && theirs.is_none(),
            };
            assert!(near, "{case}: {ours:?}");
        }
    }

    #[test]
    fn quantiles_agree_with_prometheus() {
        let vectors = vectors();
        let cases = vectors["histogram_quantile"].as_array().unwrap();
        assert_eq!(cases.len(), 18);
        for case in cases {
            let mut buckets = Buckets::default();
            for (bound, count) in case["buckets"].as_object().unwrap() {
                let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
                buckets.put(bound, count.as_f64().unwrap());
            }
            let ours = histogram_quantile(case["q"].as_f64().unwrap(), &buckets);
            let near = match (ours, case["promtool"].as_f64()) {
                (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9,
                (ours, theirs) => ours.is_none() && theirs.is_none(),
            };
            assert!(near, "{case}: {ours:?}");
        }
    }
}
