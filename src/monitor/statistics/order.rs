//! Quantiles of bare samples, by order statistics: no assumption about their distribution (H. A. David, H. N. Nagaraja,
//! "Order Statistics", 3rd edition, section 7.1).

use super::distribution::binomial_at_most;

/// Ranks, from 1, between which the `q`-quantile of `n` samples lies, each side wrong with a chance of `level` at most. Rank
/// 0 and rank n + 1 mean that there is no bound on that side.
pub fn ranks(n: u64, q: f64, level: f64) -> (u64, u64) {
    let lo = first(n, |rank| binomial_at_most(rank as i64, n, q) > level);
    let above = |rank: u64| 1.0 - binomial_at_most(rank as i64 - 1, n, q);
    let hi = first(n, |rank| above(rank + 1) <= level) + 1;
    (lo, hi.min(n + 1))
}

/// The least rank from 0 on for which something holds that goes on to hold; n if none.
fn first(n: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut lo, mut hi) = (0, n);
    while lo < hi {
        let middle = lo + (hi - lo) / 2;
        if holds(middle) { hi = middle } else { lo = middle + 1 }
    }
    lo
}

/// The chance that the `q`-quantile lies between two ranks.
pub fn coverage(n: u64, q: f64, (lo, hi): (u64, u64)) -> f64 {
    binomial_at_most(hi as i64 - 1, n, q) - binomial_at_most(lo as i64 - 1, n, q)
}

/// The sample with a rank, from 1, of sorted samples; beyond them there is no bound.
pub fn ranked(sorted: &[f64], rank: u64) -> f64 {
    match rank {
        0 => f64::NEG_INFINITY,
        rank => sorted.get(rank as usize - 1).copied().unwrap_or(f64::INFINITY),
    }
}

/// The `q`-quantile of sorted samples, linear between two of them.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    let part = place.fract();
    Some(if part == 0.0 { below } else { below + (above - below) * part })
}

/// The middle of samples; none of no samples.
pub fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}
