//! What components keep for their faults, and what they asked of the host.

use super::error::JournalError;
use super::store::{Journal, now};
use rusqlite::{OptionalExtension, Row, params};

/// Something that a component asked of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// The step it was for.
    pub step: String,
    /// The component.
    pub component: String,
    /// What the component was doing: `inject`, `revert`, …
    pub function: String,
    /// Which capability.
    pub capability: String,
    /// What it asked.
    pub what: String,
    /// What came of it: `done`, `refused: …`, `failed: …`.
    pub outcome: String,
}

impl Journal {
    /// Writes down what a component asked of the host.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn record(&self, run: &str, calls: &[HostCall]) -> Result<(), JournalError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        for call in calls {
            transaction.execute(
                "INSERT INTO host_calls (run, step, component, function, at, capability, what, outcome)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                params![run, call.step, call.component, call.function, now(), call.capability, call.what, call.outcome],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// What the components of a run asked of the host, in order.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn host_calls(&self, run: &str) -> Result<Vec<HostCall>, JournalError> {
        let connection = self.connection();
        let text = "SELECT step, component, function, capability, what, outcome FROM host_calls
                    WHERE run = ? ORDER BY rowid";
        let mut query = connection.prepare(text)?;
        let rows = query.query_map([run], host_call)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What a component keeps under a key for a fault.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn remembered(&self, fault: &str, key: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let text = "SELECT value FROM component_memory WHERE fault = ? AND key = ?";
        Ok(self.connection().query_row(text, [fault, key], |row| row.get(0)).optional()?)
    }

    /// Keeps a value; durable when this returns.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn remember(&self, fault: &str, key: &str, value: &[u8]) -> Result<(), JournalError> {
        let text = "INSERT OR REPLACE INTO component_memory (fault, key, value) VALUES (?, ?, ?)";
        self.connection().execute(text, params![fault, key, value])?;
        Ok(())
    }

    /// Forgets one value, or all of a fault.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn forget(&self, fault: &str, key: Option<&str>) -> Result<(), JournalError> {
        let text = "DELETE FROM component_memory WHERE fault = ?1 AND (?2 IS NULL OR key = ?2)";
        self.connection().execute(text, params![fault, key])?;
        Ok(())
    }

    /// The keys of a fault, sorted.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn remembered_keys(&self, fault: &str) -> Result<Vec<String>, JournalError> {
        let connection = self.connection();
        let mut query = connection.prepare("SELECT key FROM component_memory WHERE fault = ? ORDER BY key")?;
        let rows = query.query_map([fault], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn host_call(row: &Row) -> rusqlite::Result<HostCall> {
    Ok(HostCall {
        step: row.get(0)?,
        component: row.get(1)?,
        function: row.get(2)?,
        capability: row.get(3)?,
        what: row.get(4)?,
        outcome: row.get(5)?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{HostCall, Journal};

    #[test]
    fn a_faults_memory_is_its_own_and_outlives_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.remember("r.one", "b", b"1").unwrap();
        journal.remember("r.one", "b", b"2").unwrap();
        journal.remember("r.one", "a", b"3").unwrap();
        journal.remember("r.two", "a", b"4").unwrap();
        drop(journal);
        let journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.remembered("r.one", "b").unwrap().unwrap(), b"2");
        assert_eq!(journal.remembered_keys("r.one").unwrap(), ["a", "b"]);
        journal.forget("r.one", Some("b")).unwrap();
        assert_eq!(journal.remembered("r.one", "b").unwrap(), None);
        journal.forget("r.one", None).unwrap();
        assert!(journal.remembered_keys("r.one").unwrap().is_empty());
        assert_eq!(journal.remembered_keys("r.two").unwrap(), ["a"]);
    }

    #[test]
    fn what_was_asked_of_the_host_is_told_in_order() {
        let journal = Journal::in_memory().unwrap();
        let call = |what: &str| HostCall {
            step: "kill".to_owned(),
            component: "process".to_owned(),
            function: "inject".to_owned(),
            capability: "process".to_owned(),
            what: what.to_owned(),
            outcome: "done".to_owned(),
        };
        journal.record("r1", &[call("list"), call("KILL 7")]).unwrap();
        journal.record("r2", &[call("list")]).unwrap();
        assert_eq!(journal.host_calls("r1").unwrap(), [call("list"), call("KILL 7")]);
    }
}
