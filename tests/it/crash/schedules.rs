//! Every schedule of crashes: before and after each write, sync and effect, of the run and of its recoveries.
//!
//! One run without a crash shows every moment at which it could have crashed, with what disk and outside held then. From each
//! of them somebody recovers; that recovery shows the moments of the next crash, and so on. What is in force in the end, after
//! a recovery that came to its end, is a leak: no fault here has a lease.

use super::disk::{Disk, Image, Loss, Platters};
use super::outside::{Landing, Outer, Outside, fault};
use super::vfs::Mount;
use chaos_lang::base::parallel;
use chaos_lang::journal::{Claims, EffectState, Journal, is_log_damaged};
use chaos_lang::run::{Effects, RunError, TokioClock, World, in_force, recover, virtual_time};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex};

pub const STEPS: [&str; 3] = ["one", "two", "three"];

/// A mistake that is made on purpose, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    None,
    /// What is done is written down afterwards.
    IntentAfterApply,
    /// The disk is not told to sync.
    NoSync,
    /// A recovery marks an effect as reverted, and then reverts it.
    MarksFirst,
}

/// What a crash leaves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct State {
    image: Image,
    outside: Outside,
}

struct Moment {
    platters: Platters,
    outside: Outside,
    sent: Option<(String, u64)>,
}

/// A run or a recovery that nothing happened to.
struct Trace {
    moments: Vec<Moment>,
    /// What the store said in the beginning.
    found: String,
    outside: Outside,
}

/// Schedules with one crash, two, three; and how many of them leak.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    schedules: [u64; 3],
    leaks: [u64; 3],
}

impl Count {
    fn add(&mut self, other: Count, times: u64, later: usize) {
        for at in later..3 {
            self.schedules[at] += other.schedules[at - later] * times;
            self.leaks[at] += other.leaks[at - later] * times;
        }
    }
}

struct Explorer {
    mistake: Mistake,
    crashes: usize,
    /// What came of states, by what the disk holds, or by what the store says, and by the crashes still to come.
    known: Mutex<BTreeMap<(u64, usize), Count>>,
    executions: Mutex<u64>,
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

impl Explorer {
    fn new(mistake: Mistake, crashes: usize) -> Self {
        Self { mistake, crashes, known: Mutex::default(), executions: Mutex::default() }
    }

    /// All schedules.
    fn explore(&self) -> Count {
        let first = State { image: Image::new(), outside: Outside::default() };
        let run = self.live(&Mount::new(), &first, true);
        assert!(run.outside.settled().is_empty(), "a run without a crash leaves nothing");
        let states: Vec<(State, u64)> = crashed(&run.moments).into_iter().collect();
        println!("{:?}: {} states after a crash of the run", self.mistake, states.len());
        let mut count = Count::default();
        for (came, (_, times)) in
            parallel::map(&states, |(state, _)| self.count(&Mount::new(), state, 1)).iter().zip(&states)
        {
            count.add(*came, *times, 0);
        }
        let executions = self.executions.lock().unwrap();
        println!(
            "{:?}: schedules {:?}, leaks {:?}, {executions} executions",
            self.mistake, count.schedules, count.leaks
        );
        count
    }

    /// What comes of a state, after so many crashes.
    fn count(&self, mount: &Mount, state: &State, crashes: usize) -> Count {
        let exactly = (hash(state), crashes);
        if let Some(known) = self.known.lock().unwrap().get(&exactly) {
            return *known;
        }
        // All states of one crash, and some of the others.
        if self.mistake == Mistake::None && (crashes == 1 || exactly.0.is_multiple_of(32)) {
            let log = state.image.get("journal.sqlite-wal").and_then(|log| is_log_damaged(log));
            assert_eq!(log, None, "what a crash leaves is taken for damage");
        }
        let trace = self.live(mount, state, false);
        let leaks = u64::from(!trace.outside.clone().settled().is_empty());
        let mut count = Count { schedules: [1, 0, 0], leaks: [leaks, 0, 0] };
        if crashes < self.crashes {
            // From the second crash on, states of which the store says the same take the same course.
            let alike = (hash(&(&trace.found, &state.outside)), crashes);
            let known = self.known.lock().unwrap().get(&alike).copied().filter(|_| crashes > 1);
            let later = known.unwrap_or_else(|| {
                let mut later = Count::default();
                for (next, times) in crashed(&trace.moments) {
                    later.add(self.count(mount, &next, crashes + 1), times, 1);
                }
                later
            });
            self.known.lock().unwrap().insert(alike, later);
            count.add(later, 1, 0);
        }
        self.known.lock().unwrap().insert(exactly, count);
        count
    }

    /// Lets somebody run, or recover, to the end.
    fn live(&self, mount: &Mount, state: &State, runs: bool) -> Trace {
        *self.executions.lock().unwrap() += 1;
        let moments: Arc<Mutex<Vec<Moment>>> = Arc::default();
        let outside = Arc::new(Mutex::new(state.outside.clone()));
        let sent: Arc<Mutex<Option<(String, u64)>>> = Arc::default();
        let watcher = {
            let (moments, outside, sent) = (Arc::clone(&moments), Arc::clone(&outside), Arc::clone(&sent));
            move |platters: &Platters, _: &str| {
                let (outside, sent) = (outside.lock().unwrap().clone(), sent.lock().unwrap().clone());
                moments.lock().unwrap().push(Moment { platters: platters.clone(), outside, sent });
            }
        };
        let disk = Arc::new(Disk::new(&state.image, self.mistake != Mistake::NoSync, Box::new(watcher)));
        mount.insert(Arc::clone(&disk));
        let world: Arc<dyn World> = Arc::new(Outer { outside: Arc::clone(&outside), disk: Arc::clone(&disk), sent });
        let work = async {
            if runs { self.run(mount.folder(), world).await } else { self.recovery(mount.folder(), world).await }
        };
        let found = virtual_time(work).unwrap().unwrap();
        disk.moment("the end");
        let outside = outside.lock().unwrap().clone();
        Trace { moments: std::mem::take(&mut moments.lock().unwrap()), found, outside }
    }

    async fn run(&self, folder: &Path, world: Arc<dyn World>) -> Result<String, RunError> {
        let journal = Arc::new(Journal::open(folder)?);
        journal.begin("r", "x", "local", &Claims::default())?;
        // Whoever looks at the store later finds a run whose runner is gone.
        journal.runner_died("r")?;
        let effects = effects(&journal, &world);
        for step in STEPS {
            if self.mistake == Mistake::IntentAfterApply {
                world.apply(&mut fault(step, 9), &|_| ()).await?;
                journal.intend("r", |_| serde_json::to_string(&fault(step, 9)).unwrap())?;
            } else {
                effects.perform(|id| fault(step, id.0)).await?;
            }
        }
        for left in in_force(&journal)? {
            effects.undo(&left.effect).await.result?;
        }
        journal.end("r", "confirmed", "")?;
        Ok(String::new())
    }

    async fn recovery(&self, folder: &Path, world: Arc<dyn World>) -> Result<String, RunError> {
        let journal = Arc::new(Journal::open(folder)?);
        let open = in_force(&journal)?;
        let runs: Vec<_> = journal.runs()?.into_iter().map(|run| (run.id, run.verdict, run.runner)).collect();
        let found = format!("{runs:?} {open:?}");
        if self.mistake == Mistake::MarksFirst {
            for left in open {
                journal.mark(left.effect.id, EffectState::Reverted, "")?;
                world.revert(&left.effect.intent).await?;
            }
        } else {
            for undone in recover(&journal, &effects(&journal, &world)).await? {
                undone.undone.result?;
            }
        }
        assert!(in_force(&journal)?.is_empty(), "a recovery that came to its end leaves nothing open");
        Ok(found)
    }
}

pub fn effects(journal: &Arc<Journal>, world: &Arc<dyn World>) -> Effects {
    Effects::new(Arc::clone(journal), Arc::clone(world), Arc::new(TokioClock::start()), "r".to_owned())
}

/// Everything that a crash at one of these moments can leave, and in how many ways it comes about.
fn crashed(moments: &[Moment]) -> BTreeMap<State, u64> {
    let mut states = BTreeMap::new();
    for Moment { platters, outside, sent } in moments {
        let mut outsides = vec![outside.clone()];
        let landings = [Landing::Before(0), Landing::Before(1), Landing::Before(2), Landing::Last];
        outsides.extend(sent.iter().flat_map(|sent| landings.map(|landing| outside.with_coming(landing, sent))));
        for loss in Loss::ALL {
            for outside in outsides.clone() {
                *states.entry(State { image: platters.after(loss), outside }).or_default() += 1;
            }
        }
    }
    states
}

#[test]
fn no_schedule_of_crashes_leaves_a_fault_behind() {
    let count = Explorer::new(Mistake::None, 3).explore();
    assert_eq!(count.leaks, [0, 0, 0]);
    assert!(count.schedules.iter().zip([500, 20_000, 1_000_000]).all(|(came, least)| *came > least), "{count:?}");
}

#[test]
fn every_mistake_that_would_leave_a_fault_behind_is_found() {
    for (mistake, crashes) in [(Mistake::IntentAfterApply, 1), (Mistake::NoSync, 1), (Mistake::MarksFirst, 2)] {
        let count = Explorer::new(mistake, crashes).explore();
        assert!(count.leaks[crashes - 1] > 0, "{mistake:?} is not found: {count:?}");
    }
}
