//! The runs that a store knows.

use super::error::JournalError;
use super::store::{Journal, RUN, RunRecord, run};

impl Journal {
    /// All runs, the latest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRecord>, JournalError> {
        let connection = self.connection();
        let mut query = connection.prepare(&format!("{RUN} ORDER BY started_at DESC, runs.rowid DESC"))?;
        let rows = query.query_map([], run)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Journal;
    use crate::journal::Claims;

    #[test]
    fn runs_come_the_latest_first() {
        let journal = Journal::in_memory().unwrap();
        for name in ["r1", "r2", "r3"] {
            journal.begin(name, "x", "local", &Claims::default()).unwrap();
        }
        journal.end("r2", "confirmed", "").unwrap();
        let runs = journal.runs().unwrap();
        let told: Vec<(&str, Option<&str>)> =
            runs.iter().map(|run| (run.id.as_str(), run.verdict.as_deref())).collect();
        assert_eq!(told, [("r3", None), ("r2", Some("confirmed")), ("r1", None)]);
    }
}
