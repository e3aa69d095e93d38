//! What a component tells: kept with the run, and bounded.

use super::ask::{Asked, State};
use crate::injector::bindings::v0_1::chaos::injector::log as oldest;
use crate::injector::bindings::v0_2::chaos::injector::log::{Host, Level};
use crate::injector::limits::{LOG_LINE, LOG_LINES};

impl State {
    fn tell(&mut self, level: &str, message: &str, fields: &[(String, String)]) {
        self.logged += 1;
        if self.logged > LOG_LINES {
            return;
        }
        let fields: String = fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        let line = format!("{message}{fields}");
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LOG_LINE).collect();
        self.asked.push(Asked { capability: "log", what: format!("{level}: {line}"), outcome: "done".to_owned() });
    }
}

impl Host for State {
    async fn log(&mut self, level: Level, message: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        let level = match level {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        self.tell(level, &message, &fields);
        Ok(())
    }
}

/// 0.1 tells without fields.
impl oldest::Host for State {
    async fn log(&mut self, level: oldest::Level, message: String) -> wasmtime::Result<()> {
        let level = format!("{level:?}").to_ascii_lowercase();
        self.tell(level.trim_start_matches("level::"), &message, &[]);
        Ok(())
    }
}
