//! Instances that became other processes, of another version, or gave way to others, though no fault did that: then nobody
//! knows of what system the run tells.

use super::shared::Shared;
use super::verdict::Verdict;
use crate::base::Instant;
use crate::metrics::Change;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Changes that are told one by one, at most.
const MOST: usize = 10;

/// What is known of changes.
#[derive(Debug, Default)]
pub struct Changes(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    /// When the baseline began: what happens before is no part of the run.
    from: Option<Instant>,
    /// The services of which the run itself restarted a process, and when it had ended.
    restarted: Vec<(String, Instant)>,
    /// Instances with the series that showed their change.
    told: BTreeSet<(String, String)>,
}

impl Changes {
    /// From now on the system must stay as it is.
    pub fn watch_from(&self, at: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).from.get_or_insert(at);
    }

    /// Notes that the run restarts a process, and says so itself.
    pub fn restarted(&self, service: &str, at: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).restarted.push((service.to_owned(), at));
    }

    /// The line that a change is worth; nothing for one that is told already, that lies before the baseline, or that the run
    /// itself made.
    fn news(&self, change: &Change) -> Option<String> {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = |(service, at): &(String, Instant)| *at >= change.since && change.services.contains(service);
        if book.from.is_none_or(|from| change.since < from) || book.restarted.iter().any(ours) {
            return None;
        }
        if book.told.len() > MOST || !book.told.insert((change.instance.clone(), change.series.clone())) {
            return None;
        }
        Some(match book.told.len() {
            told if told > MOST => "the system changed in more places than are told here".to_owned(),
            _ => format!("the system changed, though no fault did that: {}", change.text),
        })
    }
}

/// Takes in what a read has shown. A fault that hits instances of a service may restart them.
pub fn take(shared: &Shared, changes: Vec<Change>) {
    for change in changes {
        let hit = |service: &String| shared.ledger.hit_instances(service, change.since);
        if change.services.iter().any(hit) {
            shared.events.note(format!("a fault was in force when this changed: {}", change.text));
        } else if let Some(news) = shared.changes.news(&change) {
            shared.events.note(news.clone());
            shared.because(Verdict::Inconclusive, news);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Changes, MOST};
    use crate::base::Instant;
    use crate::metrics::Change;
    use std::collections::BTreeSet;

    fn change(instance: &str, since: u64) -> Change {
        Change {
            instance: instance.to_owned(),
            series: "process_start_time_seconds".to_owned(),
            services: BTreeSet::from(["a".to_owned()]),
            since: Instant(since),
            text: format!("{instance} was started at 1, and is now one that was started at 2"),
        }
    }

    #[test]
    fn only_what_was_seen_unchanged_in_the_baseline_counts() {
        let changes = Changes::default();
        assert_eq!(changes.news(&change("x", 5)), None, "no baseline has begun");
        changes.watch_from(Instant(10));
        assert_eq!(changes.news(&change("x", 9)), None, "it was last seen before");
        assert!(changes.news(&change("x", 10)).unwrap().ends_with("started at 2"));
        assert_eq!(changes.news(&change("x", 20)), None, "that it changes is told once");
        assert!(changes.news(&change("y", 20)).is_some());
    }

    #[test]
    fn what_the_run_restarted_is_told_by_who_restarted_it() {
        let changes = Changes::default();
        changes.watch_from(Instant(0));
        changes.restarted("a", Instant(10));
        changes.restarted("b", Instant(90));
        assert_eq!(changes.news(&change("x", 5)), None);
        assert!(changes.news(&change("x", 11)).is_some(), "it was seen restarted, and changed again");
    }

    #[test]
    fn a_fleet_that_changes_fills_no_report() {
        let changes = Changes::default();
        changes.watch_from(Instant(0));
        let told: Vec<String> = (0..100).filter_map(|at| changes.news(&change(&format!("{at}"), 1))).collect();
        assert_eq!(told.len(), MOST + 1);
        assert!(told.last().unwrap().contains("more places"));
    }
}
