//! Quantiles and means of histograms that come interval by interval: a circular block bootstrap (D. N. Politis, J. P.
//! Romano, 1992), so that what happens in a row stays in a row.

use super::Tested;
use super::correlation::autocorrelation;

/// How often samples are drawn.
const DRAWS: usize = 4_000;

/// A seeded generator of pseudo-random numbers (G. Steele, D. Lea, C. Flood: SplitMix64, 2014).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `n`; zero for none.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// In [0, 1).
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of a standard normal distribution (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }
}

/// A phase, interval by interval: each a row of numbers that add up.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    width: usize,
    numbers: Vec<f64>,
    /// How many intervals are drawn together.
    block: usize,
}

impl Rows {
    /// Rows of one width. How long blocks are follows from `series`, one number a row, as for a process in which each value
    /// depends on the last (D. N. Politis, H. White, "Automatic block-length selection for the dependent bootstrap", 2004).
    pub fn new(rows: &[Vec<f64>], series: &[f64]) -> Self {
        let width = rows.first().map_or(0, Vec::len);
        let numbers = rows.iter().filter(|row| row.len() == width).flatten().copied().collect();
        let (n, correlation) = (rows.len() as f64, autocorrelation(series));
        let length = (6.0 * (correlation / (1.0 - correlation * correlation)).powi(2) * n).cbrt().ceil();
        Self { width, numbers, block: (length as usize).clamp(1, (rows.len() / 3).max(1)) }
    }

    fn len(&self) -> usize {
        self.numbers.len().checked_div(self.width).unwrap_or(0)
    }

    fn row(&self, at: usize) -> &[f64] {
        &self.numbers[at * self.width..(at + 1) * self.width]
    }

    fn sum(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.width];
        (0..self.len()).for_each(|at| add(&mut sum, self.row(at)));
        sum
    }

    /// As many rows as there are, drawn in blocks that go round.
    fn draw(&self, dice: &mut Dice, sum: &mut [f64]) {
        sum.fill(0.0);
        let n = self.len();
        let mut drawn = 0;
        while drawn < n {
            let start = dice.below(n);
            for place in 0..self.block.min(n - drawn) {
                add(sum, self.row((start + place) % n));
            }
            drawn += self.block;
        }
    }

    /// A few blocks vary less than what they stand for.
    fn correction(&self) -> f64 {
        let blocks = self.len() as f64 / self.block as f64;
        (blocks / (blocks - 1.0).max(1.0)).sqrt()
    }
}

fn add(sum: &mut [f64], row: &[f64]) {
    sum.iter_mut().zip(row).for_each(|(sum, by)| *sum += by);
}

/// Whether what `statistic` makes of the sum of `during`'s rows is above `factor` times what it makes of `before`'s, plus
/// `by`; bounds at `level`. Without `before` there is only `by`. None where the statistic has no value.
pub fn compare(
    before: Option<&Rows>,
    during: &Rows,
    (factor, by): (f64, f64),
    level: f64,
    seed: u64,
    statistic: impl Fn(&[f64]) -> Option<f64>,
) -> Option<Tested> {
    let mut dice = Dice::new(seed);
    let of = |rows: &Rows| statistic(&rows.sum());
    let base = |value: Option<f64>| value.map_or(0.0, |value| factor * value);
    let reference = match before {
        Some(rows) => Some(of(rows)?),
        None => None,
    };
    let estimate = of(during)? - base(reference) - by;
    let mut sums = (vec![0.0; before.map_or(0, |rows| rows.width)], vec![0.0; during.width]);
    let mut drawn = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let reference = match before {
            Some(rows) => {
                rows.draw(&mut dice, &mut sums.0);
                statistic(&sums.0)
            }
            None => None,
        };
        during.draw(&mut dice, &mut sums.1);
        if before.is_some() && !reference.is_some_and(f64::is_finite) {
            continue; // a draw without requests says nothing
        }
        drawn.extend(statistic(&sums.1).map(|value| value - base(reference) - by));
    }
    let correction = during.correction().max(before.map_or(1.0, Rows::correction));
    Some(from_draws(estimate, drawn, correction, level))
}

fn from_draws(estimate: f64, mut drawn: Vec<f64>, correction: f64, level: f64) -> Tested {
    if estimate.is_finite() {
        drawn.iter_mut().for_each(|value| *value = estimate + (*value - estimate) * correction);
    }
    drawn.sort_unstable_by(f64::total_cmp);
    let n = drawn.len();
    let share = |count: usize| (count as f64 + 1.0) / (n as f64 + 1.0);
    let rank = (level * n as f64).floor() as usize;
    Tested {
        estimate,
        lo: drawn.get(rank).copied().unwrap_or(f64::NEG_INFINITY),
        hi: n.checked_sub(rank + 1).and_then(|at| drawn.get(at)).copied().unwrap_or(f64::INFINITY),
        p_above: share(drawn.partition_point(|value| *value <= 0.0)),
        p_below: share(n - drawn.partition_point(|value| *value < 0.0)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Dice, Rows, compare};

    fn rows(dice: &mut Dice, mean: f64) -> Rows {
        let values: Vec<f64> = (0..60).map(|_| mean + dice.normal()).collect();
        let rows: Vec<Vec<f64>> = values.iter().map(|value| vec![*value, 1.0]).collect();
        Rows::new(&rows, &values)
    }

    fn mean(sum: &[f64]) -> Option<f64> {
        Some(sum[0] / sum[1])
    }

    #[test]
    fn its_bounds_are_those_of_the_mean() {
        let mut dice = Dice::new(1);
        let (before, during) = (rows(&mut dice, 10.0), rows(&mut dice, 11.0));
        let tested = compare(Some(&before), &during, (1.0, 0.0), 0.05, 7, mean).unwrap();
        assert!((tested.estimate - 1.0).abs() < 0.6);
        let reach = 1.645 * (2.0_f64 / 60.0).sqrt();
        assert!((tested.hi - tested.lo - 2.0 * reach).abs() < 0.15, "{tested:?}");
        assert!(tested.p_above < 0.01 && tested.p_below > 0.9);
    }

    #[test]
    fn the_same_seed_gives_the_same_answer() {
        let mut dice = Dice::new(5);
        let (before, during) = (rows(&mut dice, 1.0), rows(&mut dice, 1.0));
        let run = |seed| compare(Some(&before), &during, (1.0, 0.0), 0.05, seed, mean);
        assert_eq!(run(3), run(3));
        assert_ne!(run(3), run(4));
    }

    #[test]
    fn nothing_gives_no_answer() {
        let nothing = Rows::new(&[], &[]);
        assert_eq!(compare(None, &nothing, (0.0, 1.0), 0.05, 1, |sum| sum.first().copied()), None);
    }
}
