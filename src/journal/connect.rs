//! Opening the database of a store, also one that is damaged.

use super::error::JournalError;
use super::log;
use super::store::DATABASE;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::path::Path;
use std::time::Duration;

/// The database, and what is wrong with it, if it can be read all the same.
pub fn connect(folder: &Path) -> Result<(Connection, Option<String>), JournalError> {
    let path = folder.join(DATABASE);
    let unusable = |error: rusqlite::Error| match error.into() {
        JournalError::Database(error) => JournalError::Folder(folder.to_path_buf(), error),
        damaged => damaged,
    };
    if is_lost(folder) {
        return Err(JournalError::Damaged(format!("`{}` is missing or empty", path.display())));
    }
    let mut damage = log::damage(folder);
    let connection = Connection::open(path).map_err(unusable)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    if let Err(error) = keep_a_log(&connection).map_err(unusable) {
        let JournalError::Damaged(why) = error else { return Err(error) };
        if read_what_is_left(&connection).is_err() {
            return Err(JournalError::Damaged(why));
        }
        damage.get_or_insert(why);
    }
    Ok((connection, damage))
}

/// Whether there was a database and is none: SQLite would begin a new one, and drop what its log still holds.
fn is_lost(folder: &Path) -> bool {
    let holds = |name: &str| folder.join(name).metadata().is_ok_and(|file| file.len() > 0);
    !holds(DATABASE) && (holds("journal.sqlite-wal") || ran(folder))
}

/// Whether there were runs on a store.
pub fn ran(folder: &Path) -> bool {
    std::fs::read_dir(folder.join("runs")).is_ok_and(|mut runs| runs.next().is_some())
}

fn keep_a_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")
}

/// Reads a database also where it is shorter than it says. What is noted meanwhile stays in its log: the damaged file is left
/// as it is.
fn read_what_is_left(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "writable_schema", true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    keep_a_log(connection)?;
    connection.prepare("SELECT effects.id, runs.id FROM effects, runs").map(drop)
}
