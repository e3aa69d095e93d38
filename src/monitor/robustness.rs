//! How far the truth of a condition is from flipping.

/// An interval `[lo, hi]`: how far the truth is from flipping at worst and at best. Above zero it holds, below it does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Robustness {
    /// At worst.
    pub lo: f64,
    /// At best.
    pub hi: f64,
}

impl Robustness {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY };
    /// It holds, whatever comes.
    pub const TRUE: Self = Self { lo: f64::INFINITY, hi: f64::INFINITY };
    /// It does not hold, whatever comes.
    pub const FALSE: Self = Self { lo: f64::NEG_INFINITY, hi: f64::NEG_INFINITY };

    /// Known exactly; what is no number is unknown.
    pub fn point(value: f64) -> Self {
        if value.is_nan() { Self::UNKNOWN } else { Self { lo: value, hi: value } }
    }

    /// Between two bounds; a bound that is no number is none.
    pub fn new(lo: f64, hi: f64) -> Self {
        Self { lo: if lo.is_nan() { f64::NEG_INFINITY } else { lo }, hi: if hi.is_nan() { f64::INFINITY } else { hi } }
    }

    /// Whether it certainly holds.
    pub fn holds(self) -> bool {
        self.lo > 0.0
    }

    /// Whether it certainly does not hold.
    pub fn fails(self) -> bool {
        self.hi < 0.0
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.min(other.hi) }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { lo: self.lo.max(other.lo), hi: self.hi.max(other.hi) }
    }
}

impl std::ops::Not for Robustness {
    type Output = Self;
    fn not(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo }
    }
}
