//! What the store says of effects; as much of it as can be read.

use super::error::JournalError;
use super::seal::unseal;
use super::store::{EffectId, EffectRecord, EffectState, Journal};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

/// States that say that nothing is to be done. Whatever else a state may be: better reverted twice than never.
const OVER: &str = "('reverted', 'kept')";

impl Journal {
    /// Effects that may be in force, the latest first, of all runs: all that can be read, and what hinders the rest.
    pub fn open_effects(&self) -> (Vec<EffectRecord>, Option<JournalError>) {
        let connection = self.connection();
        let found = self.damage.clone().map(JournalError::Damaged);
        let damage = found.or_else(|| damage(&connection).err());
        let (found, trouble) = effects(&connection, &format!("state NOT IN {OVER}"));
        (found, damage.or(trouble))
    }

    /// Effects that were left in place on purpose, the latest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn kept_effects(&self) -> Result<Vec<EffectRecord>, JournalError> {
        let (found, trouble) = effects(&self.connection(), "state = 'kept'");
        trouble.map_or(Ok(found), Err)
    }
}

/// Whether the tables are what they must be.
fn damage(connection: &Connection) -> Result<(), JournalError> {
    for table in ["effects", "runs"] {
        let said: String = connection.query_row(&format!("PRAGMA quick_check({table})"), [], |row| row.get(0))?;
        if said != "ok" {
            let line = said.lines().find(|line| !line.starts_with("***")).unwrap_or(&said);
            return Err(JournalError::Damaged(line.to_owned()));
        }
    }
    Ok(())
}

/// From the latest on, and where that comes to something unreadable, also from the first on.
fn effects(connection: &Connection, condition: &str) -> (Vec<EffectRecord>, Option<JournalError>) {
    let mut found = Vec::new();
    let Err(error) = read(connection, condition, "DESC", &mut found) else { return (found, None) };
    let mut others = Vec::new();
    let _ends_at_the_same = read(connection, condition, "ASC", &mut others);
    others.retain(|other| found.iter().all(|known| known.id != other.id));
    found.extend(others.into_iter().rev());
    (found, Some(error))
}

fn read(
    connection: &Connection,
    condition: &str,
    order: &str,
    found: &mut Vec<EffectRecord>,
) -> Result<(), JournalError> {
    // The table itself is read, not an index, which could lack something.
    let text =
        format!("SELECT id, run, intent, state, note FROM effects NOT INDEXED WHERE {condition} ORDER BY id {order}");
    let mut query = connection.prepare(&text)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        found.push(effect(row)?);
    }
    Ok(())
}

fn effect(row: &Row) -> rusqlite::Result<EffectRecord> {
    let id = EffectId(row.get(0)?);
    Ok(EffectRecord {
        id,
        run: text(row, 1)?,
        intent: unseal(id.0, &text(row, 2)?),
        state: EffectState::named(&text(row, 3)?),
        note: text(row, 4)?,
    })
}

/// A text, also where it is none any more.
fn text(row: &Row, column: usize) -> rusqlite::Result<String> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => String::new(),
    })
}
