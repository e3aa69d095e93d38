//! Quantiles of bare samples, by order statistics: no assumption about their distribution (H. A. David, H. N. Nagaraja,
//! "Order Statistics", 3rd edition, section 7.1).

use super::Tested;
use super::distribution::binomial_at_most;
use super::rank::Ranked;

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

/// Bounds of the `q`-quantile of samples that are worth `effective` independent ones, each side wrong with a chance of
/// `level` at most.
fn bounds(samples: &Ranked, q: f64, level: f64) -> (f64, f64) {
    let n = samples.effective.floor().max(0.0);
    let (lo, hi) = ranks(n as u64, q, level);
    // Of samples that are worth fewer, a rank stands for several.
    let each = samples.sorted().len() as f64 / n.max(1.0);
    let last = samples.sorted().len() as u64;
    let at_most = |rank: u64| if rank == 0 { 0 } else { ((rank as f64 * each).floor() as u64).max(1) };
    let at_least = |rank: u64| if rank > n as u64 { last + 1 } else { (rank as f64 * each).ceil() as u64 };
    (ranked(samples.sorted(), at_most(lo)), ranked(samples.sorted(), at_least(hi)))
}

/// Whether the `q`-quantile of `during` is above `factor` times that of `before`, plus `by`; bounds at `level`. Without
/// `before` there is only `by`. Each side may take half of the level.
pub fn compare(
    before: Option<&Ranked>,
    during: &Ranked,
    q: f64,
    (factor, by): (f64, f64),
    level: f64,
) -> Option<Tested> {
    let middle = |samples: &Ranked| quantile(samples.sorted(), q);
    let reference = match before {
        Some(before) => factor * middle(before)?,
        None => 0.0,
    };
    let reach = |level: f64| {
        let Some(before) = before else {
            let (lo, hi) = bounds(during, q, level);
            return (lo - by, hi - by);
        };
        let ((lo, hi), (low, high)) = (bounds(during, q, level / 2.0), bounds(before, q, level / 2.0));
        (lo - factor * high - by, hi - factor * low - by)
    };
    let (lo, hi) = reach(level);
    Some(Tested {
        estimate: middle(during)? - reference - by,
        lo,
        hi,
        p_above: least_level(|level| reach(level).0 > 0.0),
        p_below: least_level(|level| reach(level).1 < 0.0),
    })
}

/// The least level at which something is proven, found by halving; 1 where it is not proven at an even chance.
fn least_level(proves: impl Fn(f64) -> bool) -> f64 {
    if !proves(0.5) {
        return 1.0;
    }
    let (mut lo, mut hi) = (-30.0_f64, 0.5_f64.ln());
    for _ in 0..40 {
        let middle = (lo + hi) / 2.0;
        if proves(middle.exp()) { hi = middle } else { lo = middle }
    }
    hi.exp()
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
