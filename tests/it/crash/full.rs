//! A disk that is full from one write or another on: nothing is done without an intent, and what is in force is taken back.

use super::disk::{Disk, Image, Loss, Platters};
use super::outside::{Outer, Outside, fault};
use super::schedules::{STEPS, effects};
use super::vfs::Mount;
use chaos_lang::journal::{Claims, Journal};
use chaos_lang::run::{LeftOver, RunError, World, in_force, recover, virtual_time};
use std::sync::{Arc, Mutex};

/// A mounted disk, and what is outside.
struct Stage {
    mount: Mount,
    disk: Arc<Disk>,
    outside: Arc<Mutex<Outside>>,
    /// The disk and the outside whenever a fault had just come into force.
    injected: Arc<Mutex<Vec<(Image, Outside)>>>,
}

impl Stage {
    fn new(image: &Image, outside: Outside) -> Self {
        let (mount, outside) = (Mount::new(), Arc::new(Mutex::new(outside)));
        let injected: Arc<Mutex<Vec<(Image, Outside)>>> = Arc::default();
        let watcher = {
            let (injected, outside) = (Arc::clone(&injected), Arc::clone(&outside));
            move |platters: &Platters, what: &str| {
                if what == "injected" {
                    injected.lock().unwrap().push((platters.after(Loss::Unsynced), outside.lock().unwrap().clone()));
                }
            }
        };
        let disk = Arc::new(Disk::new(image, true, Box::new(watcher)));
        mount.insert(Arc::clone(&disk));
        Self { mount, disk, outside, injected }
    }

    fn world(&self) -> Arc<dyn World> {
        let (outside, disk) = (Arc::clone(&self.outside), Arc::clone(&self.disk));
        Arc::new(Outer { outside, disk, sent: Arc::default() })
    }

    /// Injects three faults one after the other, and takes all back, as a run does: at its end, or when something fails.
    async fn run(&self) -> Result<(), RunError> {
        let journal = Arc::new(Journal::open(self.mount.folder())?);
        journal.begin("r", "x", "local", &Claims::default())?;
        journal.runner_died("r")?;
        let effects = effects(&journal, &self.world());
        let mut failed = None;
        for step in STEPS {
            failed = effects.perform(|id| fault(step, id.0)).await.err();
            if failed.is_some() {
                break;
            }
        }
        for left in effects.open() {
            effects.undo(&left).await.result?;
        }
        failed.map_or(Ok(()), Err)
    }

    async fn recover(&self) -> Result<Vec<LeftOver>, RunError> {
        let journal = Arc::new(Journal::open(self.mount.folder())?);
        let world = self.world();
        for undone in recover(&journal, &effects(&journal, &world)).await? {
            undone.undone.result?;
        }
        Ok(in_force(&journal)?.into_iter().map(|found| found.effect).collect())
    }

    fn left(&self) -> Vec<String> {
        self.outside.lock().unwrap().clone().settled()
    }
}

#[test]
fn a_disk_that_fills_up_leaves_no_fault_behind_and_lets_none_in() {
    let (mut writes, mut refused, mut recovered) = (0, 0, 0);
    loop {
        let stage = Stage::new(&Image::new(), Outside::default());
        stage.disk.fills_after(writes);
        let came = virtual_time(stage.run()).unwrap();
        assert_eq!(stage.left(), [""; 0], "after {writes} writes: {came:?}");
        // Whatever came into force was on the disk for good: even on one that is still full, a recovery takes it back.
        for (image, outside) in stage.injected.lock().unwrap().iter() {
            let later = Stage::new(image, outside.clone());
            later.disk.fills_after(0);
            let _cannot_be_written_down = virtual_time(later.recover()).unwrap();
            assert_eq!(later.left(), [""; 0], "after {writes} writes, recovered on a full disk");
            later.disk.fills_after(usize::MAX);
            let open = virtual_time(later.recover()).unwrap().unwrap();
            assert!(open.is_empty(), "{open:?}");
            recovered += 1;
        }
        match came {
            Ok(()) => break,
            Err(error) => assert_eq!(error.code.name, "E0711", "{error:?}"),
        }
        refused += 1;
        writes += 1;
    }
    println!(
        "{writes} writes; full before each of them: {refused} runs refused or ended, {recovered} recoveries on a full disk"
    );
    assert!(refused > 50 && recovered > 40, "{refused} {recovered}");
}
