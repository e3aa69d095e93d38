//! The limits once more, at each inject, against what is really in force.
//!
//! The proof takes it that a fault is held for its time and is gone within the bound of its revert. Where a target loses a
//! fault early, a revert fails or the machine sleeps, what comes next could overlap otherwise than proven.

use crate::base::{Instant, unit};
use crate::plan::{self, Injection, Plan};
use crate::radius::detection;
use crate::types::term::LimitName;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The faults in force.
#[derive(Default)]
pub struct Ledger(Mutex<Book>);

#[derive(Default)]
struct Book {
    open: Vec<Entry>,
    /// Services that faults were injected into so far.
    faulted: BTreeSet<String>,
    /// Services whose instances a fault hit that was taken back, and when that was.
    over: Vec<(String, Instant)>,
    /// How long faults were in force so far, and up to when that is counted.
    covered: Duration,
    counted: Option<Instant>,
}

struct Entry {
    step: String,
    target: String,
    share: f64,
    /// Whether it hits the instances themselves, not only what is asked of them.
    hits_instances: bool,
    /// When it must be over.
    until: Instant,
}

impl Ledger {
    /// Enters a fault that is about to be injected.
    ///
    /// # Errors
    /// The limit that it would exceed, together with what is in force.
    pub fn admit(&self, plan: &Plan, step: &str, injection: &Injection, now: Instant) -> Result<(), String> {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.count(now);
        let until = now + unit::to_duration(plan::active(injection));
        let hits_instances = injection.resource != "requests";
        let share = if hits_instances { 0.0 } else { injection.touches.hi };
        let entry = Entry { step: step.to_owned(), target: injection.target.clone(), share, hits_instances, until };
        book.fits(plan, &entry, now)?;
        book.faulted.insert(entry.target.clone());
        book.open.push(entry);
        Ok(())
    }

    /// Strikes out a fault that was taken back.
    pub fn release(&self, step: &str, now: Instant) {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.count(now);
        let (ended, open) = std::mem::take(&mut book.open).into_iter().partition(|entry| entry.step == step);
        book.open = open;
        let ended: Vec<Entry> = ended;
        book.over.extend(ended.into_iter().filter(|it| it.hits_instances).map(|it| (it.target, now)));
    }

    /// Whether a fault was ever injected into a service.
    pub fn was_faulted(&self, service: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).faulted.contains(service)
    }

    /// Whether a fault that hits the instances of a service was in force at any time from `since` on.
    pub fn hit_instances(&self, service: &str, since: Instant) -> bool {
        let book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = book.open.iter().any(|entry| entry.hits_instances && entry.target == service);
        open || book.over.iter().any(|(target, ended)| target == service && *ended >= since)
    }
}

impl Book {
    fn count(&mut self, now: Instant) {
        let since = self.counted.replace(now).filter(|_| !self.open.is_empty());
        self.covered += since.map_or(Duration::ZERO, |since| now.since(since));
    }

    fn fits(&self, plan: &Plan, entry: &Entry, now: Instant) -> Result<(), String> {
        let open: Vec<&str> = self.open.iter().map(|entry| entry.step.as_str()).collect();
        let last = self.open.iter().map(|entry| entry.until).max().unwrap_or(now).max(entry.until);
        let same = self.open.iter().filter(|other| other.target == entry.target);
        let exposure = (self.covered + last.since(now)).as_secs_f64() + detection(plan);
        let values = [
            (LimitName::Concurrent, (self.open.len() + 1) as f64),
            (LimitName::Traffic, (same.map(|other| other.share).sum::<f64>() + entry.share).min(1.0)),
            (LimitName::Exposure, exposure),
        ];
        for (limit, value) in values {
            let bound = plan.limits.bound(limit).map_or(f64::INFINITY, |bound| bound.value);
            if value > bound + 1e-6 {
                let with = if open.is_empty() { String::new() } else { format!(" with {} in force", open.join(", ")) };
                return Err(format!("the limit `{}` would be exceeded{with}", limit.word()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Book, Entry, Ledger};
    use crate::base::Instant;
    use std::sync::Mutex;
    use std::time::Duration;

    #[test]
    fn a_fault_on_instances_excuses_their_restart_for_as_long_as_it_is_in_force() {
        let at = |seconds: u64| Instant(seconds * 1_000_000_000);
        let entry = |target: &str, hits_instances| Entry {
            step: target.to_owned(),
            target: target.to_owned(),
            share: 0.0,
            hits_instances,
            until: at(60),
        };
        let open = vec![entry("killed", true), entry("asked", false)];
        let ledger = Ledger(Mutex::new(Book { open, ..Book::default() }));
        let hit = |service: &str, since: u64| ledger.hit_instances(service, at(since));
        assert!(hit("killed", 5) && !hit("asked", 5) && !hit("another", 5));
        ledger.release("killed", at(10));
        ledger.release("asked", at(10));
        assert!(hit("killed", 10) && !hit("killed", 11) && !hit("asked", 5));
    }

    #[test]
    fn time_counts_while_something_is_in_force() {
        let at = |seconds: u64| Instant(seconds * 1_000_000_000);
        let entry =
            || Entry { step: String::new(), target: String::new(), share: 1.0, hits_instances: false, until: at(0) };
        let mut book = Book::default();
        book.count(at(10));
        book.open.push(entry());
        book.count(at(15));
        book.open.push(entry());
        book.count(at(20));
        book.open.clear();
        book.count(at(90));
        assert_eq!(book.covered, Duration::from_secs(10));
    }
}
