//! A test that may be looked at after every sample: a mixture of likelihood ratios over all shares on one side of a bound,
//! each weighted by a beta distribution. It is a supermartingale while the bound is kept, so the chance that it ever
//! exceeds 1/α is at most α (J. Ville, 1939; S. R. Howard et al., "Time-uniform, nonparametric, nonasymptotic confidence
//! sequences", 2021).

use super::distribution::regularised;
use statrs::function::beta::checked_ln_beta;

/// The chance of a false alarm in a whole run.
pub const LEVEL: f64 = 0.01;

/// Evidence this small says that nothing is wrong: the test begins anew, so that a breach that comes late does not have to
/// make up for all that was good before.
const CALM: f64 = 0.01;

/// A test whether events happen with more than a chance of `bound`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequential {
    bound: f64,
    happened: f64,
    not: f64,
    /// How often it has begun. Each beginning has its own part of the level: 6/(π²k²), which add up to one.
    round: f64,
}

impl Sequential {
    /// A test that has seen nothing. `bound` is a share.
    pub fn new(bound: f64) -> Self {
        Self { bound, happened: 0.0, not: 0.0, round: 1.0 }
    }

    /// Takes in events: so many happened, so many did not. What is no count is passed over.
    pub fn take(&mut self, happened: f64, not: f64) {
        if happened.is_finite() && not.is_finite() && happened >= 0.0 && not >= 0.0 {
            self.happened += happened;
            self.not += not;
        }
    }

    /// The logarithm of the evidence that they happen more often than the bound.
    pub fn evidence(&self) -> f64 {
        if !(self.bound > 0.0 && self.bound < 1.0) {
            // More often than always cannot be; more often than never is shown by a single event.
            return if self.bound <= 0.0 && self.happened > 0.0 { f64::INFINITY } else { f64::NEG_INFINITY };
        }
        let (a, b) = (self.happened + 1.0, self.not + 1.0);
        let Ok(whole) = checked_ln_beta(a, b) else { return f64::NEG_INFINITY };
        let above = regularised(b, a, 1.0 - self.bound).ln();
        let mixed = whole + above - (1.0 - self.bound).ln();
        mixed - self.happened * self.bound.ln() - self.not * (1.0 - self.bound).ln()
    }

    /// Whether it is proven by now.
    pub fn is_proven(&self) -> bool {
        let part = 6.0 / (std::f64::consts::PI * self.round).powi(2);
        self.evidence() >= -(LEVEL * part).ln()
    }

    /// Begins anew if the evidence says that nothing is wrong; true if it did.
    pub fn calm_down(&mut self) -> bool {
        let calm = self.evidence() <= CALM.ln();
        if calm {
            *self = Self { happened: 0.0, not: 0.0, round: self.round + 1.0, ..*self };
        }
        calm
    }
}

#[cfg(test)]
mod tests {
    use super::{LEVEL, Sequential};
    use crate::monitor::statistics::bootstrap::Dice;

    /// When a test of a bound of 5% alarms, if events have a chance of `p`.
    fn alarm(dice: &mut Dice, p: f64, most: usize) -> Option<usize> {
        let mut test = Sequential::new(0.05);
        (0..most).find(|_| {
            let happened = f64::from(u8::from(dice.share() < p));
            test.take(happened, 1.0 - happened);
            let proven = test.is_proven();
            test.calm_down();
            proven
        })
    }

    #[test]
    fn it_keeps_its_level_though_it_is_looked_at_after_every_event() {
        let mut dice = Dice::new(1);
        let runs = 300;
        let alarms = (0..runs).filter(|_| alarm(&mut dice, 0.05, 500).is_some()).count();
        assert!(alarms as f64 <= LEVEL * f64::from(runs) + 5.0, "{alarms} false alarms in {runs} runs");
    }

    #[test]
    fn the_clearer_the_breach_the_sooner_it_reacts() {
        let mut dice = Dice::new(2);
        let mut typical = |p| {
            let mut times: Vec<usize> = (0..41).filter_map(|_| alarm(&mut dice, p, 100_000)).collect();
            assert_eq!(times.len(), 41);
            times.sort_unstable();
            times[20]
        };
        let (small, large) = (typical(0.10), typical(0.50));
        assert!(large < 40 && large * 4 < small, "{large} and {small} events");
    }

    #[test]
    fn a_late_breach_is_found_though_much_was_good_before() {
        let mut test = Sequential::new(0.05);
        for _ in 0..1_000 {
            test.take(0.0, 100.0);
            assert!(!test.is_proven());
            test.calm_down();
        }
        for _ in 0..3 {
            test.take(50.0, 50.0);
        }
        assert!(test.is_proven());
    }

    #[test]
    fn bounds_that_cannot_be_broken_never_are_and_nonsense_is_passed_over() {
        let mut always = Sequential::new(1.0);
        always.take(1e6, 0.0);
        assert!(!always.is_proven());
        let mut never = Sequential::new(0.0);
        assert!(!never.is_proven());
        never.take(1.0, 1e6);
        assert!(never.is_proven());
        let mut test = Sequential::new(0.5);
        test.take(f64::NAN, 1.0);
        test.take(-5.0, 1.0);
        assert_eq!(test, Sequential::new(0.5));
    }
}
