//! Exploring what can go wrong with a run: injectors and runners that fail, samples that come late or never, two runs at
//! once. After each simulated run everything is held against what must be true of all of them.

mod invariants;
mod life;
mod luck;
mod schedule;
mod shrink;

pub use life::{Happened, Lived, Subject};
pub use luck::Origin;
pub use schedule::{Actor, Schedule};

use crate::base::parallel;
use std::collections::BTreeMap;

/// What came of many simulated runs.
#[derive(Debug, Default)]
pub struct Explored {
    /// How many.
    pub runs: u64,
    /// How often each verdict came; runs whose runner died come under `interrupted`.
    pub verdicts: BTreeMap<String, u64>,
    /// The first seed in which something was wrong, with the least that still goes wrong.
    pub found: Option<Find>,
}

/// Something that must not be.
#[derive(Debug)]
pub struct Find {
    /// The seed.
    pub seed: u64,
    /// The least that must go wrong for it.
    pub schedule: Schedule,
    /// How much went wrong at first.
    pub turns: usize,
    /// What came of the shortened schedule.
    pub lived: Lived,
}

/// Seeds that are simulated together, before it is looked whether one of them has found something.
const TOGETHER: u64 = 256;

/// Simulates the run of each of these seeds, up to the first that finds something.
///
/// # Errors
/// The machine gives no store in memory, or no timer.
pub fn explore(subject: &Subject, seeds: std::ops::Range<u64>) -> Result<Explored, String> {
    let mut explored = Explored::default();
    let mut next = seeds.start;
    while next < seeds.end && explored.found.is_none() {
        let last = seeds.end.min(next + TOGETHER);
        let batch: Vec<u64> = (next..last).collect();
        let lived = parallel::map(&batch, |seed| subject.live(Origin::Seed(*seed)));
        for (seed, lived) in batch.iter().zip(lived) {
            let lived = lived?;
            explored.runs += 1;
            let word = lived.verdict.map_or_else(|| "interrupted".to_owned(), |verdict| verdict.to_string());
            *explored.verdicts.entry(word).or_default() += 1;
            if !lived.wrong.is_empty() {
                explored.found = Some(shortened(subject, *seed, &lived)?);
                break;
            }
        }
        next = last;
    }
    Ok(explored)
}

fn shortened(subject: &Subject, seed: u64, lived: &Lived) -> Result<Find, String> {
    let play = |schedule: &Schedule| subject.live(Origin::Schedule(schedule.clone()));
    let fails = |schedule: &Schedule| play(schedule).is_ok_and(|lived| !lived.wrong.is_empty());
    let schedule = shrink::shrink(&lived.schedule, fails);
    Ok(Find { seed, turns: lived.schedule.turns.len(), lived: play(&schedule)?, schedule })
}
