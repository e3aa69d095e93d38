//! Means: B. L. Welch's test, "The generalization of Student's problem when several different population variances are
//! involved", 1947.

use super::Tested;
use super::correlation::inflation;
use super::distribution::{student_above, student_bound};

/// A sample's mean, the variance of that mean, and how many independent samples it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
    /// How many independent samples it is worth.
    pub effective: f64,
}

impl Mean {
    /// Of samples in a row that are correlated so much.
    pub fn of(samples: &[f64], correlation: f64) -> Self {
        let n = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / n;
        let spread = samples.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let effective = n / inflation(correlation);
        Self { mean, variance: spread / effective, effective }
    }

    /// A value that is known.
    pub fn exactly(value: f64) -> Self {
        Self { mean: value, variance: 0.0, effective: f64::INFINITY }
    }

    /// The mean of the samples, each times `factor`, plus `by`.
    #[must_use]
    pub fn moved(self, factor: f64, by: f64) -> Self {
        Self { mean: self.mean * factor + by, variance: self.variance * factor * factor, ..self }
    }
}

/// Whether `during` is above `before`, bounds at `level`.
pub fn welch(before: Mean, during: Mean, level: f64) -> Tested {
    let estimate = during.mean - before.mean;
    let variance = before.variance + during.variance;
    let part = |mean: Mean| if mean.variance > 0.0 { mean.variance.powi(2) / (mean.effective - 1.0) } else { 0.0 };
    let freedom = variance.powi(2) / (part(before) + part(during));
    let error = variance.sqrt();
    let reach = student_bound(level, freedom) * error;
    let t = estimate / error;
    Tested {
        estimate,
        lo: estimate - reach,
        hi: estimate + reach,
        p_above: student_above(t, freedom),
        p_below: student_above(-t, freedom),
    }
}
