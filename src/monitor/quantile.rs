//! Quantiles of classic histograms, as Prometheus computes them (`histogram_quantile`), but for the +Inf bucket: linear
//! inside a bucket, none without a +Inf bucket.

use crate::base::Interval;
use crate::base::number::Written;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts by upper bound, cumulative over bounds. As data a list of pairs: bound, count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<(Written, Written)>", into = "Vec<(Written, Written)>")]
pub struct Buckets {
    by_bound: BTreeMap<Bound, f64>,
}

/// A bound that can be sorted.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bound(f64);

impl From<Vec<(Written, Written)>> for Buckets {
    fn from(pairs: Vec<(Written, Written)>) -> Self {
        Self { by_bound: pairs.into_iter().map(|(bound, count)| (Bound(bound.0), count.0)).collect() }
    }
}

impl From<Buckets> for Vec<(Written, Written)> {
    fn from(buckets: Buckets) -> Self {
        buckets.by_bound.into_iter().map(|(bound, count)| (Written(bound.0), Written(count))).collect()
    }
}

impl Eq for Bound {}

impl PartialOrd for Bound {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bound {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Buckets {
    /// Adds to the bucket with this upper bound.
    pub fn put(&mut self, bound: f64, count: f64) {
        *self.by_bound.entry(Bound(bound)).or_insert(0.0) += count;
    }

    /// Adds all of another. Where one of them lacks a bound, what it has at lower ones is surely below it.
    pub fn add(&mut self, other: &Buckets) {
        if self.by_bound.is_empty() || self.bounds().eq(other.bounds()) {
            return other.by_bound.iter().for_each(|(bound, count)| self.put(bound.0, *count));
        }
        let bounds = self.by_bound.keys().chain(other.by_bound.keys());
        let both = |bound: &Bound| (*bound, self.at_most(bound.0) + other.at_most(bound.0));
        self.by_bound = bounds.map(both).collect();
    }

    /// All observations: what the widest bucket holds.
    pub fn count(&self) -> f64 {
        self.by_bound.last_key_value().map_or(0.0, |(_, count)| *count)
    }

    /// The upper bounds, from the lowest.
    pub fn bounds(&self) -> impl Iterator<Item = f64> + '_ {
        self.by_bound.keys().map(|bound| bound.0)
    }

    /// How many observations are surely at or below `bound`.
    pub fn at_most(&self, bound: f64) -> f64 {
        self.by_bound.range(..=Bound(bound)).map(|(_, count)| *count).fold(0.0, f64::max)
    }

    /// How many observations are surely above `bound`.
    pub fn above(&self, bound: f64) -> f64 {
        let next = self.by_bound.range(Bound(bound)..).next();
        next.map_or(0.0, |(next, _)| (self.count() - self.at_most(next.0)).max(0.0))
    }

    /// Bounds and counts, from the lowest, forced to grow.
    fn monotone(&self) -> Vec<(f64, f64)> {
        let mut most = 0.0_f64;
        let grow = |(bound, count): (&Bound, &f64)| {
            most = most.max(*count);
            (bound.0, most)
        };
        self.by_bound.iter().map(grow).collect()
    }
}

/// The `q`-quantile, 0 ≤ q ≤ 1; nothing where there is none.
///
/// In the +Inf bucket Prometheus gives the last finite bound. That would let a limit above it hold whatever happens, so
/// here it is everything from that bound on.
pub fn quantile(q: f64, buckets: &Buckets) -> Option<Interval> {
    of_monotone(q, &buckets.monotone())
}

/// The same of bounds and counts, from the lowest, that grow.
pub fn of_monotone(q: f64, list: &[(f64, f64)]) -> Option<Interval> {
    let (last_bound, total) = list.last().copied()?;
    if last_bound != f64::INFINITY || list.len() < 2 || total <= 0.0 {
        return None;
    }
    let rank = q * total;
    let at = list.iter().position(|(_, count)| *count >= rank).unwrap_or(list.len() - 1);
    if at == list.len() - 1 {
        return Some(Interval::new(list[at - 1].0, f64::INFINITY));
    }
    let (upper, count) = list[at];
    let (lower, below) = if at == 0 { (upper.min(0.0), 0.0) } else { list[at - 1] };
    let inside = count - below;
    let value = if inside <= 0.0 || (at == 0 && upper <= 0.0) {
        upper
    } else {
        lower + (upper - lower) * ((rank - below) / inside)
    };
    Some(Interval::point(value))
}

#[cfg(test)]
mod tests {
    use super::{Buckets, quantile};

    fn buckets(list: &[(f64, f64)]) -> Buckets {
        let mut buckets = Buckets::default();
        for (bound, count) in list {
            buckets.put(*bound, *count);
        }
        buckets
    }

    #[test]
    fn quantiles_are_linear_inside_a_bucket() {
        let all = buckets(&[(0.1, 50.0), (0.2, 100.0), (f64::INFINITY, 100.0)]);
        let near =
            |q: f64, value: f64| quantile(q, &all).is_some_and(|it| it.is_point() && (it.lo - value).abs() < 1e-12);
        assert!(near(0.75, 0.15));
        assert!(near(0.5, 0.1));
        assert!(near(0.25, 0.05));
    }

    #[test]
    fn beyond_the_last_finite_bound_everything_is_possible() {
        let beyond = quantile(0.99, &buckets(&[(0.1, 1.0), (f64::INFINITY, 10.0)]));
        assert_eq!(beyond, Some(super::Interval::new(0.1, f64::INFINITY)));
    }

    #[test]
    fn buckets_with_other_bounds_lose_nothing_of_what_was_counted() {
        let mut all = buckets(&[(0.1, 40.0), (f64::INFINITY, 40.0)]);
        all.add(&buckets(&[(0.3, 0.0), (0.4, 60.0), (f64::INFINITY, 60.0)]));
        assert_eq!(all, buckets(&[(0.1, 40.0), (0.3, 40.0), (0.4, 100.0), (f64::INFINITY, 100.0)]));
    }

    #[test]
    fn without_an_infinite_bucket_there_is_no_quantile() {
        assert_eq!(quantile(0.5, &buckets(&[(0.1, 1.0)])), None);
        assert_eq!(quantile(0.5, &buckets(&[])), None);
    }
}
