//! Ranks: whether samples are above others, whatever their distribution (H. B. Mann, D. R. Whitney, 1947), and by how much
//! (J. L. Hodges, E. L. Lehmann, 1963). Samples in a row that are correlated count as fewer.

use super::Tested;
use super::correlation::inflation;
use super::distribution::{normal_above, normal_bound};

/// Sorted samples, and how many independent ones they are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    sorted: Vec<f64>,
    /// How many independent samples they are worth.
    pub effective: f64,
}

impl Ranked {
    /// Samples in a row that are correlated so much.
    pub fn new(samples: &[f64], correlation: f64) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let effective = sorted.len() as f64 / inflation(correlation);
        Self { sorted, effective }
    }

    /// Each sample times `factor`, which is not negative, plus `by`.
    #[must_use]
    pub fn moved(&self, factor: f64, by: f64) -> Self {
        Self { sorted: self.sorted.iter().map(|value| value * factor + by).collect(), ..*self }
    }

    /// The samples, from the least.
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Their `q`-quantile; none of no samples.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        super::order::quantile(&self.sorted, q)
    }
}

/// How often a sample of `during` is above one of `before`; as often as not counts half.
pub fn wins(before: &[f64], during: &[f64]) -> f64 {
    let mut wins = 0.0;
    for value in during {
        let below = before.partition_point(|other| other < value);
        let up_to = before.partition_point(|other| other <= value);
        wins += below as f64 + (up_to - below) as f64 / 2.0;
    }
    wins
}

/// The standard deviation of [`wins`] where nothing differs, corrected for ties and for correlation.
fn deviation(before: &Ranked, during: &Ranked) -> f64 {
    let (n, m) = (before.sorted.len() as f64, during.sorted.len() as f64);
    let all = n + m;
    let mut joined: Vec<f64> = before.sorted.iter().chain(&during.sorted).copied().collect();
    joined.sort_unstable_by(f64::total_cmp);
    let ties: f64 = joined.chunk_by(|a, b| a == b).map(|tie| (tie.len() as f64).powi(3) - tie.len() as f64).sum();
    let plain = n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    (plain.max(0.0) * fewer(before, during)).sqrt()
}

/// By how much the variance grows because the samples are worth fewer than they are.
fn fewer(before: &Ranked, during: &Ranked) -> f64 {
    let part = |n: f64, m: f64| (n + m + 1.0) / (n * m);
    let (n, m) = (before.sorted.len() as f64, during.sorted.len() as f64);
    part(before.effective, during.effective) / part(n, m)
}

/// How well the samples fit that `during` is not above `before`, and that it is not below; with continuity correction.
pub fn mann_whitney(before: &Ranked, during: &Ranked) -> (f64, f64) {
    let (n, m) = (before.sorted.len() as f64, during.sorted.len() as f64);
    let (wins, deviation) = (wins(&before.sorted, &during.sorted), deviation(before, during));
    let middle = n * m / 2.0;
    if deviation.is_nan() || deviation <= 0.0 {
        return (1.0, 1.0);
    }
    (normal_above((wins - middle - 0.5) / deviation), normal_above((middle - wins - 0.5) / deviation))
}

/// The middle of all differences `during − before`, with bounds at `level`.
pub fn shift(before: &Ranked, during: &Ranked, level: f64) -> (f64, f64, f64) {
    let (b, d) = (&before.sorted, &during.sorted);
    let pairs = b.len() as f64 * d.len() as f64;
    let plain = pairs * (b.len() as f64 + d.len() as f64 + 1.0) / 12.0;
    let rank = pairs / 2.0 - normal_bound(level) * (plain * fewer(before, during)).sqrt();
    let rank = rank.floor();
    let (lo, hi) = if rank < 1.0 {
        (f64::NEG_INFINITY, f64::INFINITY)
    } else {
        (difference(b, d, rank), difference(b, d, pairs - rank + 1.0))
    };
    let middle = pairs / 2.0;
    let estimate = (difference(b, d, (middle + 0.5).floor()) + difference(b, d, (middle + 1.0).floor())) / 2.0;
    (estimate, lo, hi)
}

/// Whether `during` is above `before`, bounds at `level`.
pub fn compare(before: &Ranked, during: &Ranked, level: f64) -> Tested {
    let (estimate, lo, hi) = shift(before, during, level);
    let (p_above, p_below) = mann_whitney(before, during);
    Tested { estimate, lo, hi, p_above, p_below }
}

/// Of all differences `during − before` the one with a rank, from 1; without making them all: the numbers are halved until
/// one is left.
fn difference(before: &[f64], during: &[f64], rank: f64) -> f64 {
    let (mut lo, mut hi) = (key(f64::MIN), key(f64::MAX));
    while lo < hi {
        let middle = lo.wrapping_add((hi.wrapping_sub(lo) as u64 / 2) as i64); // rounded down, also below zero
        if at_most(before, during, number(middle)) as f64 >= rank { hi = middle } else { lo = middle + 1 }
    }
    number(lo)
}

/// How many differences are at most `bound`.
fn at_most(before: &[f64], during: &[f64], bound: f64) -> usize {
    let mut place = 0;
    let far_enough = |value: &f64| {
        while place < before.len() && value - before[place] > bound {
            place += 1;
        }
        before.len() - place
    };
    during.iter().map(far_enough).sum()
}

/// Numbers in the order of floating point numbers.
fn key(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn number(key: i64) -> f64 {
    f64::from_bits((key ^ (((key >> 63) as u64) >> 1) as i64) as u64)
}

#[cfg(test)]
mod tests {
    use super::{Ranked, compare, key, mann_whitney, number, shift};
    use crate::monitor::statistics::bootstrap::Dice;

    #[test]
    fn keys_are_in_the_order_of_numbers() {
        let values = [f64::MIN, -1.5, -0.0, 0.0, 1e-300, 2.0, f64::MAX];
        assert!(values.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        assert!(values.iter().all(|value| number(key(*value)).to_bits() == value.to_bits()));
    }

    #[test]
    fn the_shift_is_that_of_all_pairs() {
        let mut dice = Dice::new(11);
        let samples = |dice: &mut Dice, n: usize| (0..n).map(|_| dice.normal()).collect::<Vec<f64>>();
        let (before, during) = (samples(&mut dice, 37), samples(&mut dice, 23));
        let mut pairs: Vec<f64> = during.iter().flat_map(|d| before.iter().map(move |b| d - b)).collect();
        pairs.sort_by(f64::total_cmp);
        let (estimate, lo, hi) = shift(&Ranked::new(&before, 0.0), &Ranked::new(&during, 0.0), 0.05);
        assert_eq!(estimate, pairs[pairs.len() / 2]);
        assert!(pairs.contains(&lo) && pairs.contains(&hi) && lo < estimate && estimate < hi);
    }

    #[test]
    fn correlation_makes_samples_count_as_fewer() {
        let (before, during): (Vec<f64>, Vec<f64>) =
            ((0..40).map(f64::from).collect(), (9..49).map(f64::from).collect());
        let p = |correlation| mann_whitney(&Ranked::new(&before, correlation), &Ranked::new(&during, correlation)).0;
        assert!(p(0.0) < 0.05 && p(0.6) > 0.05);
    }

    #[test]
    fn what_does_not_vary_proves_nothing_about_a_difference() {
        let same = Ranked::new(&[5.0; 30], 0.0);
        let tested = compare(&same, &same, 0.05);
        assert_eq!((tested.p_above, tested.p_below, tested.estimate), (1.0, 1.0, 0.0));
        let empty = Ranked::new(&[], 0.0);
        assert_eq!(mann_whitney(&empty, &same), (1.0, 1.0));
    }
}
