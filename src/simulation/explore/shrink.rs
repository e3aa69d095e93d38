//! The least that still goes wrong: turns are left out one by one, and made to take no time.

use super::schedule::Schedule;
use super::schedule::{BEGIN, STOP};
use std::time::Duration;

/// Tries, at most.
const TRIES: usize = 2_000;

/// A schedule of which nothing can be left out, for which `fails` still holds.
pub fn shrink(schedule: &Schedule, mut fails: impl FnMut(&Schedule) -> bool) -> Schedule {
    let (mut best, mut tries) = (schedule.clone(), 0);
    let mut again = true;
    while again && tries < TRIES {
        again = false;
        for place in best.turns.keys().cloned().collect::<Vec<_>>() {
            let mut less = best.clone();
            less.turns.remove(&place);
            tries += 1;
            if fails(&less) {
                (best, again) = (less, true);
            }
        }
    }
    for place in best.turns.keys().cloned().collect::<Vec<_>>() {
        if [BEGIN, STOP].contains(&place.deed.as_str()) {
            continue;
        }
        let mut quick = best.clone();
        let Some(turn) = quick.turns.get_mut(&place).filter(|turn| !turn.takes.is_zero()) else { continue };
        turn.takes = Duration::ZERO;
        if fails(&quick) {
            best = quick;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::schedule::{Actor, Place};
    use super::{Schedule, shrink};
    use crate::simulation::fate::{End, Turn};
    use std::time::Duration;

    #[test]
    fn what_does_not_matter_is_left_out() {
        let place = |time| Place { actor: Actor::Run(1), deed: "revert outage".to_owned(), time };
        let turn = Turn { takes: Duration::from_secs(1), end: End::Fails };
        let all = Schedule { turns: (1..=20).map(|time| (place(time), turn)).collect() };
        let needs = |schedule: &Schedule| [3, 17].iter().all(|time| schedule.turns.contains_key(&place(*time)));
        let least = shrink(&all, needs);
        assert_eq!(least.turns.keys().map(|place| place.time).collect::<Vec<_>>(), [3, 17]);
        assert!(least.turns.values().all(|turn| turn.takes.is_zero()));
    }
}
