//! Reading a recording back.

use super::key::digits;
use super::line::{Call, Head, Line, Outcome, VERSION};
use super::recorder::file;
use crate::base::Instant;
use crate::run::Stop;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

/// A recording as it was written.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What was run.
    pub head: Head,
    /// What the outside was asked and answered, each with the number of its line.
    pub calls: Vec<(usize, Call)>,
    /// The moments that decided what was judged, each with the number of its line and its name.
    pub moments: Vec<(usize, String, Instant)>,
    /// Processes that ended by themselves.
    pub died: Vec<(String, Instant)>,
    /// When somebody stopped the run, and why.
    pub stopped: Option<(Stop, Instant)>,
    /// How it ended; none where the runner was killed or the rest could not be written.
    pub outcome: Option<Outcome>,
    /// Up to when it reaches.
    pub end: Instant,
}

/// Why there is nothing to replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// There is no recording.
    Missing,
    /// It cannot be read.
    Unreadable(String),
    /// A version of the form that this program does not read.
    OtherVersion(u64),
    /// A line is not what it should be: its number, and why.
    Line(usize, String),
    /// It was changed after it was written.
    Changed,
}

impl Stored {
    /// The recording of a run.
    ///
    /// # Errors
    /// There is none, or it is not what was written.
    pub fn read(store: &Path, run: &str) -> Result<Self, Damage> {
        let mut lines = Lines::open(&file(store, run))?;
        let mut stored = Self::of(head(&mut lines)?);
        while stored.outcome.is_none() {
            let sum = lines.sum.clone();
            let Some(line) = lines.next()? else { return Ok(stored) };
            stored.take(lines.number, lines.parsed(&line)?, &sum)?;
        }
        match lines.next()? {
            None if lines.cut => Err(Damage::Changed),
            None => Ok(stored),
            Some(_) => Err(Damage::Changed),
        }
    }

    fn of(head: Head) -> Self {
        let (calls, moments, died) = (Vec::new(), Vec::new(), Vec::new());
        Self { head, calls, moments, died, stopped: None, outcome: None, end: Instant::default() }
    }

    fn take(&mut self, number: usize, line: Line, sum: &Sha256) -> Result<(), Damage> {
        let at = match &line {
            Line::Head(_) => return Err(Damage::Changed),
            Line::Moment(_, at) | Line::Died(_, at) | Line::Stopped(_, at) => *at,
            Line::Call(call) => call.at,
            Line::End(seal) => seal.at,
        };
        self.end = self.end.max(at);
        match line {
            Line::Head(_) => {}
            Line::Moment(what, at) => self.moments.push((number, what, at)),
            Line::Died(what, at) => self.died.push((what, at)),
            Line::Stopped(stop, at) => self.stopped = Some((stop, at)),
            Line::Call(call) => self.calls.push((number, call)),
            Line::End(seal) if seal.sum == digits(&sum.clone().finalize()) => self.outcome = Some(seal.outcome),
            Line::End(_) => return Err(Damage::Changed),
        }
        Ok(())
    }
}

/// The first line. What a later version wrote may have other fields; its version stands where it always did.
fn head(lines: &mut Lines) -> Result<Head, Damage> {
    #[derive(Deserialize)]
    struct First {
        head: Versioned,
    }
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    let line = lines.next()?.ok_or_else(|| Damage::Line(1, "it is empty".to_owned()))?;
    let first: First = lines.parsed(&line)?;
    if first.head.version != u64::from(VERSION) {
        return Err(Damage::OtherVersion(first.head.version));
    }
    match lines.parsed(&line)? {
        Line::Head(head) => Ok(*head),
        _ => Err(Damage::Line(1, "it says nothing of what was run".to_owned())),
    }
}

/// The whole lines of a file, with the sum of all that was read.
struct Lines {
    file: BufReader<File>,
    number: usize,
    sum: Sha256,
    /// Whether the last line has no end: it was being written.
    cut: bool,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, Damage> {
        let file = File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Damage::Missing,
            _ => Damage::Unreadable(error.to_string()),
        })?;
        Ok(Self { file: BufReader::new(file), number: 0, sum: Sha256::new(), cut: false })
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>, Damage> {
        let mut line = Vec::new();
        self.file.read_until(b'\n', &mut line).map_err(|error| Damage::Unreadable(error.to_string()))?;
        self.cut = !line.is_empty() && line.last() != Some(&b'\n');
        if line.is_empty() || self.cut {
            return Ok(None);
        }
        self.number += 1;
        self.sum.update(&line);
        Ok(Some(line))
    }

    fn parsed<T: for<'de> Deserialize<'de>>(&self, line: &[u8]) -> Result<T, Damage> {
        serde_json::from_slice(line).map_err(|error| Damage::Line(self.number, error.to_string()))
    }
}

/// How much of a recording there is, as far as its two ends tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// From the beginning to the outcome.
    Whole,
    /// Its end is missing.
    InPart,
    /// None.
    Missing,
    /// It is not what was written, or of another version.
    Damaged,
}

/// Looks at both ends of the recording of a run.
pub fn state(store: &Path, run: &str) -> State {
    let path = file(store, run);
    match Lines::open(&path).and_then(|mut lines| head(&mut lines)) {
        Err(Damage::Missing) => State::Missing,
        Err(_) => State::Damaged,
        Ok(_) if ends_with_outcome(&path).unwrap_or(false) => State::Whole,
        Ok(_) => State::InPart,
    }
}

/// Whether the last line is an outcome. One that is longer than the part that is read is none.
fn ends_with_outcome(path: &Path) -> std::io::Result<bool> {
    const PART: u64 = 1 << 20;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(PART)))?;
    let mut tail = Vec::new();
    file.take(PART).read_to_end(&mut tail)?;
    let Some(tail) = tail.strip_suffix(b"\n") else { return Ok(false) };
    let last = tail.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(last.starts_with(b"{\"end\":"))
}
