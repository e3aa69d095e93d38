//! A disk that knows what was synced: what it holds after a crash depends on how the machine went.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What files hold, by name.
pub type Image = BTreeMap<String, Arc<Vec<u8>>>;

/// How much of what was written and not yet synced is lost in a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: only the process died.
    Nothing,
    /// All of it: the power failed.
    Unsynced,
    /// Every second write: a disk may write in any order.
    EverySecond,
    /// The second half of the last write.
    Torn,
}

impl Loss {
    pub const ALL: [Loss; 4] = [Loss::Nothing, Loss::Unsynced, Loss::EverySecond, Loss::Torn];
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Arc<Vec<u8>>),
    Truncate(usize),
    Delete,
}

impl Change {
    fn make(&self, content: &mut Option<Arc<Vec<u8>>>) {
        match self {
            Change::Delete => *content = None,
            Change::Truncate(length) => Arc::make_mut(content.get_or_insert_default()).truncate(*length),
            Change::Write(at, bytes) => {
                let file = Arc::make_mut(content.get_or_insert_default());
                file.resize(file.len().max(at + bytes.len()), 0);
                file[*at..at + bytes.len()].copy_from_slice(bytes);
            }
        }
    }
}

#[derive(Clone, Debug, Default)]
struct File {
    written: Option<Arc<Vec<u8>>>,
    synced: Option<Arc<Vec<u8>>>,
    /// What happened to it since it was synced.
    pending: Vec<Change>,
}

impl File {
    fn change(&mut self, change: Change) {
        change.make(&mut self.written);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        self.synced = self.written.clone();
        self.pending.clear();
    }

    fn after(&self, loss: Loss) -> Option<Arc<Vec<u8>>> {
        let mut content = self.synced.clone();
        let last = self.pending.len().saturating_sub(1);
        for (number, change) in self.pending.iter().enumerate() {
            match (loss, change) {
                (Loss::Unsynced, _) => {}
                (Loss::EverySecond, _) if number % 2 == 0 => {}
                (Loss::Torn, Change::Write(at, bytes)) if number == last => {
                    Change::Write(*at, Arc::new(bytes[..bytes.len() / 2].to_vec())).make(&mut content);
                }
                _ => change.make(&mut content),
            }
        }
        content
    }
}

/// A disk in the middle of its work.
#[derive(Clone, Debug, Default)]
pub struct Platters(BTreeMap<String, File>);

impl Platters {
    fn of(image: &Image) -> Self {
        let file = |content: &Arc<Vec<u8>>| File {
            written: Some(Arc::clone(content)),
            synced: Some(Arc::clone(content)),
            pending: Vec::new(),
        };
        Self(image.iter().map(|(name, content)| (name.clone(), file(content))).collect())
    }

    /// What it holds when the machine goes now.
    pub fn after(&self, loss: Loss) -> Image {
        let content = |(name, file): (&String, &File)| Some((name.clone(), file.after(loss)?));
        self.0.iter().filter_map(content).collect()
    }
}

/// Told of everything that is about to happen to a disk.
pub type Watcher = dyn Fn(&Platters, &str) + Send + Sync;

/// A disk.
pub struct Disk {
    platters: Mutex<Platters>,
    watcher: Box<Watcher>,
    /// A disk that does not sync only says so.
    syncs: bool,
    /// So many changes more, and it is full.
    room: Mutex<usize>,
}

impl Disk {
    pub fn new(image: &Image, syncs: bool, watcher: Box<Watcher>) -> Self {
        Self { platters: Mutex::new(Platters::of(image)), watcher, syncs, room: Mutex::new(usize::MAX) }
    }

    /// Takes so many more writes, and then is full.
    pub fn fills_after(&self, writes: usize) {
        *self.room.lock().unwrap() = writes;
    }

    /// Tells the watcher that something is about to happen.
    pub fn moment(&self, what: &str) {
        (self.watcher)(&self.platters.lock().unwrap(), what);
    }

    pub fn is_there(&self, name: &str) -> bool {
        self.read(name).is_some()
    }

    pub fn read(&self, name: &str) -> Option<Arc<Vec<u8>>> {
        self.platters.lock().unwrap().0.get(name)?.written.clone()
    }

    fn change(&self, name: &str, change: Change) {
        self.platters.lock().unwrap().0.entry(name.to_owned()).or_default().change(change);
    }

    pub fn create(&self, name: &str) {
        if !self.is_there(name) {
            self.change(name, Change::Truncate(0));
        }
    }

    /// Whether there was room for it.
    pub fn write(&self, name: &str, at: usize, bytes: &[u8]) -> bool {
        let mut room = self.room.lock().unwrap();
        if *room == 0 {
            return false;
        }
        *room -= 1;
        self.moment("write");
        self.change(name, Change::Write(at, Arc::new(bytes.to_vec())));
        true
    }

    pub fn truncate(&self, name: &str, length: usize) {
        self.moment("truncate");
        self.change(name, Change::Truncate(length));
    }

    pub fn delete(&self, name: &str) {
        self.moment("delete");
        self.change(name, Change::Delete);
    }

    /// What is in the file is on the disk for good. Where a file is new, SQLite syncs its folder too, so that no file that was
    /// deleted comes back.
    pub fn sync(&self, name: &str) {
        self.moment("sync");
        let mut platters = self.platters.lock().unwrap();
        let Some(file) = platters.0.get_mut(name).filter(|_| self.syncs) else { return };
        let is_new = file.synced.is_none();
        file.sync();
        if is_new {
            platters.0.values_mut().filter(|file| file.written.is_none()).for_each(File::sync);
        }
    }
}
