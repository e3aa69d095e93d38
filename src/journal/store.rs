//! The store itself.

use super::claims::Claims;
use super::connect::{connect, ran};
use super::error::JournalError;
use super::filesystem::FileSystem;
use super::folder;
use super::identity::ProcessIdentity;
use super::place::{Place, Sight};
use super::schema;
use super::seal::{seal, unseal};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The database's file in the store's folder.
pub const DATABASE: &str = "journal.sqlite";

/// An effect's number; it only grows, so it is the fencing token too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EffectId(pub i64);

/// What became of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectState {
    /// Written down, perhaps applied.
    Intended,
    /// Applied.
    Applied,
    /// Taken back, or ended by itself.
    Reverted,
    /// Left in place on purpose.
    Kept,
}

impl EffectState {
    const ALL: [(EffectState, &'static str); 4] = [
        (EffectState::Intended, "intended"),
        (EffectState::Applied, "applied"),
        (EffectState::Reverted, "reverted"),
        (EffectState::Kept, "kept"),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    pub(super) fn named(word: &str) -> Self {
        // A word from a later version is taken as open: better reverted twice than never.
        Self::ALL.iter().find(|(_, known)| *known == word).map_or(EffectState::Applied, |(state, _)| *state)
    }
}

/// An effect as it stands in the store.
#[derive(Clone, Debug)]
pub struct EffectRecord {
    /// Its number.
    pub id: EffectId,
    /// The run that intended it.
    pub run: String,
    /// All that is needed to take it back, as JSON; nothing where it is not as it was written.
    pub intent: Option<String>,
    /// What became of it.
    pub state: EffectState,
    /// The last thing noted about it.
    pub note: String,
}

/// A run as it stands in the store.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// Its name.
    pub id: String,
    /// The experiment.
    pub experiment: String,
    /// The environment.
    pub environment: String,
    /// When it began, in seconds since 1970.
    pub started_at: i64,
    /// Who runs it.
    pub runner: ProcessIdentity,
    /// How it ended.
    pub verdict: Option<String>,
    /// Where its runner's number counts.
    pub place: Place,
    /// When its runner last said that it lives, in seconds since 1970.
    pub beat: i64,
}

impl RunRecord {
    /// Whether it ran in another container of this machine.
    pub fn is_beside(&self) -> bool {
        self.place.seen_from_here() == Sight::Beside
    }

    /// Whether its runner still works on it.
    pub fn is_alive(&self) -> bool {
        let lives = match self.place.seen_from_here() {
            Sight::Here => self.runner.is_alive(),
            Sight::Beside => (now() - self.beat).abs() <= SILENCE,
            Sight::Gone => false,
        };
        self.verdict.is_none() && lives
    }
}

/// A runner in another container is taken for dead when it has said nothing for so many seconds.
const SILENCE: i64 = 15;
/// What is read of a run.
pub(super) const RUN: &str = "SELECT id, experiment, environment, started_at, pid, pid_started, verdict,
                   coalesce(place, ''), coalesce(beat, 0), claims FROM runs LEFT JOIN runners ON runners.run = runs.id";

/// An open store.
#[derive(Debug)]
pub struct Journal {
    connection: Mutex<Connection>,
    folder: PathBuf,
    /// What is wrong with it, as it was found.
    pub(super) damage: Option<String>,
}

impl Journal {
    /// Opens the store in a folder, which is made where it is missing, for its owner only.
    ///
    /// # Errors
    /// The folder lies on another machine, or cannot be made or written; the database is damaged or newer than this program.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let refuse = |error: String| JournalError::Folder(folder.to_path_buf(), error);
        if let FileSystem::Remote(kind) = FileSystem::of(folder) {
            return Err(JournalError::Remote(folder.to_path_buf(), kind));
        }
        folder::ready(folder, DATABASE).map_err(refuse)?;
        let (connection, damage) = connect(folder)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version > schema::VERSION {
            return Err(refuse(format!("it was written by a newer version of chaos (format {version})")));
        }
        if version == 0 && ran(folder) {
            let path = folder.join(DATABASE);
            return Err(JournalError::Damaged(format!("`{}` holds nothing, and there were runs", path.display())));
        }
        // A store that is as it must be is not written: on a full disk, too, what is in it can be taken back.
        if version < schema::VERSION {
            connection.execute_batch(schema::TABLES)?;
            connection.pragma_update(None, "user_version", schema::VERSION)?;
            // From here on a lost log is no empty store.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        Ok(Self { connection: Mutex::new(connection), folder: folder.to_path_buf(), damage })
    }

    /// A store of its own, which is gone with the process: for what runs in virtual time.
    ///
    /// # Errors
    /// The database cannot be made.
    pub fn in_memory() -> Result<Self, JournalError> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(schema::TABLES)?;
        Ok(Self { connection: Mutex::new(connection), folder: PathBuf::new(), damage: None })
    }

    /// The folder it lies in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down that a run begins, by this process, and what it claims.
    ///
    /// All or nothing, in one transaction: of two runs that begin at once and are too much together, one is refused.
    ///
    /// # Errors
    /// The store cannot be written; what runs at work claim leaves no room for these claims.
    pub fn begin(&self, run: &str, experiment: &str, environment: &str, claims: &Claims) -> Result<(), JournalError> {
        let me = ProcessIdentity::current();
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let at_work: Vec<_> = unended(&transaction)?.into_iter().filter(|(other, _)| other.is_alive()).collect();
        if let Some(conflict) = claims.conflict(experiment, &at_work) {
            return Err(JournalError::Claimed(Box::new(conflict)));
        }
        let claims = serde_json::to_string(claims).unwrap_or_default();
        transaction.execute(
            "INSERT INTO runners (run, place, beat) VALUES (?, ?, ?)",
            params![run, seal(run, &Place::current().to_string()), now()],
        )?;
        transaction.execute(
            "INSERT INTO runs (id, experiment, environment, started_at, pid, pid_started, claims)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            params![run, experiment, environment, now(), me.pid, signed(me.started), claims],
        )?;
        Ok(transaction.commit()?)
    }

    /// Writes down that a run's runner lives: whoever cannot see its process, in another container, sees this.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn beat(&self, run: &str) -> Result<(), JournalError> {
        self.connection().execute("UPDATE runners SET beat = ? WHERE run = ?", params![now(), run])?;
        Ok(())
    }

    /// Writes down how a run ended.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn end(&self, run: &str, verdict: &str, summary: &str) -> Result<(), JournalError> {
        self.connection().execute(
            "UPDATE runs SET ended_at = ?, verdict = ?, summary = ? WHERE id = ?",
            params![now(), verdict, summary, run],
        )?;
        Ok(())
    }

    /// Writes down what is about to be done. Durable when this returns; only then may it be done.
    ///
    /// `intent` gets the effect's number and gives what is needed to take the effect back.
    ///
    /// # Errors
    /// The store cannot be written: then nothing may be done.
    pub fn intend(&self, run: &str, intent: impl FnOnce(EffectId) -> String) -> Result<EffectId, JournalError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        transaction.execute(
            "INSERT INTO effects (run, intent, state, changed) VALUES (?, '', 'intended', ?)",
            params![run, now()],
        )?;
        let id = EffectId(transaction.last_insert_rowid());
        let sealed = seal(id.0, &intent(id));
        transaction.execute("UPDATE effects SET intent = ? WHERE id = ?", params![sealed, id.0])?;
        transaction.commit()?;
        Ok(id)
    }

    /// Writes down a new state of an effect, with a note.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn mark(&self, effect: EffectId, state: EffectState, note: &str) -> Result<(), JournalError> {
        self.connection().execute(
            "UPDATE effects SET state = ?, note = ?, changed = ? WHERE id = ?",
            params![state.word(), note, now(), effect.0],
        )?;
        Ok(())
    }

    /// Replaces what is needed to take an effect back, once more is known.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn update(&self, effect: EffectId, intent: &str) -> Result<(), JournalError> {
        self.connection()
            .execute("UPDATE effects SET intent = ? WHERE id = ?", params![seal(effect.0, intent), effect.0])?;
        Ok(())
    }

    /// Replaces what is needed to take an effect back, once more is known, and marks it applied.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn applied(&self, effect: EffectId, intent: &str) -> Result<(), JournalError> {
        self.connection().execute(
            "UPDATE effects SET state = 'applied', intent = ?, changed = ? WHERE id = ?",
            params![seal(effect.0, intent), now(), effect.0],
        )?;
        Ok(())
    }

    /// Adds a line to a run's log, `at` nanoseconds after its beginning.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn log(&self, run: &str, at: u64, text: &str) -> Result<(), JournalError> {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        self.connection().execute("INSERT INTO events (run, at, text) VALUES (?, ?, ?)", params![run, at, text])?;
        Ok(())
    }

    /// A run.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn run(&self, id: &str) -> Result<Option<RunRecord>, JournalError> {
        let text = format!("{RUN} WHERE id = ?");
        Ok(self.connection().query_row(&text, [id], run).optional()?)
    }

    /// When an experiment was last confirmed in an environment: the end of that run, in seconds since 1970.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn last_confirmed(&self, experiment: &str, environment: &str) -> Result<Option<i64>, JournalError> {
        let text = "SELECT MAX(ended_at) FROM runs WHERE experiment = ? AND environment = ? AND verdict = 'confirmed'";
        Ok(self.connection().query_row(text, [experiment, environment], |row| row.get(0))?)
    }

    /// The runs that have not ended, the earliest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) fn unended(&self) -> Result<Vec<RunRecord>, JournalError> {
        Ok(unended(&self.connection())?.into_iter().map(|(run, _)| run).collect())
    }

    /// Writes down that the process of a run is gone: what a simulation says of a runner that dies in it.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn runner_died(&self, id: &str) -> Result<(), JournalError> {
        self.connection().execute("UPDATE runs SET pid = 0, pid_started = 0 WHERE id = ?", [id])?;
        Ok(())
    }

    /// Writes down that a run whose runner is gone is over.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn close_dead(&self, id: &str) -> Result<(), JournalError> {
        self.connection().execute(
            "UPDATE runs SET ended_at = ?, verdict = 'interrupted' WHERE id = ? AND verdict IS NULL",
            params![now(), id],
        )?;
        Ok(())
    }
}

pub(super) fn run(row: &Row) -> rusqlite::Result<RunRecord> {
    let started: i64 = row.get(5)?;
    Ok(RunRecord {
        id: row.get(0)?,
        experiment: row.get(1)?,
        environment: row.get(2)?,
        started_at: row.get(3)?,
        runner: ProcessIdentity { pid: row.get(4)?, started: u64::try_from(started).unwrap_or(0) },
        verdict: row.get(6)?,
        place: Place::from(unseal(row.get::<_, String>(0)?, &row.get::<_, String>(7)?).unwrap_or_default()),
        beat: row.get(8)?,
    })
}

/// The runs that have not ended, with what they claim.
fn unended(connection: &Connection) -> Result<Vec<(RunRecord, Claims)>, JournalError> {
    let mut query = connection.prepare(&format!("{RUN} WHERE verdict IS NULL ORDER BY runs.rowid"))?;
    let rows = query.query_map([], |row| {
        let claims: String = row.get(9)?;
        Ok((run(row)?, serde_json::from_str(&claims).unwrap_or_default()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Claims, EffectState, Journal, Place};

    fn alone(addresses: &[&str]) -> Claims {
        Claims { alone: addresses.iter().map(|&one| one.to_owned()).collect(), ..Claims::default() }
    }

    #[test]
    fn an_effect_is_open_from_its_intent_to_its_revert() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.begin("r1", "x", "local", &alone(&["127.0.0.1:1"])).unwrap();
        let first = journal.intend("r1", |id| format!("{}", id.0)).unwrap();
        let second = journal.intend("r1", |_| "{}".to_owned()).unwrap();
        assert!(second > first);
        let open: Vec<_> = journal.open_effects().0.into_iter().map(|effect| effect.id).collect();
        assert_eq!(open, [second, first]);
        journal.applied(first, "{1}").unwrap();
        journal.mark(second, EffectState::Reverted, "").unwrap();
        let (open, trouble) = journal.open_effects();
        assert!(trouble.is_none());
        assert_eq!(open.len(), 1);
        assert_eq!(
            open.first().map(|effect| (effect.intent.as_deref(), effect.state)),
            Some((Some("{1}"), EffectState::Applied))
        );
    }

    #[test]
    fn another_process_sees_the_same_store() {
        let folder = tempfile::tempdir().unwrap();
        let one = Journal::open(folder.path()).unwrap();
        let two = Journal::open(folder.path()).unwrap();
        one.begin("r1", "x", "local", &alone(&["127.0.0.1:1"])).unwrap();
        assert!(two.run("r1").unwrap().unwrap().is_alive());
        two.end("r1", "confirmed", "").unwrap();
        assert!(!one.run("r1").unwrap().unwrap().is_alive());
    }

    #[test]
    fn two_runs_cannot_claim_the_same_address() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (Journal::open(folder.path()).unwrap(), Journal::open(folder.path()).unwrap());
        let (a, b) = ("127.0.0.1:1", "127.0.0.1:2");
        one.begin("r1", "x", "local", &alone(&[a])).unwrap();
        assert!(two.begin("r2", "y", "local", &alone(&[b, a])).is_err());
        two.begin("r3", "y", "local", &alone(&[b])).unwrap();
        one.end("r1", "confirmed", "").unwrap();
        two.begin("r4", "y", "local", &alone(&[a])).unwrap();
    }

    #[test]
    fn the_last_confirmed_run_of_an_experiment_in_an_environment_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        for (run, experiment, environment, verdict) in
            [("r1", "x", "staging", "confirmed"), ("r2", "y", "staging", "refuted"), ("r3", "x", "local", "confirmed")]
        {
            journal.begin(run, experiment, environment, &Claims::default()).unwrap();
            journal.end(run, verdict, "").unwrap();
        }
        journal.begin("r4", "z", "staging", &Claims::default()).unwrap();
        let known = |experiment, environment| journal.last_confirmed(experiment, environment).unwrap().is_some();
        assert!(known("x", "staging") && known("x", "local"));
        assert!(!known("y", "staging") && !known("z", "staging") && !known("x", "production") && !known("", ""));
        let at = journal.last_confirmed("x", "staging").unwrap().unwrap();
        assert!((super::now() - at).abs() < 600);
    }

    #[test]
    fn a_runner_in_another_container_lives_as_long_as_it_says_so() {
        let journal = Journal::in_memory().unwrap();
        journal.begin("r1", "x", "local", &Claims::default()).unwrap();
        let set = |what: &str, to: &str| {
            journal.connection().execute(&format!("UPDATE runners SET {what} = {to}"), []).unwrap();
        };
        let lives = || journal.run("r1").unwrap().unwrap().is_alive();
        assert!(lives());
        // The same boot, and a number that counts elsewhere. A place without its checksum is taken as it is.
        let here = Place::current().to_string();
        let boot = here.split(' ').next().unwrap();
        set("place", &format!("'{boot} pid:[1]'"));
        assert!(lives());
        set("beat", "beat - 60");
        assert!(!lives());
        journal.beat("r1").unwrap();
        assert!(lives());
        set("place", "'an earlier boot'");
        assert!(!lives());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        assert!(Journal::open(std::path::Path::new("/proc/nowhere/chaos")).is_err());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(super::DATABASE), "this is no database, but long enough to be read").unwrap();
        assert!(Journal::open(folder.path()).is_err());
    }
}
