//! Chance: what goes wrong in the simulated run of a seed. Each deed's turn depends on the seed and on the deed alone, so
//! that leaving out one of them changes nothing of the others.

use super::schedule::{Actor, BEGIN, LIMITS, Place, STOP, Schedule, words};
use crate::base::Instant;
use crate::monitor::statistics::bootstrap::Dice;
use crate::plan::APPLY_TIMEOUT;
use crate::simulation::fate::{Deed, End, Fate, Turn};
use crate::simulation::steps::Steps;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How much goes wrong in a run.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    /// The share of effects that go wrong.
    effects: f64,
    /// The share of reads that do.
    reads: f64,
    /// The share of deeds at which the runner dies.
    deaths: f64,
}

/// Where turns come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A seed.
    Seed(u64),
    /// A schedule.
    Schedule(Schedule),
}

/// Deals turns to one actor after the other, and writes down those that are not ordinary.
#[derive(Debug)]
pub struct Luck {
    origin: Origin,
    trouble: Trouble,
    /// Whether a second run is at work meanwhile: then nobody dies, for it would have to be told which of them.
    pub two: bool,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    counts: BTreeMap<(Actor, String), u32>,
    taken: Schedule,
    deaths: u32,
}

/// Runners die so often in one simulated run, at most.
const DEATHS: u32 = 3;
/// The share of faults that nobody sees act.
const UNSEEN: f64 = 0.08;
/// The share of runs whose limits are lower than what was proven.
const HALVED: f64 = 0.1;
/// So many tries more fail, at most, where the first has failed: more than a run makes.
const AGAIN: f64 = 7.0;
/// A try at a revert takes less than this, so that three of them and their pauses stay within the bound of a revert.
const REVERT: f64 = 4.5;

impl Luck {
    /// Chance, or what is written down.
    pub fn new(origin: Origin) -> Self {
        let (trouble, two) = match &origin {
            Origin::Seed(seed) => {
                let mut dice = Dice::new(mixed(*seed, "how much"));
                let one_of = |dice: &mut Dice, all: [f64; 4]| all[(dice.share() * 4.0) as usize % 4];
                let two = dice.share() < 0.15;
                let trouble = Trouble {
                    effects: one_of(&mut dice, [0.0, 0.05, 0.2, 0.5]),
                    reads: one_of(&mut dice, [0.0, 0.005, 0.05, 0.3]),
                    deaths: if two { 0.0 } else { one_of(&mut dice, [0.0, 0.005, 0.02, 0.1]) },
                };
                (trouble, two)
            }
            Origin::Schedule(schedule) => {
                let two = schedule.turns.keys().any(|place| place.actor == Actor::Run(2));
                (Trouble { effects: 0.0, reads: 0.0, deaths: 0.0 }, two)
            }
        };
        Self { origin, trouble, two, book: Mutex::default() }
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was out of the ordinary so far.
    pub fn taken(&self) -> Schedule {
        self.book().taken.clone()
    }

    /// How much later an actor begins. A second run may begin at any time of the first, which takes so long at most.
    pub fn begins(&self, actor: Actor, longest: f64) -> Duration {
        let chance = |dice: &mut Dice| match actor {
            Actor::Run(1) => None,
            Actor::Run(_) => Some(dice.share() * longest),
            Actor::Recovery(_) => Some(dice.share() * 30.0).filter(|_| dice.share() < 0.5),
        };
        self.moment(actor, BEGIN, chance).unwrap_or_default()
    }

    /// When somebody stops a run, if anybody does.
    pub fn stops(&self, actor: Actor, longest: f64) -> Option<Duration> {
        self.moment(actor, STOP, |dice| (dice.share() < 0.1).then(|| dice.share() * longest))
    }

    /// Whether the limits of a run are lower than what was proven, as if the proof were wrong.
    pub fn halves_limits(&self, actor: Actor) -> bool {
        self.always(actor, LIMITS, End::Halved, HALVED)
    }

    /// Whether something is so in all of an actor's run.
    fn always(&self, actor: Actor, what: &str, end: End, share: f64) -> bool {
        let place = Place { actor, deed: what.to_owned(), time: 1 };
        let seed = match &self.origin {
            Origin::Schedule(schedule) => return schedule.turn(&place).is_some(),
            Origin::Seed(seed) => seed,
        };
        let is_so = Dice::new(mixed(*seed, &format!("{actor} {what}"))).share() < share;
        if is_so {
            self.book().taken.turns.insert(place, Turn { takes: Duration::ZERO, end });
        }
        is_so
    }

    fn moment(&self, actor: Actor, what: &str, chance: impl FnOnce(&mut Dice) -> Option<f64>) -> Option<Duration> {
        let place = Place { actor, deed: what.to_owned(), time: 1 };
        match &self.origin {
            Origin::Schedule(schedule) => schedule.moment(actor, what),
            Origin::Seed(seed) => {
                let mut dice = Dice::new(mixed(*seed, &format!("{actor} {what}")));
                let takes = Duration::from_millis((chance(&mut dice)? * 1e3) as u64);
                self.book().taken.turns.insert(place, Turn { takes, end: End::Well });
                Some(takes)
            }
        }
    }

    fn turn(&self, actor: Actor, deed: Deed) -> Turn {
        let what = words(deed);
        let mut book = self.book();
        let count = book.counts.entry((actor, what.clone())).or_default();
        *count += 1;
        let place = Place { actor, deed: what, time: *count };
        let turn = match &self.origin {
            Origin::Schedule(schedule) => schedule.turn(&place).unwrap_or_default(),
            Origin::Seed(seed) => {
                let mut dice = Dice::new(mixed(*seed, &format!("{actor} {} {}", place.deed, place.time)));
                let dies = book.deaths < DEATHS && dice.share() < self.trouble.deaths * likelihood(deed);
                match () {
                    () if dies => death(deed, &mut dice),
                    () if self.fails_again(*seed, &place, deed) => Turn { takes: Duration::ZERO, end: End::Fails },
                    () => self.chance(deed, &mut dice),
                }
            }
        };
        if matches!(turn.end, End::DiesBefore | End::DiesAfter) {
            book.deaths += 1;
        }
        if turn != Turn::default() {
            book.taken.turns.insert(place, turn);
        }
        turn
    }

    /// What cannot be taken back at once is often not taken back at the next tries either.
    fn fails_again(&self, seed: u64, place: &Place, deed: Deed) -> bool {
        if !matches!(deed, Deed::Revert(_) | Deed::Stop(_)) {
            return false;
        }
        let mut dice = Dice::new(mixed(seed, &format!("{} {} again", place.actor, place.deed)));
        let times = 1.0 + dice.share() * AGAIN;
        dice.share() < self.trouble.effects / 4.0 && f64::from(place.time) <= times
    }

    fn chance(&self, deed: Deed, dice: &mut Dice) -> Turn {
        let share = if matches!(deed, Deed::Read(_)) { self.trouble.reads } else { self.trouble.effects };
        if dice.share() >= share {
            return Turn::default();
        }
        let (ends, longest): (&[End], f64) = match deed {
            Deed::Prepare(_) => (&[End::Well, End::Well, End::Well, End::Fails], APPLY_TIMEOUT),
            Deed::Inject(_) => (&[End::Well, End::Well, End::Fails, End::FailsThoughDone], APPLY_TIMEOUT),
            Deed::Revert(_) => (&[End::Well, End::Fails, End::FailsThoughDone], REVERT),
            Deed::Renew(_) => (&[End::Well, End::Fails, End::Vanishes], 1.0),
            Deed::Start(_) => (&[End::Well, End::Well, End::Fails, End::FailsThoughDone], 3.0),
            Deed::Stop(_) => (&[End::Well, End::Fails], 3.0),
            Deed::Read(_) => (&[End::Well, End::Fails, End::Lost, End::Overtaken, End::Strays], 3.0),
            Deed::Call(_) => (&[End::Well, End::Fails], 1.9),
            Deed::Look(_) => (&[End::Well], 0.0),
        };
        let end = ends.get((dice.share() * ends.len() as f64) as usize).copied().unwrap_or_default();
        let takes = if dice.share() < 0.5 { dice.share() * longest } else { 0.0 };
        Turn { takes: Duration::from_millis((takes * 1e3) as u64), end }
    }
}

/// How likely it is that a runner dies just there. Reads are frequent.
fn likelihood(deed: Deed) -> f64 {
    if matches!(deed, Deed::Read(_)) { 0.05 } else { 1.0 }
}

fn death(deed: Deed, dice: &mut Dice) -> Turn {
    let after = dice.share() < 0.5;
    let on_its_way = matches!(deed, Deed::Inject(_)) && dice.share() < 0.5;
    let takes = if on_its_way { dice.share() * APPLY_TIMEOUT } else { 0.0 };
    let end = if after { End::DiesAfter } else { End::DiesBefore };
    Turn { takes: Duration::from_millis((takes * 1e3) as u64), end }
}

/// A seed for each thing of a seed (FNV-1a, by G. Fowler, L. C. Noll and K.-P. Vo): the same on every machine.
fn mixed(seed: u64, what: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(what.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The luck of one actor.
pub struct LuckOf {
    /// Everybody's.
    pub luck: std::sync::Arc<Luck>,
    /// Whose.
    pub actor: Actor,
}

impl Fate for LuckOf {
    fn turn(&self, deed: Deed, _at: Instant, _steps: &Steps) -> Turn {
        self.luck.turn(self.actor, deed)
    }

    fn is_unseen(&self, step: &str, _at: Instant, _steps: &Steps) -> bool {
        self.luck.always(self.actor, &words(Deed::Look(step)), End::Unseen, UNSEEN)
    }
}
