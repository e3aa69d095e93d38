//! The distributions that the tests need, without their panics: a parameter out of range gives the answer that proves
//! nothing.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use statrs::function::beta::checked_beta_reg;

/// The share of a standard normal distribution above `z`.
pub fn normal_above(z: f64) -> f64 {
    if z.is_nan() { 1.0 } else { Normal::standard().sf(z) }
}

/// The `z` above which a share `p` of a standard normal distribution lies, for 0 < p < 1.
pub fn normal_bound(p: f64) -> f64 {
    if p > 0.0 && p < 1.0 { -Normal::standard().inverse_cdf(p) } else { f64::INFINITY }
}

/// The share of Student's distribution above `t`, with so many degrees of freedom.
pub fn student_above(t: f64, freedom: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom) {
        Ok(_) if t.is_nan() => 1.0,
        Ok(_) if t.is_infinite() => f64::from(u8::from(t < 0.0)),
        Ok(distribution) => distribution.sf(t),
        Err(_) => 1.0,
    }
}

/// The `t` above which a share `p` of Student's distribution lies, for 0 < p < 1.
pub fn student_bound(p: f64, freedom: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom) {
        Ok(distribution) if p > 0.0 && p < 1.0 => -distribution.inverse_cdf(p),
        _ => f64::INFINITY,
    }
}

/// The chance of at most `most` successes in `trials` of chance `p` each.
pub fn binomial_at_most(most: i64, trials: u64, p: f64) -> f64 {
    if most < 0 {
        return 0.0;
    }
    let most = most as f64;
    let left = trials as f64 - most;
    if left <= 0.0 { 1.0 } else { regularised(left, most + 1.0, 1.0 - p) }
}

/// The regularised incomplete beta function I_x(a, b); zero where it is not defined.
pub fn regularised(a: f64, b: f64, x: f64) -> f64 {
    checked_beta_reg(a, b, x.clamp(0.0, 1.0)).unwrap_or(0.0)
}
