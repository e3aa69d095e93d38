//! Picking a fixed fraction of a sequence, spread as evenly as whole numbers allow, without chance.

/// What [`Spread`] counts in: this many parts are one whole request.
const WHOLE: u64 = 1 << 40;

/// The parts of a whole in which fractions given by people are read: billionths, so that 0.29 is 29 % exactly.
pub(super) const BILLION: u64 = 1_000_000_000;

/// `fraction` (0..=1) in billionths, rounded to the nearest.
pub(super) fn billionths(fraction: f64) -> u64 {
    // A cast from a float saturates, and turns NaN into 0.
    ((fraction * BILLION as f64).round() as u64).min(BILLION)
}

/// Picks items of a sequence at an even pace by carrying the remainder on from one to the next.
///
/// Among any `n` consecutive items at most `ceil(pace × n)` are picked, also when picks are withheld.
#[derive(Debug)]
pub(super) struct Spread {
    pace: u64,
    carried: u64,
}

impl Spread {
    /// Picks at most `numerator / denominator` (0..=1) of the items, the first one as late as an even pace has it.
    pub(super) fn of(numerator: u64, denominator: u64) -> Self {
        // Rounded down: a pace that is a trifle too high would break the bound.
        let pace = u128::from(numerator) * u128::from(WHOLE) / u128::from(denominator.max(1));
        Self { pace: u64::try_from(pace).unwrap_or(WHOLE).min(WHOLE), carried: 0 }
    }

    /// Starts half-way to the first pick: the number picked is then the nearest to the fraction of the items so far.
    pub(super) fn starting_midway(mut self) -> Self {
        self.carried = WHOLE / 2;
        self
    }

    /// Takes in the next item and says whether it's picked. A pick that `allowed` turns down falls to a later item.
    pub(super) fn pick(&mut self, allowed: impl FnOnce() -> bool) -> bool {
        self.carried += self.pace;
        if self.carried < WHOLE {
            return false;
        }
        let picked = allowed();
        // What was withheld is owed once only: two picks in a row would break the bound.
        self.carried = if picked { self.carried - WHOLE } else { WHOLE - 1 };
        picked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picks(spread: &mut Spread, items: usize) -> Vec<bool> {
        (0..items).map(|_| spread.pick(|| true)).collect()
    }

    fn count(picks: &[bool]) -> usize {
        picks.iter().filter(|&&picked| picked).count()
    }

    #[test]
    fn forty_per_cent_is_two_in_five_spread() {
        let picked = picks(&mut Spread::of(billionths(0.4), BILLION).starting_midway(), 10);
        assert_eq!(count(&picked[..5]), 2);
        assert_eq!(count(&picked[5..]), 2);
        assert!(!picked.windows(2).any(|pair| pair == [true, true]), "{picked:?}");
    }

    #[test]
    fn any_run_holds_at_most_the_rounded_up_fraction() {
        for (numerator, denominator) in [(1, 7), (2, 5), (29, 100), (2, 3), (99, 100)] {
            let picked = picks(&mut Spread::of(numerator, denominator), 600);
            for length in 1..200 {
                let bound = (numerator * length).div_ceil(denominator) as usize;
                assert!(picked.windows(length as usize).all(|run| count(run) <= bound), "{numerator}/{denominator}");
            }
        }
    }

    #[test]
    fn withheld_picks_do_not_bunch() {
        let mut spread = Spread::of(1, 4);
        let held: Vec<bool> = (0..50).map(|_| spread.pick(|| false)).collect();
        assert_eq!(count(&held), 0);
        assert_eq!(count(&picks(&mut spread, 4)), 1, "one is owed, not twelve");
    }

    #[test]
    fn starting_midway_is_the_nearest_number_at_every_moment() {
        let mut spread = Spread::of(billionths(0.3), BILLION).starting_midway();
        let mut acted = 0;
        for touched in 1..=1000_u32 {
            acted += u32::from(spread.pick(|| true));
            assert!((f64::from(acted) - 0.3 * f64::from(touched)).abs() <= 0.51, "{acted} of {touched}");
        }
    }

    #[test]
    fn all_and_none() {
        assert_eq!(count(&picks(&mut Spread::of(BILLION, BILLION), 100)), 100);
        assert_eq!(count(&picks(&mut Spread::of(0, BILLION).starting_midway(), 100)), 0);
        assert_eq!((billionths(f64::NAN), billionths(2.0), billionths(-1.0)), (0, BILLION, 0));
    }
}
