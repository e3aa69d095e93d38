//! How much less samples in a row say than independent ones.

/// Samples in a row are taken to be correlated by no more than this.
const MOST: f64 = 0.98;

/// The correlation of each sample with the next, corrected for its bias in short series (M. G. Kendall, "Note on bias in
/// the estimation of autocorrelation", 1954), and not below zero: what alternates is not trusted to say more.
pub fn autocorrelation(samples: &[f64]) -> f64 {
    let n = samples.len() as f64;
    if samples.len() < 4 {
        return 0.0;
    }
    let mean = samples.iter().sum::<f64>() / n;
    let variance: f64 = samples.iter().map(|value| (value - mean).powi(2)).sum();
    let shared: f64 = samples.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if variance <= 0.0 || !variance.is_finite() {
        return 0.0;
    }
    let plain = shared / variance;
    ((n * plain + 1.0) / (n - 3.0)).clamp(0.0, MOST)
}

/// By how much the variance of a mean of such samples exceeds that of independent ones: (1+φ)/(1−φ).
pub fn inflation(correlation: f64) -> f64 {
    let correlation = correlation.clamp(0.0, MOST);
    (1.0 + correlation) / (1.0 - correlation)
}

#[cfg(test)]
mod tests {
    use super::{autocorrelation, inflation};
    use crate::monitor::statistics::bootstrap::Dice;

    #[test]
    fn it_finds_the_correlation_that_was_put_in() {
        let mut dice = Dice::new(3);
        let mut level = 0.0;
        let samples: Vec<f64> = (0..20_000)
            .map(|_| {
                level = 0.7 * level + dice.normal();
                level
            })
            .collect();
        assert!((autocorrelation(&samples) - 0.7).abs() < 0.02);
        assert!((inflation(0.5) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn what_does_not_vary_or_is_short_has_none() {
        assert_eq!(autocorrelation(&[5.0; 50]), 0.0);
        assert_eq!(autocorrelation(&[1.0, 2.0]), 0.0);
        assert_eq!(autocorrelation(&[f64::INFINITY, 1.0, 2.0, 3.0]), 0.0);
        assert_eq!(autocorrelation(&[1.0, -1.0, 1.0, -1.0, 1.0, -1.0]), 0.0);
    }
}
