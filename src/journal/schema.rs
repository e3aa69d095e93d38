//! The store's tables.

/// The version of the tables, kept in `user_version`.
pub const VERSION: i64 = 2;

/// Makes the tables.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS runs (
  id          TEXT PRIMARY KEY,
  experiment  TEXT NOT NULL,
  environment TEXT NOT NULL,
  started_at  INTEGER NOT NULL,            -- seconds since 1970
  pid         INTEGER NOT NULL,
  pid_started INTEGER NOT NULL,            -- tells the process from a later one with the same pid
  claims      TEXT NOT NULL DEFAULT '[]',  -- JSON: where it acts, and how much it may do there at most
  ended_at    INTEGER,
  verdict     TEXT,
  summary     TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS effects (
  id      INTEGER PRIMARY KEY AUTOINCREMENT, -- also the fencing token: never used twice
  run     TEXT NOT NULL REFERENCES runs(id),
  intent  TEXT NOT NULL,                   -- JSON: all that is needed to take it back
  state   TEXT NOT NULL,                   -- intended, applied, reverted, kept
  note    TEXT NOT NULL DEFAULT '',
  changed INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS effects_open ON effects (state) WHERE state IN ('intended', 'applied');
CREATE TABLE IF NOT EXISTS stops (
  run TEXT PRIMARY KEY,                    -- a run that is to stop
  why TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS runners (
  run   TEXT PRIMARY KEY,
  place TEXT NOT NULL,                     -- the machine's boot and the process namespace that its pid counts in
  beat  INTEGER NOT NULL                   -- when its runner last said that it lives, in seconds since 1970
) STRICT;
CREATE TABLE IF NOT EXISTS events (
  run  TEXT NOT NULL,
  at   INTEGER NOT NULL,                   -- nanoseconds since the run began
  text TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS host_calls (    -- what the components of a run asked of the host
  run        TEXT NOT NULL,
  step       TEXT NOT NULL,
  component  TEXT NOT NULL,
  function   TEXT NOT NULL,                -- what the component was doing: inject, revert, ...
  at         INTEGER NOT NULL,             -- seconds since 1970
  capability TEXT NOT NULL,
  what       TEXT NOT NULL,
  outcome    TEXT NOT NULL                 -- done, refused, or failed with the reason
) STRICT;
CREATE INDEX IF NOT EXISTS host_calls_of ON host_calls (run);
CREATE TABLE IF NOT EXISTS component_memory ( -- what components keep for their faults
  fault TEXT NOT NULL,
  key   TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (fault, key)
) STRICT;
";
