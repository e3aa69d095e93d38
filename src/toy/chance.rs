//! Chance: numbers drawn from a seed.

use crate::monitor::statistics::bootstrap::Dice;

/// Draws what happens at random.
#[derive(Clone, Debug)]
pub struct Chance(Dice);

impl Chance {
    /// The same seed gives the same draws.
    pub fn new(seed: u64) -> Self {
        Self(Dice::new(seed))
    }

    /// Whether something that happens in this share of cases happens now. What always or never happens takes no draw.
    pub fn happens(&mut self, share: f64) -> bool {
        share >= 1.0 || (share > 0.0 && self.0.share() < share)
    }

    /// Nanoseconds, exponentially distributed around a mean.
    pub fn exponential(&mut self, mean: f64) -> u64 {
        (-ln(1.0 - self.0.share()) * mean) as u64
    }

    /// Evenly between two values.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.share()
    }
}

/// The natural logarithm of a number in (0, 1], from additions, products and a division alone: the one of the machine may
/// differ in its last digit from that of another.
fn ln(value: f64) -> f64 {
    let bits = value.to_bits();
    let exponent = (bits >> 52) as i64 - 1023;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    let (mantissa, exponent) = if mantissa > 1.5 { (mantissa * 0.5, exponent + 1) } else { (mantissa, exponent) };
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let square = z * z;
    let series = 1.0
        + square
            * (1.0 / 3.0
                + square
                    * (1.0 / 5.0
                        + square
                            * (1.0 / 7.0
                                + square
                                    * (1.0 / 9.0
                                        + square * (1.0 / 11.0 + square * (1.0 / 13.0 + square * (1.0 / 15.0)))))));
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * z * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_one() {
        for step in 1..=10_000 {
            let value = f64::from(step) / 10_000.0;
            assert!((ln(value) - value.ln()).abs() < 1e-11, "{value}");
        }
    }

    #[test]
    fn draws_have_their_mean() {
        let mut chance = Chance::new(1);
        let mean = (0..100_000).map(|_| chance.exponential(1e6) as f64).sum::<f64>() / 1e5;
        assert!((mean - 1e6).abs() < 1e4, "{mean}");
        let hits = (0..100_000).filter(|_| chance.happens(0.3)).count();
        assert!((29_500..30_500).contains(&hits), "{hits}");
    }
}
