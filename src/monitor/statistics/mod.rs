//! What samples prove. Pure functions on numbers; everything is one-sided where it can be, and conservative where the
//! methods of the literature differ.

pub mod bootstrap;
pub mod correlation;
pub mod distribution;
pub mod holm;
pub mod mean;
pub mod order;
pub mod proportion;
pub mod rank;
pub mod sequential;
pub mod spread;

#[cfg(test)]
mod vectors;

/// What a test says about a difference that should be above zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// The best guess of the difference.
    pub estimate: f64,
    /// Its lower bound, at the asked level, one-sided.
    pub lo: f64,
    /// Its upper bound, at the asked level, one-sided.
    pub hi: f64,
    /// How well the samples fit a difference of zero or below: small proves that it is above.
    pub p_above: f64,
    /// How well they fit a difference of zero or above: small proves that it is below.
    pub p_below: f64,
}

impl Tested {
    /// The same with the sign turned.
    #[must_use]
    pub fn turned(self) -> Self {
        Self { estimate: -self.estimate, lo: -self.hi, hi: -self.lo, p_above: self.p_below, p_below: self.p_above }
    }
}
