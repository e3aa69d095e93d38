//! Probes of a URL: its status, its time, what its body says.

use super::{Found, Given, Nothing, captured, client, describe, number, says};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A body has at most this many bytes.
const LARGEST: usize = 1024 * 1024;

/// What a URL answered.
struct Answer {
    status: u16,
    body: Vec<u8>,
    took: Duration,
}

pub async fn probe(given: Given<'_>, wait: Duration) -> Result<Found, Nothing> {
    let url = given.text("url")?;
    crate::types::probe::url(url)?;
    let answer = ask(url, wait).await;
    if given.action() == "up" {
        return Ok(Found::Truth(answer.is_ok_and(|answer| answer.status < 400)));
    }
    let answer = answer?;
    match given.action() {
        "status" => Ok(Found::Number(f64::from(answer.status))),
        "time" => Ok(Found::Number(answer.took.as_secs_f64())),
        "says" => says(given.text("pattern")?, &String::from_utf8_lossy(&answer.body)),
        // A number or a text of a page that says sorry is none.
        "find" => captured(given.text("pattern")?, &String::from_utf8_lossy(&good(url, answer)?)),
        "number" => numeric(&at(given.text("path")?, &good(url, answer)?)?),
        "text" => textual(&at(given.text("path")?, &good(url, answer)?)?),
        _ => Err(given.wrong_action()),
    }
}

async fn ask(url: &str, wait: Duration) -> Result<Answer, Nothing> {
    let failed = |error: reqwest::Error| match error.is_timeout() {
        true => Nothing(format!("{url}: no answer within {} ms", wait.as_millis())),
        false => Nothing(format!("{url}: {}", describe(&error))),
    };
    let client = client(wait, url.starts_with("https://"))?;
    let asked = Instant::now();
    let mut response = client.get(url).send().await.map_err(failed)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err(Nothing(format!("{url}: its answer is larger than 1 MiB")));
        }
    }
    Ok(Answer { status, body, took: asked.elapsed() })
}

fn good(url: &str, answer: Answer) -> Result<Vec<u8>, Nothing> {
    match answer.status {
        200..=299 => Ok(answer.body),
        status => Err(Nothing(format!("{url} answered {status}"))),
    }
}

/// The one value at a path.
fn at(path: &str, body: &[u8]) -> Result<Value, Nothing> {
    let json: Value =
        serde_json::from_slice(body).map_err(|error| Nothing(format!("the answer is no JSON: {error}")))?;
    let found = crate::types::probe::path(path)?.query(&json).all();
    match found.as_slice() {
        [] => Err(Nothing(format!("nothing is at `{path}`"))),
        [one] => Ok((*one).clone()),
        several => Err(Nothing(format!("{} values are at `{path}`, and one is needed", several.len()))),
    }
}

fn numeric(value: &Value) -> Result<Found, Nothing> {
    match value {
        Value::Number(it) => it.as_f64().map(Found::Number).ok_or_else(|| Nothing("it is no number".to_owned())),
        Value::String(text) => number(text).map(Found::Number),
        other => Err(Nothing(format!("`{}` is no number", shortened(other)))),
    }
}

fn textual(value: &Value) -> Result<Found, Nothing> {
    match value {
        Value::String(text) => Ok(Found::Text(text.clone())),
        other => Err(Nothing(format!("`{}` is no text", shortened(other)))),
    }
}

fn shortened(value: &Value) -> String {
    value.to_string().chars().take(40).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Found, at, numeric, textual};

    const BODY: &[u8] = br#"{"queue": {"length": 7, "lag": "1.5"}, "items": [{"ready": true, "age": 3}, {"age": 4}]}"#;

    #[test]
    fn one_value_is_found_by_its_path() {
        for (path, value) in [("$.queue.length", 7.0), ("$.queue.lag", 1.5), ("$.items[?@.ready].age", 3.0)] {
            assert_eq!(numeric(&at(path, BODY).unwrap()), Ok(Found::Number(value)), "{path}");
        }
        assert!(at("$.items[*].age", BODY).unwrap_err().to_string().contains("2 values"));
        assert!(at("$.nothing", BODY).unwrap_err().to_string().contains("nothing is at"));
        assert!(at("$", b"<html>").unwrap_err().to_string().contains("no JSON"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for path in ["$.queue", "$.items[0].ready"] {
            assert!(numeric(&at(path, BODY).unwrap()).is_err(), "{path}");
            assert!(textual(&at(path, BODY).unwrap()).is_err(), "{path}");
        }
    }
}
