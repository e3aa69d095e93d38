//! What a comparison can tell, before it is made: how small a change it finds, and how long it has to look for its margin.
//!
//! The standard error of an estimate shrinks with the square root of the time it is taken over. Of a stretch of the normal
//! system it is known what it is, so it is known for any other length. The rest is the usual sum of two quantiles,
//! (z₁₋α + z_power) × standard error (S.-C. Chow, J. Shao, H. Wang, "Sample Size Calculations in Clinical Research",
//! 2nd ed. 2008, sections 3.2 and 4.2, for tests of non-inferiority).

use super::baseline::Baselines;
use super::comparison::{Kind, LEAST_INTERVALS, LEVEL, bounds, linear, observed, row, statistic};
use super::quantile::Buckets;
use super::signal::Signals;
use super::statistics::bootstrap::{self, Rows};
use super::statistics::correlation::{autocorrelation, inflation};
use super::statistics::distribution::normal_bound;
use super::statistics::proportion::{self, Counts};
use super::statistics::rank::Ranked;
use crate::base::Instant;
use crate::syntax::tree::Comparator;
use crate::types::term::{Aggregate, Comparison, LEAST_SAMPLES};
use std::time::Duration;

/// The chance with which a comparison that holds is confirmed, and one that is broken by this much is refuted.
pub const POWER: f64 = 0.9;

/// Mann and Whitney's test needs at most so many times the samples of a test of means, whatever the distribution (J. L.
/// Hodges, E. L. Lehmann, "The efficiency of some nonparametric competitors of the t-test", 1956: 1/0.864).
const OF_RANKS: f64 = 1.157;

/// For how long each side of a comparison is looked at, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// The baseline.
    pub before: f64,
    /// The time in which it is judged.
    pub during: f64,
}

/// What a comparison can tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    /// What x is in the normal system.
    pub value: f64,
    /// By how much it may become worse: how far it is from the bound. Below zero: the bound is broken as things are.
    pub margin: f64,
    /// By how much x must differ from a bound for that to be proven with a chance of [`POWER`].
    pub resolution: f64,
    /// How many independent samples, or requests, the shorter side is worth.
    pub samples: f64,
    /// How many it has to be worth.
    pub least: f64,
    /// How many times as long both sides have to be for a margin of this size; at most 1 where they suffice.
    pub stretch: f64,
}

impl Power {
    /// The least worsening that is refuted with a chance of [`POWER`].
    pub fn refutes(&self) -> f64 {
        self.margin.max(0.0) + self.resolution
    }

    /// Whether the times suffice to confirm a system that did not change.
    pub fn suffices(&self) -> bool {
        self.stretch <= 1.0
    }
}

/// What a comparison can tell that looks for so long, from what a phase of the normal system showed. `among`: how many
/// comparisons share the level of the experiment; `window` is that of aggregates without `over`.
///
/// # Errors
/// Why that cannot be known.
pub fn power(
    comparison: &Comparison,
    phase: (Instant, Instant),
    signals: &Signals,
    window: Duration,
    (times, among): (Times, usize),
) -> Result<Power, String> {
    let (factor, by) = linear(&comparison.right).ok_or("what it is compared with is not known before the run")?;
    let seen = observed(&comparison.left, phase, signals, window)?;
    let value = seen.value().filter(|it| it.is_finite()).ok_or("it has no value that is known")?;
    let length = phase.1.since(phase.0).as_secs_f64();
    let scatter = scatter(&seen.kind)?.over(length);
    let higher = matches!(comparison.comparator, Comparator::AtLeast | Comparator::Above);
    let bound = factor * value + by;
    let margin = if higher { value - bound } else { bound - value };
    let before = if factor == 0.0 { 0.0 } else { factor * factor / times.before };
    let error = scatter.deviation * (before + 1.0 / times.during).sqrt();
    let level = LEVEL / among.max(1) as f64;
    let resolution = (normal_bound(level) + normal_bound(1.0 - POWER)) * error;
    let shorter = if factor == 0.0 { times.during } else { times.during.min(times.before) };
    let samples = scatter.rate * shorter;
    let for_margin = if margin > 0.0 { (resolution / margin).powi(2) } else { f64::INFINITY };
    let for_samples = scatter.least / samples;
    let for_intervals = scatter.intervals.map_or(0.0, |rate| LEAST_INTERVALS as f64 / (rate * shorter));
    let stretch = for_margin.max(for_samples).max(for_intervals);
    Ok(Power { value, margin, resolution, samples, least: scatter.least, stretch })
}

/// What a comparison's right side comes to in the normal system, where its left side is `middle`.
pub fn bound_of(comparison: &Comparison, middle: f64, baselines: &Baselines) -> Option<f64> {
    let (factor, by) = linear(&comparison.right)?;
    let baseline = if factor == 0.0 { 0.0 } else { baselines.value(&comparison.key()).unwrap_or(middle) };
    Some(factor * baseline + by)
}

/// How an estimate scatters.
#[derive(Clone, Copy, Debug)]
struct Scatter {
    /// The standard error of the phase's estimate; per root of a second once it is spread over its length.
    deviation: f64,
    /// Independent samples; by the second once they are spread.
    rate: f64,
    /// Intervals with requests, where these count; by the second once they are spread.
    intervals: Option<f64>,
    /// Independent samples that are needed at least.
    least: f64,
}

impl Scatter {
    fn over(self, length: f64) -> Self {
        let intervals = self.intervals.map(|it| it / length);
        Self { deviation: self.deviation * length.sqrt(), rate: self.rate / length, intervals, ..self }
    }
}

fn scatter(kind: &Kind) -> Result<Scatter, String> {
    match kind {
        Kind::Shares(counts) => of_shares(counts),
        Kind::Histograms(parts, aggregate) => of_histograms(parts, *aggregate),
        Kind::Means(values) => of_values(values, 1.0),
        Kind::Values(values, 0.5) => of_values(values, OF_RANKS),
        Kind::Values(values, q) => of_order(values, *q),
    }
}

fn of_shares(counts: &[Counts]) -> Result<Scatter, String> {
    let worth = Counts::spread(counts, proportion::correlation(counts));
    let with_traffic = counts.iter().filter(|it| it.all > 0.0).count();
    if with_traffic == 0 || worth.all <= 0.0 {
        return Err("no requests".to_owned());
    }
    // A share that never moved may still move by chance (Laplace's rule of succession).
    let share = (worth.good + 1.0) / (worth.all + 2.0);
    let deviation = (share * (1.0 - share) / worth.all).sqrt();
    Ok(Scatter { deviation, rate: worth.all, intervals: Some(with_traffic as f64), least: LEAST_SAMPLES })
}

fn of_values(values: &[f64], factor: f64) -> Result<Scatter, String> {
    let n = values.len() as f64;
    if n < 3.0 {
        return Err(format!("{n} samples were seen, which tell nothing of its noise"));
    }
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if variance <= 0.0 {
        return Err("all its samples were the same, so nothing is known of its noise".to_owned());
    }
    let rate = n / inflation(autocorrelation(values));
    Ok(Scatter { deviation: (factor * variance / rate).sqrt(), rate, intervals: None, least: LEAST_SAMPLES })
}

/// A quantile of values: half of what its rank's standard deviation reaches to (H. A. David, H. N. Nagaraja, "Order
/// Statistics", 3rd ed. 2003, section 7.1).
fn of_order(values: &[f64], q: f64) -> Result<Scatter, String> {
    let correlation = autocorrelation(values);
    let ranked = Ranked::new(values, correlation);
    let reach = (q * (1.0 - q) / ranked.effective.max(1.0)).sqrt();
    let at = |q: f64| ranked.quantile(q.clamp(0.0, 1.0));
    match (at(q - reach), at(q + reach)) {
        (Some(low), Some(high)) if high > low => {
            let least = most_needed(q);
            Ok(Scatter { deviation: (high - low) / 2.0, rate: ranked.effective, intervals: None, least })
        }
        _ => Err("its samples were the same around this quantile, so nothing is known of its noise".to_owned()),
    }
}

/// By the bootstrap that the comparison itself is made with.
fn of_histograms(parts: &[(Buckets, f64)], aggregate: Aggregate) -> Result<Scatter, String> {
    const SEED: u64 = 1;
    let with_traffic: Vec<&(Buckets, f64)> = parts.iter().filter(|(it, _)| it.count() > 0.0).collect();
    let requests: f64 = with_traffic.iter().map(|(it, _)| it.count()).sum();
    if with_traffic.len() < 3 {
        return Err("no requests, or in too few intervals".to_owned());
    }
    let bounds = bounds(&[parts]);
    let rows: Vec<Vec<f64>> = with_traffic.iter().map(|part| row(part, &bounds)).collect();
    let series: Vec<f64> = with_traffic.iter().map(|(it, sum)| sum / it.count()).collect();
    let of = |numbers: &[f64]| statistic(&bounds, aggregate, numbers);
    let tested = bootstrap::compare(None, &Rows::new(&rows, &series), (0.0, 0.0), LEVEL, SEED, of);
    let spread = tested.map_or(f64::INFINITY, |it| it.hi - it.lo);
    if !spread.is_finite() {
        return Err("it lies beyond the histogram's last bound".to_owned());
    }
    let least = match aggregate {
        Aggregate::Quantile(q) if q > 0.0 && q < 1.0 => most_needed(q),
        _ => LEAST_SAMPLES,
    };
    let deviation = spread / (2.0 * normal_bound(LEVEL));
    Ok(Scatter { deviation, rate: requests, intervals: Some(with_traffic.len() as f64), least })
}

/// As many samples as show that a quantile is bounded at all.
fn most_needed(q: f64) -> f64 {
    LEAST_SAMPLES.max((LEVEL.ln() / q.max(1.0 - q).ln()).ceil())
}

#[cfg(test)]
#[path = "power_tests.rs"]
mod tests;
