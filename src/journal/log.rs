//! SQLite's write-ahead log, looked at before SQLite does: it takes a frame that is not as it was written for the log's end,
//! and what comes after it is lost without a word.
//!
//! A crash leaves at most one transaction that is not whole, since each is synced before the next begins. A second one behind
//! the first frame that is wrong was on the disk for good, so something has changed there since.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// The log's beginning, and what stands before each page in it.
const HEAD: usize = 32;
const FRAME: usize = 24;
/// Beginnings of logs, whose sums are of words in the one order or in the other.
const LITTLE: u32 = 0x377f_0682;
const BIG: u32 = 0x377f_0683;
/// The size of a page where the log does not tell.
const PAGE: usize = 4096;

/// Where a damaged log is kept, before SQLite writes over what it takes for its end.
fn kept(folder: &Path) -> PathBuf {
    folder.join("journal.sqlite-wal.damaged")
}

/// What is wrong with the log in a store's folder, now or since somebody has found it. A damaged one is kept.
pub fn damage(folder: &Path) -> Option<String> {
    let (path, kept) = (folder.join("journal.sqlite-wal"), kept(folder));
    if kept.exists() {
        return Some(format!("`{}` is what is left of its log", kept.display()));
    }
    let look = || std::fs::read(&path).ok().and_then(|log| Some((is_damaged(&log)?, log)));
    let (_, first) = look()?;
    // Somebody may be writing it anew just now; then it begins otherwise a moment later.
    std::thread::sleep(Duration::from_millis(20));
    let (lost, log) = look().filter(|(_, log)| log.get(..HEAD) == first.get(..HEAD))?;
    let _reported_all_the_same = std::fs::write(&kept, log);
    Some(format!("{lost} writes of its log cannot be read"))
}

/// How many transactions come after a place where the log is wrong, if it is more than the one that a crash can leave.
pub fn is_damaged(log: &[u8]) -> Option<usize> {
    let head = log.get(..HEAD)?;
    let page = Some(word(head, 8) as usize).filter(|size| size.is_power_of_two() && (512..=65536).contains(size));
    let big = word(head, 0) == BIG;
    let known = big || word(head, 0) == LITTLE;
    let mut sum = add((0, 0), head.get(..24)?, big);
    let mut salts = (word(head, 16), word(head, 20));
    let mut good = known && sum == (word(head, 24), word(head, 28));
    let frames = log.get(HEAD..)?.chunks_exact(FRAME + page.unwrap_or(PAGE));
    if !good {
        // Most of its frames tell what the head does not.
        salts = frames.clone().map(salts_of).nth(frames.len() / 2)?;
    }
    let mut lost = 0;
    for frame in frames {
        sum = add(add(sum, frame.get(..8)?, big), frame.get(FRAME..)?, big);
        good = good && salts_of(frame) == salts && sum == (word(frame, 16), word(frame, 20));
        lost += usize::from(!good && salts_of(frame) == salts && word(frame, 4) > 0);
    }
    (lost > 1).then_some(lost)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn salts_of(frame: &[u8]) -> (u32, u32) {
    (word(frame, 8), word(frame, 12))
}

/// SQLite's sum: two numbers, over words in pairs.
fn add(sum: (u32, u32), bytes: &[u8], big: bool) -> (u32, u32) {
    let read = if big { u32::from_be_bytes } else { u32::from_le_bytes };
    let (words, _) = bytes.as_chunks::<4>();
    let (mut first, mut second) = sum;
    for pair in words.chunks_exact(2) {
        first = first.wrapping_add(read(pair[0])).wrapping_add(second);
        second = second.wrapping_add(read(pair[1])).wrapping_add(first);
    }
    (first, second)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{FRAME, HEAD, PAGE, damage, is_damaged};
    use crate::journal::Journal;

    #[test]
    fn a_log_is_whole_until_something_in_its_middle_changes() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.begin("r1", "x", "local", &crate::journal::Claims::default()).unwrap();
        for _ in 0..3 {
            journal.intend("r1", |_| "{}".to_owned()).unwrap();
        }
        let log = std::fs::read(folder.path().join("journal.sqlite-wal")).unwrap();
        assert_eq!(is_damaged(&log), None);
        // Cut anywhere, it is one that a crash may have left.
        assert!((0..log.len()).step_by(97).all(|at| is_damaged(&log[..at]).is_none()));
        for at in [3, HEAD - 1, HEAD + 9, HEAD + FRAME + 5, HEAD + FRAME + PAGE + 1] {
            let mut log = log.clone();
            log[at] ^= 4;
            assert!(is_damaged(&log).is_some(), "byte {at}");
        }
        let mut last = log.clone();
        *last.last_mut().unwrap() ^= 4;
        assert_eq!(is_damaged(&last), None, "the last write may not have been whole");
    }

    /// Somebody looks again and again while the log is written, emptied and begun anew.
    #[test]
    fn a_log_that_is_being_written_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.begin("r1", "x", "local", &crate::journal::Claims::default()).unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        let looks = std::thread::scope(|scope| {
            let looking = scope.spawn(|| {
                let mut looks = 0;
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    assert_eq!(damage(folder.path()), None);
                    looks += 1;
                }
                looks
            });
            for at in 0..1500 {
                journal.log("r1", at, &"x".repeat(6000)).unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            looking.join().unwrap()
        });
        println!("{looks} looks");
        assert!(looks > 10);
    }
}
