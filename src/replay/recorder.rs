//! Writing a recording. A thread of its own does it: nothing in a run waits for the disk, and nothing that the disk does
//! changes a run.

use super::key::digits;
use super::line::{Head, Line, Outcome, Seal};
use crate::base::Instant;
use sha2::{Digest, Sha256};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

/// A recording has at most this many bytes.
const LARGEST: u64 = 256 << 20;
/// Lines that may wait for the disk.
const WAITING: usize = 10_000;

/// Where the recording of a run lies in its store.
pub fn file(store: &Path, run: &str) -> PathBuf {
    store.join("runs").join(run).join("recording.jsonl")
}

enum Message {
    Line(String),
    End(Box<Outcome>, Instant),
}

/// Why a recording is not whole; nothing while it is.
type Trouble = Arc<OnceLock<String>>;

/// Takes in the lines of one recording.
pub struct Recorder {
    sender: Mutex<Option<SyncSender<Message>>>,
    writing: Mutex<Option<JoinHandle<()>>>,
    trouble: Trouble,
}

impl Recorder {
    /// Begins a recording in a store, for its owner only.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn begin(store: &Path, head: Head) -> Result<Self, String> {
        let path = file(store, &head.run);
        let folder = path.parent().unwrap_or(store);
        let failed = |error: std::io::Error| format!("`{}`: {error}", path.display());
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        let recorder = Self::into(file);
        recorder.write(&Line::Head(Box::new(head)));
        Ok(recorder)
    }

    fn into(file: File) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let trouble = Trouble::default();
        let told = Arc::clone(&trouble);
        let writing = std::thread::spawn(move || {
            if let Err(why) = write(file, &receiver) {
                let _first_counts = told.set(why);
            }
        });
        Self { sender: Mutex::new(Some(sender)), writing: Mutex::new(Some(writing)), trouble }
    }

    /// Adds a line. One that cannot be kept is the last: what comes after a gap would not be what was.
    pub fn write(&self, line: &Line) {
        if self.trouble.get().is_some() {
            return;
        }
        let text = serde_json::to_string(line).unwrap_or_default();
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = sender.as_ref().map(|sender| sender.try_send(Message::Line(text)));
        if let Some(Err(TrySendError::Full(_))) = sent {
            let _first_counts = self.trouble.set("the disk is too slow".to_owned());
        }
    }

    /// Ends it with the outcome of the run, and waits until it is written. Gives why it is not whole.
    pub fn end(&self, outcome: Outcome, at: Instant) -> Option<String> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender.filter(|_| self.trouble.get().is_none()) {
            let _told_by_the_writer = sender.send(Message::End(Box::new(outcome), at));
        }
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_panic)) = writing.map(JoinHandle::join) {
            let _first_counts = self.trouble.set("what writes it failed".to_owned());
        }
        self.trouble.get().cloned()
    }
}

fn write(file: File, lines: &Receiver<Message>) -> Result<(), String> {
    let mut text = Text { file: BufWriter::new(file), sum: Sha256::new(), length: 0 };
    loop {
        let message = match lines.try_recv() {
            Err(TryRecvError::Empty) => {
                // Whatever becomes of the runner, what was seen so far can be read.
                text.file.flush().map_err(|error| error.to_string())?;
                lines.recv().ok()
            }
            other => other.ok(),
        };
        match message {
            Some(Message::Line(line)) => text.add(&line)?,
            Some(Message::End(outcome, at)) => {
                let seal = Seal { outcome: *outcome, at, sum: digits(&text.sum.clone().finalize()) };
                text.add(&serde_json::to_string(&Line::End(Box::new(seal))).unwrap_or_default())?;
            }
            None => return text.file.flush().map_err(|error| error.to_string()),
        }
    }
}

struct Text {
    file: BufWriter<File>,
    sum: Sha256,
    length: u64,
}

impl Text {
    fn add(&mut self, line: &str) -> Result<(), String> {
        self.length += line.len() as u64 + 1;
        if self.length > LARGEST {
            return Err(format!("it would be larger than {} MiB", LARGEST >> 20));
        }
        for part in [line.as_bytes(), b"\n"] {
            self.sum.update(part);
            self.file.write_all(part).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Recorder, WAITING};
    use crate::base::Instant;
    use crate::replay::line::{Line, Outcome};
    use crate::run::Verdict;
    use std::fs::OpenOptions;

    #[test]
    fn a_full_disk_ends_the_recording_and_nothing_else() {
        let recorder = Recorder::into(OpenOptions::new().write(true).open("/dev/full").unwrap());
        // More than a buffer holds, and less than may wait for the disk.
        for at in 0..WAITING as u64 / 2 {
            recorder.write(&Line::Moment("watch".to_owned(), Instant(at)));
        }
        let outcome =
            Outcome { verdict: Verdict::Confirmed, reasons: Vec::new(), judged: Vec::new(), faults: Vec::new() };
        let why = recorder.end(outcome, Instant(0)).unwrap();
        assert!(why.contains("No space left"), "{why}");
    }
}
