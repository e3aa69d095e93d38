//! Closed intervals of numbers: what an expression can come to when parameters are known by range only.

use serde::{Deserialize, Serialize};

/// `lo ..= hi`, both finite or infinite, never NaN.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The least value.
    pub lo: f64,
    /// The greatest value.
    pub hi: f64,
}

impl Interval {
    /// Every number.
    pub const ALL: Interval = Interval { lo: f64::NEG_INFINITY, hi: f64::INFINITY };

    /// The one value `x`.
    pub fn point(x: f64) -> Self {
        Self { lo: x, hi: x }
    }

    /// The interval between two bounds given in either order; a NaN bound widens it to everything.
    pub fn new(a: f64, b: f64) -> Self {
        if a.is_nan() || b.is_nan() { Self::ALL } else { Self { lo: a.min(b), hi: a.max(b) } }
    }

    /// Whether every value of `self` lies in `other`.
    pub fn within(self, other: Interval) -> bool {
        other.lo <= self.lo && self.hi <= other.hi
    }

    /// The values in both; nothing where there are none.
    pub fn meet(self, other: Interval) -> Option<Interval> {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        (lo <= hi).then_some(Interval { lo, hi })
    }

    /// Whether it is one value.
    pub fn is_point(self) -> bool {
        self.lo == self.hi
    }

    fn corners(self, other: Interval, f: impl Fn(f64, f64) -> f64) -> Interval {
        let all = [f(self.lo, other.lo), f(self.lo, other.hi), f(self.hi, other.lo), f(self.hi, other.hi)];
        if all.iter().any(|x| x.is_nan()) {
            return Interval::ALL; // ∞/∞
        }
        all.iter().skip(1).fold(Interval::new(all[0], all[0]), |sum, x| Interval::new(sum.lo.min(*x), sum.hi.max(*x)))
    }

    /// The sums.
    pub fn plus(self, other: Interval) -> Interval {
        Interval::new(self.lo + other.lo, self.hi + other.hi)
    }

    /// The differences.
    pub fn minus(self, other: Interval) -> Interval {
        Interval::new(self.lo - other.hi, self.hi - other.lo)
    }

    /// The products.
    pub fn times(self, other: Interval) -> Interval {
        self.corners(other, |a, b| if a == 0.0 || b == 0.0 { 0.0 } else { a * b })
    }

    /// The quotients; everything where the divisor can be zero.
    pub fn over(self, other: Interval) -> Interval {
        if other.lo <= 0.0 && 0.0 <= other.hi { Interval::ALL } else { self.corners(other, |a, b| a / b) }
    }
}

#[cfg(test)]
mod tests {
    use super::Interval;

    #[test]
    fn arithmetic_covers_every_pair() {
        let (a, b) = (Interval::new(-2.0, 3.0), Interval::new(0.5, 4.0));
        assert_eq!(a.plus(b), Interval::new(-1.5, 7.0));
        assert_eq!(a.minus(b), Interval::new(-6.0, 2.5));
        assert_eq!(a.times(b), Interval::new(-8.0, 12.0));
        assert_eq!(a.over(b), Interval::new(-4.0, 6.0));
        assert_eq!(b.over(a), Interval::ALL);
    }

    #[test]
    fn what_is_not_known_is_everything() {
        let endless = Interval::point(f64::INFINITY);
        assert_eq!(endless.over(Interval::new(1.0, f64::INFINITY)), Interval::ALL);
        assert_eq!(endless.minus(endless), Interval::ALL);
    }

    #[test]
    fn what_is_in_both_may_be_nothing() {
        let (a, b) = (Interval::new(0.0, 2.0), Interval::new(1.0, 3.0));
        assert_eq!(a.meet(b), Some(Interval::new(1.0, 2.0)));
        assert_eq!(a.meet(Interval::point(2.0)), Some(Interval::point(2.0)));
        assert_eq!(a.meet(Interval::point(2.5)), None);
    }

    #[test]
    fn zero_times_infinity_is_zero() {
        assert_eq!(Interval::point(0.0).times(Interval::ALL), Interval::point(0.0));
    }
}
