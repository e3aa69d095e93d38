//! What happened, in cells of time: one from each moment up to which time was let pass to the next.

use super::line::nanos;
use crate::base::Instant;
use crate::monitor::quantile::Buckets;
use crate::types::term::Cohort;
use std::collections::VecDeque;

/// Upper bounds of a latency's buckets, in milliseconds, up to ten; the same ten times larger follow, to 50 s.
const DECADE: [f64; 10] = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];

/// Buckets with a bound.
const BOUNDS: usize = 48;

/// Cells kept, at most; then the older half of them is joined two by two.
const CELLS: usize = 4_096;

/// What happened to a service in one stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Requests that came: those that no fault's share selected, and those that one did.
    came: [f64; 2],
    /// Requests that ended.
    parts: [Part; 2],
    /// Calls that the service made again.
    pub retried: f64,
    /// At the end: requests that wait for a worker.
    pub waiting: f64,
    /// At the end: workers that are not free.
    pub busy: f64,
    /// At the end: breakers that let nothing through.
    pub open: f64,
}

/// Requests that ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Answered well.
    pub good: f64,
    /// All.
    pub all: f64,
    /// Seconds that they took.
    pub sum: f64,
    /// How many, by bucket; the last is without a bound.
    buckets: Vec<f64>,
}

impl Part {
    fn put(&mut self, nanoseconds: u64, ok: bool) {
        let bucket = bounds().partition_point(|bound| *bound < nanoseconds);
        self.buckets.resize(BOUNDS + 1, 0.0);
        self.buckets[bucket] += 1.0;
        self.all += 1.0;
        self.good += f64::from(u8::from(ok));
        self.sum += nanoseconds as f64 / 1e9;
    }

    fn add(&mut self, other: &Part, weight: f64) {
        self.good += other.good * weight;
        self.all += other.all * weight;
        self.sum += other.sum * weight;
        if !other.buckets.is_empty() {
            self.buckets.resize(BOUNDS + 1, 0.0);
        }
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(own, more)| *own += more * weight);
    }

    /// As a histogram has them.
    pub fn cumulative(&self) -> Buckets {
        let (mut buckets, mut count) = (Buckets::default(), 0.0);
        for at in 0..=BOUNDS {
            count += self.buckets.get(at).copied().unwrap_or(0.0);
            let bound = bounds().get(at).map_or(f64::INFINITY, |bound| *bound as f64 / 1e9);
            buckets.put(bound, count);
        }
        buckets
    }
}

/// The bounds in nanoseconds.
fn bounds() -> &'static [u64; BOUNDS] {
    static ALL: std::sync::OnceLock<[u64; BOUNDS]> = std::sync::OnceLock::new();
    ALL.get_or_init(|| {
        std::array::from_fn(|at| {
            let decades = (0..at / DECADE.len()).fold(1.0, |scale, _| scale * 10.0);
            nanos(DECADE[at % DECADE.len()] * decades / 1e3)
        })
    })
}

impl Tally {
    /// Requests that ended, of all traffic or a part of it.
    pub fn part(&self, cohort: Option<Cohort>) -> Part {
        match cohort {
            Some(Cohort::Others) => self.parts[0].clone(),
            Some(Cohort::Affected) => self.parts[1].clone(),
            None => {
                let mut both = self.parts[0].clone();
                both.add(&self.parts[1], 1.0);
                both
            }
        }
    }

    /// Requests that came, of all traffic or a part of it.
    pub fn came(&self, cohort: Option<Cohort>) -> f64 {
        match cohort {
            Some(Cohort::Others) => self.came[0],
            Some(Cohort::Affected) => self.came[1],
            None => self.came[0] + self.came[1],
        }
    }

    /// A later stretch behind this one, of which a share counts. What is true at the end is the later one's.
    fn add(&mut self, later: &Tally, weight: f64) {
        for at in 0..2 {
            self.came[at] += later.came[at] * weight;
            self.parts[at].add(&later.parts[at], weight);
        }
        self.retried += later.retried * weight;
        (self.waiting, self.busy, self.open) = (later.waiting, later.busy, later.open);
    }
}

/// What happened to all services, cell by cell.
#[derive(Clone, Debug)]
pub struct History {
    cells: VecDeque<Cell>,
    open: Vec<Tally>,
    since: Instant,
}

#[derive(Clone, Debug)]
struct Cell {
    from: Instant,
    at: Instant,
    tallies: Vec<Tally>,
}

impl History {
    pub fn new(services: usize) -> Self {
        Self { cells: VecDeque::new(), open: vec![Tally::default(); services], since: Instant::default() }
    }

    pub fn came(&mut self, service: usize, affected: bool) {
        self.open[service].came[usize::from(affected)] += 1.0;
    }

    pub fn retried(&mut self, service: usize) {
        self.open[service].retried += 1.0;
    }

    pub fn ended(&mut self, service: usize, affected: bool, nanoseconds: u64, ok: bool) {
        self.open[service].parts[usize::from(affected)].put(nanoseconds, ok);
    }

    /// Ends a cell at `at`, with the waiting, busy and open of each service.
    pub fn close(&mut self, at: Instant, ends: impl Iterator<Item = (f64, f64, f64)>) {
        let fresh = vec![Tally::default(); self.open.len()];
        let mut tallies = std::mem::replace(&mut self.open, fresh);
        for (tally, end) in tallies.iter_mut().zip(ends) {
            (tally.waiting, tally.busy, tally.open) = end;
        }
        self.cells.push_back(Cell { from: self.since, at, tallies });
        self.since = at;
        if self.cells.len() > CELLS {
            self.join();
        }
    }

    fn join(&mut self) {
        let recent = self.cells.split_off(CELLS / 2);
        let mut old = std::mem::take(&mut self.cells).into_iter();
        while let Some(mut first) = old.next() {
            if let Some(second) = old.next() {
                first.at = second.at;
                first.tallies.iter_mut().zip(&second.tallies).for_each(|(own, more)| own.add(more, 1.0));
            }
            self.cells.push_back(first);
        }
        self.cells.extend(recent);
    }

    /// What happened to a service in `(from, at]`; nothing where that time has not passed, or is too long ago.
    pub fn tally(&self, service: usize, from: Instant, at: Instant) -> Option<Tally> {
        let first = self.cells.partition_point(|cell| cell.at <= from);
        let mut found: Option<Tally> = None;
        // A moment has no length, but an end: that of the cell it ends.
        if from >= at {
            let last = self.cells.partition_point(|cell| cell.at < at);
            let cell = self.cells.get(last)?;
            let mut tally = Tally::default();
            tally.add(cell.tallies.get(service)?, 0.0);
            return Some(tally);
        }
        for cell in self.cells.range(first..).take_while(|cell| cell.from < at) {
            let (start, end) = (cell.from.max(from), cell.at.min(at));
            let whole = cell.at.since(cell.from).as_secs_f64();
            let weight = if whole > 0.0 { end.since(start).as_secs_f64() / whole } else { 1.0 };
            found.get_or_insert_with(Tally::default).add(cell.tallies.get(service)?, weight);
        }
        found
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn after(seconds: u64) -> Instant {
        Instant::default() + Duration::from_secs(seconds)
    }

    #[test]
    fn bounds_grow_to_fifty_seconds() {
        assert!(bounds().windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((bounds()[0], bounds()[BOUNDS - 1]), (1_000_000, 50_000_000_000));
    }

    #[test]
    fn old_cells_are_joined_and_nothing_is_lost() {
        let mut history = History::new(1);
        for second in 1..=10_000 {
            history.came(0, false);
            history.ended(0, false, 2_000_000, true);
            history.close(after(second), std::iter::once((0.0, 0.0, 0.0)));
        }
        let all = history.tally(0, after(0), after(10_000)).unwrap();
        assert!((all.came(None) - 10_000.0).abs() < 1e-6);
        let recent = history.tally(0, after(9_990), after(10_000)).unwrap();
        assert!((recent.part(None).all - 10.0).abs() < 1e-9);
        assert!(history.tally(0, after(10_000), after(10_001)).is_none());
        assert!(history.cells.len() <= CELLS);
    }
}
