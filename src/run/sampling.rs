//! Reading the sources, each in its own rhythm.
//!
//! One read of a source is in flight at a time and has a deadline; what comes too late is left out, never made up for. What
//! failed and what was late is counted, with the cause.

use super::changes;
use super::shared::Shared;
use crate::base::{Instant, unit};
use crate::metrics::Read;
use crate::plan::QUERY_TIMEOUT;
use crate::types::model::SourceRef;
use crate::types::term::MetricId;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A read is given up when it has taken this much longer than a question may.
const GIVEN_UP: Duration = Duration::from_millis(500);
/// The part of an interval by which the first read may begin later, so that many runners do not ask in step. All others keep
/// their distance from it: a window holds as many samples everywhere.
const JITTER: f64 = 0.1;

/// How the reads of one source went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it was read.
    pub reads: u64,
    /// How many of the reads failed, wholly or in part.
    pub failed: u64,
    /// How many were left out, because the one before was still on its way.
    pub late: u64,
    /// Why the last of them failed.
    pub cause: Option<String>,
    /// How long the longest read took.
    pub longest: Duration,
    /// How old the newest good sample of a read was at most, when the read began.
    pub oldest: Duration,
    /// How often series of a metric fell that should only grow.
    pub falls: BTreeMap<MetricId, u64>,
    /// Failures since a read last went well.
    streak: u64,
}

/// The tallies of all sources.
#[derive(Debug, Default)]
pub struct Tallies {
    all: Mutex<BTreeMap<SourceRef, Tally>>,
}

impl Tallies {
    /// The tallies of the sources of which reads failed or were late.
    pub fn troubled(&self) -> Vec<(SourceRef, Tally)> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let troubled = all.iter().filter(|(_, tally)| tally.failed > 0 || tally.late > 0);
        troubled.map(|(source, tally)| (source.clone(), tally.clone())).collect()
    }

    /// The tallies of all sources that were read.
    pub fn all(&self) -> BTreeMap<SourceRef, Tally> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes how long a read took that began at `at`, how old what it gave was, and what fell.
    fn measure(&self, source: &SourceRef, read: &Read, at: Instant, took: Duration) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = all.entry(source.clone()).or_default();
        tally.longest = tally.longest.max(took);
        let good = read.samples.iter().filter(|(_, sample)| sample.value.is_ok()).map(|(_, sample)| sample.at);
        tally.oldest = tally.oldest.max(good.max().map_or(Duration::ZERO, |newest| at.since(newest)));
        for (metric, times) in &read.falls {
            *tally.falls.entry(metric.clone()).or_default() += times;
        }
    }

    /// Counts a read. Gives what is worth telling: that a source began to fail, or answers again.
    fn count(&self, source: &SourceRef, read: &Read, late: u64) -> Option<String> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = all.entry(source.clone()).or_default();
        tally.reads += 1;
        tally.late += late;
        let Some(first) = read.failures.first() else {
            let failed = std::mem::take(&mut tally.streak);
            let reads = if failed == 1 { "read" } else { "reads" };
            let again = format!("the source {source} answers again, after {failed} {reads} that failed");
            return (failed > 0).then_some(again);
        };
        let more = match read.failures.len() {
            1 => String::new(),
            several => format!(" (and {} more)", several - 1),
        };
        tally.failed += 1;
        tally.streak += 1;
        tally.cause = Some(format!("{first}{more}"));
        (tally.streak == 1).then(|| format!("the source {source} could not be read whole: {first}{more}"))
    }
}

/// Reads a source again and again, until it is dropped; from when on depends on the run's name.
pub async fn sample(shared: Arc<Shared>, run: String, source: SourceRef) {
    let every = unit::to_duration(shared.plan.every(&source));
    let mut slot = shared.clock.now() + every.mul_f64(JITTER * part(&run, &source));
    let mut late = 0;
    let moment = format!("read {source}");
    loop {
        shared.clock.sleep_until(slot).await;
        shared.moment(&moment).await;
        read(&shared, &source, late).await;
        (slot, late) = next(slot, shared.clock.now(), every);
    }
}

/// The next slot that has not passed, and how many were left out.
fn next(slot: Instant, now: Instant, every: Duration) -> (Instant, u64) {
    let passed = now.since(slot).as_nanos().checked_div(every.as_nanos()).unwrap_or(0);
    let missed = u32::try_from(passed).unwrap_or(u32::MAX);
    (slot + every.saturating_mul(missed.saturating_add(1)), u64::from(missed))
}

/// A number from 0 up to 1, another one for each run and source; the same when a run is simulated again.
fn part(run: &str, source: &SourceRef) -> f64 {
    let mut hasher = DefaultHasher::new();
    (run, source.to_string()).hash(&mut hasher);
    (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Reads a source once, with its deadline; what it gave goes onto the board, what it did not into the tally.
pub async fn read(shared: &Shared, source: &SourceRef, late: u64) {
    let at = shared.clock.now();
    let deadline = at + unit::to_duration(QUERY_TIMEOUT) + GIVEN_UP;
    let read = tokio::select! {
        biased;
        read = shared.world.read(source, at) => read,
        () = shared.clock.sleep_until(deadline) => given_up(),
    };
    shared.tallies.measure(source, &read, at, shared.clock.now().since(at));
    for remark in &read.remarks {
        shared.events.note(format!("the source {source}: {remark}"));
    }
    if let Some(news) = shared.tallies.count(source, &read, late) {
        shared.events.note(news);
    }
    changes::take(shared, read.changes);
    shared.board.push(read.samples);
}

fn given_up() -> Read {
    let seconds = unit::show_duration(QUERY_TIMEOUT);
    Read { failures: vec![format!("no answer within {seconds}, so the read was given up")], ..Read::default() }
}

#[cfg(test)]
mod tests {
    use super::{Tallies, next};
    use crate::base::Instant;
    use crate::metrics::Read;
    use crate::types::model::SourceRef;
    use std::time::Duration;

    #[test]
    fn slots_that_have_passed_are_left_out_and_counted() {
        let at = |tenths: u64| Instant(tenths * 100_000_000);
        let second = Duration::from_secs(1);
        assert_eq!(next(at(0), at(2), second), (at(10), 0));
        assert_eq!(next(at(0), at(10), second), (at(20), 1));
        assert_eq!(next(at(0), at(34), second), (at(40), 3));
        assert_eq!(next(at(10), at(0), second), (at(20), 0), "a slot that lies ahead");
    }

    #[test]
    fn a_source_that_fails_is_told_of_once_and_again_when_it_answers() {
        let (tallies, source) = (Tallies::default(), SourceRef::Declared("prom".to_owned()));
        let bad = Read { failures: vec!["refused".to_owned(), "refused".to_owned()], ..Read::default() };
        let told = tallies.count(&source, &bad, 0).unwrap_or_default();
        assert!(told.contains("prom") && told.contains("refused (and 1 more)"), "{told}");
        assert_eq!(tallies.count(&source, &bad, 2), None);
        assert!(tallies.count(&source, &Read::default(), 0).is_some_and(|told| told.contains("after 2 reads")));
        assert_eq!(tallies.count(&source, &Read::default(), 0), None);
        let troubled = tallies.troubled();
        let counts: Vec<_> = troubled.iter().map(|(_, tally)| (tally.reads, tally.failed, tally.late)).collect();
        assert_eq!(counts, [(4, 2, 2)]);
    }
}
