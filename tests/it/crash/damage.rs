//! Stores that lost bits or ends: whatever is lost is told, what can be read is taken back, and nothing panics or hangs.

use super::disk::{Disk, Image, Loss, Platters};
use super::outside::{Outer, Outside, fault};
use super::schedules::{STEPS, effects};
use super::vfs::Mount;
use crate::dice::Dice;
use chaos_lang::base::parallel;
use chaos_lang::journal::{Claims, EffectId, Journal, JournalError, is_log_damaged};
use chaos_lang::run::{RunError, World, readable, recover, virtual_time};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A store on a disk, and what is outside.
#[derive(Clone)]
struct State {
    image: Image,
    outside: Outside,
}

/// A stage on which a store is opened.
struct Stage {
    mount: Mount,
    disk: Arc<Disk>,
    outside: Arc<Mutex<Outside>>,
}

impl Stage {
    fn new(state: &State) -> Self {
        let mount = Mount::new();
        let disk = Arc::new(Disk::new(&state.image, true, Box::new(|_: &Platters, _: &str| ())));
        mount.insert(Arc::clone(&disk));
        Self { mount, disk, outside: Arc::new(Mutex::new(state.outside.clone())) }
    }

    fn world(&self) -> Arc<dyn World> {
        Arc::new(Outer { outside: Arc::clone(&self.outside), disk: Arc::clone(&self.disk), sent: Arc::default() })
    }

    /// What was open, and what could not be taken back or told.
    async fn recover(&self) -> Result<(Vec<EffectId>, Vec<RunError>), RunError> {
        let journal = Arc::new(Journal::open(self.mount.folder())?);
        let (found, _) = readable(&journal);
        let undone = recover(&journal, &effects(&journal, &self.world())).await?;
        let told = undone.into_iter().filter_map(|one| one.undone.result.err()).collect();
        Ok((found.into_iter().map(|one| one.effect.id).collect(), told))
    }
}

/// A run that died after it had taken one of three faults back; what was open at each moment before; and the same store once
/// its log was written into the database.
fn stores() -> (State, Vec<Vec<EffectId>>, State) {
    let last = Arc::new(Mutex::new(Platters::default()));
    let watcher = {
        let last = Arc::clone(&last);
        Box::new(move |platters: &Platters, _: &str| *last.lock().unwrap() = platters.clone())
    };
    let (mount, disk) = (Mount::new(), Arc::new(Disk::new(&Image::new(), true, watcher)));
    mount.insert(Arc::clone(&disk));
    let outside: Arc<Mutex<Outside>> = Arc::default();
    let world: Arc<dyn World> =
        Arc::new(Outer { outside: Arc::clone(&outside), disk: Arc::clone(&disk), sent: Arc::default() });
    let journal = Arc::new(Journal::open(mount.folder()).unwrap());
    journal.begin("r", "x", "local", &Claims::default()).unwrap();
    journal.runner_died("r").unwrap();
    let open = || journal.open_effects().0.into_iter().map(|one| one.id).collect::<Vec<_>>();
    let (own, mut history) = (effects(&journal, &world), vec![open()]);
    virtual_time(async {
        for step in STEPS {
            own.perform(|id| fault(step, id.0)).await.unwrap();
            history.push(open());
        }
        let second = own.open().remove(1);
        own.undo(&second).await.result.unwrap();
        history.push(open());
    })
    .unwrap();
    disk.moment("the crash");
    let image = |last: &Mutex<Platters>| last.lock().unwrap().after(Loss::Nothing);
    let (killed, outside) = (image(&last), outside.lock().unwrap().clone());
    drop((own, journal));
    disk.moment("the end");
    let closed = State { image: image(&last), outside: outside.clone() };
    (State { image: killed, outside }, history, closed)
}

/// What came of a damaged store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Came {
    /// Everything was taken back, and nothing was missed.
    Harmless,
    /// The damage is told, and nothing is left.
    ToldAndTakenBack,
    /// The damage is told, and something is left.
    Told,
    /// The store is an earlier one: the log's end is missing.
    Earlier,
    /// Something is left, and nobody says so.
    Silent,
}

fn came(state: &State, history: &[Vec<EffectId>]) -> Came {
    let stage = Stage::new(state);
    let recovered = virtual_time(stage.recover()).unwrap();
    let left = !stage.outside.lock().unwrap().clone().settled().is_empty();
    let (found, mut told) = match recovered {
        Ok((found, told)) => (found, told),
        Err(error) => (Vec::new(), vec![error]),
    };
    // It is looked for in the folder, where the disk of a test is not.
    let log = state.image.get("journal.sqlite-wal").filter(|log| is_log_damaged(log).is_some());
    told.extend(log.map(|_| JournalError::Damaged("its log".to_owned()).into()));
    for error in &told {
        assert!(matches!(error.code.name, "E0711" | "E0717") && error.help.is_some(), "{error:?}");
    }
    match (told.is_empty(), left) {
        (true, false) => Came::Harmless,
        (false, false) => Came::ToldAndTakenBack,
        (false, true) => Came::Told,
        (true, true) if history.contains(&found) => Came::Earlier,
        (true, true) => Came::Silent,
    }
}

/// Damages a file in many ways, and counts what comes of it.
fn damaged(state: &State, file: &str, history: &[Vec<EffectId>], what: &str, ways: &[Way]) -> BTreeMap<Came, usize> {
    let all = parallel::map(ways, |(at, bit)| {
        let mut state = state.clone();
        let bytes = Arc::make_mut(state.image.get_mut(file).unwrap());
        match bit {
            Some(bit) => bytes[*at] ^= 1 << bit,
            None => bytes.truncate(*at),
        }
        came(&state, history)
    });
    let mut count = BTreeMap::new();
    all.iter().for_each(|came| *count.entry(*came).or_default() += 1);
    println!("{file}, {what}: {count:?}");
    if let Some((at, bit)) = ways.iter().zip(&all).find(|(_, came)| **came == Came::Silent).map(|(way, _)| way) {
        panic!("{file}, {what} at byte {at} (bit {bit:?}): something is left, and nobody says so");
    }
    count
}

/// A cut at a byte, or a bit of it that is flipped.
type Way = (usize, Option<u8>);

/// Cuts after every byte of the head and after many others, and bits of every byte there and of many others.
fn ways(length: usize, dice: &mut Dice) -> (Vec<Way>, Vec<Way>) {
    let cuts = (1..length).filter(|at| *at < 200 || at % 61 == 0 || at % 4096 < 2).map(|at| (at, None)).collect();
    let bit = |dice: &mut Dice| Some(u8::try_from(dice.below(8)).unwrap());
    let heads = (0..length).filter(|at| *at < 120 || at % 4096 < 16).map(|at| (at, bit(dice))).collect::<Vec<_>>();
    let others = (0..1500).map(|_| (dice.below(length), bit(dice)));
    (cuts, heads.into_iter().chain(others).collect())
}

#[test]
fn a_damaged_store_is_told_of_and_what_can_be_read_is_taken_back() {
    let (killed, history, closed) = stores();
    let mut dice = Dice(7);
    assert_eq!((came(&killed, &[]), came(&closed, &[])), (Came::Harmless, Came::Harmless));
    let (cuts, flips) = ways(closed.image["journal.sqlite"].len(), &mut dice);
    // In the database every loss is told: there is no earlier store to be mistaken for.
    let cut = damaged(&closed, "journal.sqlite", &[], "cut", &cuts);
    let flipped = damaged(&closed, "journal.sqlite", &[], "flipped", &flips);
    assert!(cut.contains_key(&Came::Told) && flipped.contains_key(&Came::ToldAndTakenBack), "{cut:?} {flipped:?}");
    // A log that ends early is the store as it was before; of one that changed in its middle, that is told. Only in its last
    // write it cannot be: a crash could have left that, too.
    let (cuts, flips) = ways(killed.image["journal.sqlite-wal"].len(), &mut dice);
    damaged(&killed, "journal.sqlite-wal", &history, "cut", &cuts);
    let flipped = damaged(&killed, "journal.sqlite-wal", &history, "flipped", &flips);
    let of = |came: Came| flipped.get(&came).copied().unwrap_or_default();
    assert!(of(Came::Told) > 5 * of(Came::Earlier), "{flipped:?}");
}
