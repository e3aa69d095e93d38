//! Probes by a program: its exit code, and what it prints.

use super::{Found, Given, Nothing, captured, number, says};
use crate::metrics::program::{self, Ended};
use crate::metrics::secret::Vault;
use std::time::Duration;

pub async fn probe(given: Given<'_>, wait: Duration, vault: &Vault) -> Result<Found, Nothing> {
    let words = crate::types::probe::command(given.text("program")?)?;
    // It is run without the run's secrets.
    let ended = program::run(&words, wait, vault.variables()).await;
    if given.action() == "succeeds" {
        return Ok(Found::Truth(ended.is_ok_and(|ended| ended.code == Some(0))));
    }
    let ended = ended?;
    match given.action() {
        "exit" => match ended.code {
            Some(code) => Ok(Found::Number(f64::from(code))),
            None => Err(Nothing(format!("`{}` was ended by a signal", words[0]))),
        },
        "says" => says(given.text("pattern")?, &String::from_utf8_lossy(&ended.out)),
        "find" => captured(given.text("pattern")?, &good(&words, ended)?),
        "number" => number(&good(&words, ended)?).map(Found::Number),
        "text" => Ok(Found::Text(good(&words, ended)?.trim().to_owned())),
        _ => Err(given.wrong_action()),
    }
}

fn good(words: &[String], ended: Ended) -> Result<String, Nothing> {
    let program = &words[0];
    match ended.code {
        Some(0) => String::from_utf8(ended.out).map_err(|_| Nothing(format!("what `{program}` printed is no text"))),
        Some(code) => Err(Nothing(format!("`{program}` ended with exit code {code}"))),
        None => Err(Nothing(format!("`{program}` was ended by a signal"))),
    }
}
