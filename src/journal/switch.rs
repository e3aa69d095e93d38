//! The kill switch: runs that were asked to stop, and whether any run may begin.

use super::error::JournalError;
use super::store::{Journal, RunRecord};
use rusqlite::{OptionalExtension, params};
use std::path::PathBuf;

/// The file in the store's folder that holds all runs; whoever can write the folder can make it, with the reason in it.
pub const HALT: &str = "halt";

impl Journal {
    /// Asks a run to stop; its runner looks for that again and again.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn ask_to_stop(&self, run: &str, why: &str) -> Result<(), JournalError> {
        self.connection().execute("INSERT OR REPLACE INTO stops (run, why) VALUES (?, ?)", params![run, why])?;
        Ok(())
    }

    /// Why a run is to stop, if it is: it was asked to, or all runs are held.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn asked_to_stop(&self, run: &str) -> Result<Option<String>, JournalError> {
        if let Some(why) = self.held() {
            return Ok(Some(why));
        }
        let why = self.connection().query_row("SELECT why FROM stops WHERE run = ?", [run], |row| row.get(0));
        Ok(why.optional()?)
    }

    /// The runs at work, the earliest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn at_work(&self) -> Result<Vec<RunRecord>, JournalError> {
        Ok(self.unended()?.into_iter().filter(RunRecord::is_alive).collect())
    }

    /// The file that holds all runs while it is there.
    pub fn halt_file(&self) -> PathBuf {
        self.folder().join(HALT)
    }

    /// Why no run may begin or go on, if none may.
    pub fn held(&self) -> Option<String> {
        // A store in memory has no folder, and so nobody can hold its runs.
        let path = Some(self.halt_file()).filter(|path| path.parent().is_some_and(|folder| folder.is_dir()))?;
        let there = || format!("`{}` is there", path.display());
        match std::fs::metadata(&path) {
            Ok(file) if !file.is_file() => return Some(there()),
            _ => {}
        }
        match std::fs::read(&path) {
            Ok(text) => {
                let line: String = String::from_utf8_lossy(&text).split_whitespace().collect::<Vec<_>>().join(" ");
                let reason: String = line.chars().take(200).collect();
                Some(if reason.is_empty() { there() } else { reason })
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                Some(format!("{}, and cannot be read: {error}", there()))
            }
            // It is not there, or nobody can look now: it is looked for again soon.
            Err(_) => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Journal;
    use crate::journal::Claims;

    #[test]
    fn a_run_is_stopped_alone_and_all_are_held() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        for run in ["r1", "r2"] {
            journal.begin(run, "x", "local", &Claims::default()).unwrap();
        }
        let work = || journal.at_work().unwrap().into_iter().map(|run| run.id).collect::<Vec<_>>();
        assert_eq!(work(), ["r1", "r2"]);
        journal.ask_to_stop("r1", "enough").unwrap();
        assert_eq!(journal.asked_to_stop("r1").unwrap().as_deref(), Some("enough"));
        assert_eq!(journal.asked_to_stop("r2").unwrap(), None);
        std::fs::write(journal.halt_file(), "an incident\n").unwrap();
        assert_eq!(journal.asked_to_stop("r2").unwrap().as_deref(), Some("an incident"));
        std::fs::write(journal.halt_file(), "").unwrap();
        assert!(journal.held().unwrap().ends_with("is there"));
        std::fs::remove_file(journal.halt_file()).unwrap();
        assert_eq!(journal.held(), None);
        journal.end("r1", "aborted", "").unwrap();
        assert_eq!(work(), ["r2"]);
    }

    #[test]
    fn nobody_holds_a_store_in_memory() {
        let journal = Journal::in_memory().unwrap();
        assert_eq!((journal.held(), journal.asked_to_stop("r").unwrap()), (None, None));
    }
}
