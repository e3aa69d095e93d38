//! Shares, from raw counts.

use super::Tested;
use super::correlation::{autocorrelation, inflation};
use super::distribution::{normal_above, normal_bound};

/// Good ones of all; after [`Counts::spread`] no longer whole numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counts {
    /// Good ones.
    pub good: f64,
    /// All.
    pub all: f64,
}

impl Counts {
    /// The share of good ones.
    pub fn share(self) -> f64 {
        self.good / self.all
    }

    /// The counts of intervals, as many as they are worth: requests that fail together say less than each on its own, so
    /// both numbers shrink by the overdispersion between intervals (Pearson's χ² by its degrees of freedom) and by the
    /// correlation of each interval with the next.
    pub fn spread(intervals: &[Counts], correlation: f64) -> Self {
        let (whole, residuals) = residuals(intervals);
        let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
        let dispersion = (squares / (residuals.len() as f64 - 1.0)).max(1.0);
        let factor = if residuals.is_empty() { 1.0 } else { dispersion * inflation(correlation) };
        if factor.is_finite() { Counts { good: whole.good / factor, all: whole.all / factor } } else { whole }
    }
}

/// The counts of all intervals, and how far the share of each is from the whole's, in standard deviations; none where
/// nothing varies.
fn residuals(intervals: &[Counts]) -> (Counts, Vec<f64>) {
    let sum = |of: fn(&Counts) -> f64| intervals.iter().map(of).sum::<f64>();
    let whole = Counts { good: sum(|it| it.good), all: sum(|it| it.all) };
    let share = whole.share();
    let variance = share * (1.0 - share);
    if variance.is_nan() || variance <= 0.0 {
        return (whole, Vec::new());
    }
    let residual = |it: &Counts| (it.good - it.all * share) / (it.all * variance).sqrt();
    (whole, intervals.iter().filter(|it| it.all > 0.0).map(residual).collect())
}

/// How much each interval's share depends on the last one's.
pub fn correlation(intervals: &[Counts]) -> f64 {
    autocorrelation(&residuals(intervals).1)
}

/// E. B. Wilson's interval for a share (1927).
pub fn wilson(counts: Counts, z: f64) -> (f64, f64) {
    let (n, share) = (counts.all, counts.share());
    let square = z * z;
    let middle = share + square / (2.0 * n);
    let reach = z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    let whole = 1.0 + square / n;
    (((middle - reach) / whole).max(0.0), ((middle + reach) / whole).min(1.0))
}

/// R. G. Newcombe's hybrid score interval for `during − factor × before` (method 10 of "Interval estimation for the
/// difference between independent proportions", 1998; with a factor it is the method of variance estimates recovery).
pub fn newcombe(before: Counts, during: Counts, factor: f64, z: f64) -> (f64, f64) {
    let (p, q) = (before.share(), during.share());
    let ((p_lo, p_hi), (q_lo, q_hi)) = (wilson(before, z), wilson(during, z));
    let difference = q - factor * p;
    let lo = difference - (q - q_lo).hypot(factor * (p_hi - p));
    let hi = difference + (q_hi - q).hypot(factor * (p - p_lo));
    (lo, hi)
}

/// C. P. Farrington and G. Manning's z for whether `during − before` is above `−margin` ("Test statistics and sample size
/// formulae for comparative binomial trials with null hypothesis of non-zero risk difference", 1990).
pub fn farrington_manning(before: Counts, during: Counts, margin: f64) -> f64 {
    let (p, q) = (before.share(), during.share());
    let restricted = restricted(before, during, margin);
    let lower = restricted - margin;
    let part = |share: f64, n: f64| (share * (1.0 - share)).max(0.0) / n;
    let error = (part(restricted, before.all) + part(lower, during.all)).sqrt();
    let distance = q - p + margin;
    if error > 0.0 { distance / error } else { 0.0 }
}

/// The most likely share before, if the share during is exactly `margin` below it: a root of a cubic, in closed form.
fn restricted(before: Counts, during: Counts, margin: f64) -> f64 {
    let ratio = during.all / before.all;
    let (p, q) = (before.share(), during.share());
    let a = 1.0 + ratio;
    let b = -(1.0 + ratio + p + ratio * q + margin * (ratio + 2.0));
    let c = margin * margin + margin * (2.0 * p + ratio + 1.0) + p + ratio * q;
    let d = -p * margin * (1.0 + margin);
    let v = b.powi(3) / (27.0 * a.powi(3)) - b * c / (6.0 * a * a) + d / (2.0 * a);
    let u = (b * b / (9.0 * a * a) - c / (3.0 * a)).max(0.0).sqrt().copysign(v);
    let w = if u == 0.0 { 0.0 } else { (std::f64::consts::PI + (v / u.powi(3)).clamp(-1.0, 1.0).acos()) / 3.0 };
    (2.0 * u * w.cos() - b / (3.0 * a)).clamp(margin.max(0.0), (1.0 + margin).min(1.0))
}

/// Whether `during` is above `factor × before + by`, bounds at `level`. Where both methods apply, what is proven is what
/// both prove.
pub fn compare(before: Counts, during: Counts, factor: f64, by: f64, level: f64) -> Tested {
    let z = normal_bound(level);
    let (lo, hi) = newcombe(before, during, factor, z);
    let estimate = during.share() - factor * before.share() - by;
    let (mut p_above, mut p_below) =
        (p_newcombe(before, during, factor, by), p_newcombe_below(before, during, factor, by));
    if factor == 1.0 && by.abs() < 1.0 {
        let above = farrington_manning(before, during, -by);
        p_above = p_above.max(normal_above(above));
        p_below = p_below.max(normal_above(-above));
    }
    Tested { estimate, lo: lo - by, hi: hi - by, p_above, p_below }
}

/// Whether a share is above a bound that is known.
pub fn against(during: Counts, bound: f64, level: f64) -> Tested {
    let (lo, hi) = wilson(during, normal_bound(level));
    let estimate = during.share() - bound;
    let p = |above: bool| {
        inverted(|z| {
            let (lo, hi) = wilson(during, z);
            if above { lo > bound } else { hi < bound }
        })
    };
    Tested { estimate, lo: lo - bound, hi: hi - bound, p_above: p(true), p_below: p(false) }
}

fn p_newcombe(before: Counts, during: Counts, factor: f64, by: f64) -> f64 {
    inverted(|z| newcombe(before, during, factor, z).0 > by)
}

fn p_newcombe_below(before: Counts, during: Counts, factor: f64, by: f64) -> f64 {
    inverted(|z| newcombe(before, during, factor, z).1 < by)
}

/// The level at which an interval just does not reach: that of the greatest z for which it still proves something.
fn inverted(proves: impl Fn(f64) -> bool) -> f64 {
    if !proves(0.0) {
        return 1.0;
    }
    let (mut lo, mut hi) = (0.0, 40.0);
    for _ in 0..60 {
        let middle = (lo + hi) / 2.0;
        if proves(middle) { lo = middle } else { hi = middle }
    }
    normal_above(lo)
}
