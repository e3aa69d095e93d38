//! Messages of editors as bytes: what comes in is no message until it was looked at.

use lsp_server::{ErrorCode, Message};
use serde_json::{Value, json};
use std::io::{self, BufRead, Read, Write};

/// A message has at most so many bytes: more than any text that an editor opens.
const MOST: u64 = 1 << 30;

/// The header that says how long a message is, in small letters.
const LENGTH: &str = "content-length:";

/// What has come.
pub enum Came {
    /// A message.
    Message(Message),
    /// Something else: why it is none, and the answer that says so, if somebody may wait for one.
    Nonsense(String, Option<Value>),
    /// Nothing will come any more.
    End,
}

/// Reads what comes next.
pub fn read(input: &mut impl BufRead) -> Came {
    let length = match length(input) {
        Ok(Some(Ok(length))) => length,
        Ok(Some(Err(line))) => return Came::Nonsense(format!("this is no header of a message: {line}"), None),
        Ok(None) | Err(_) => return Came::End,
    };
    let mut bytes = Vec::new();
    match input.by_ref().take(length).read_to_end(&mut bytes) {
        Ok(read) if read as u64 == length => understood(&bytes),
        _ => Came::End,
    }
}

/// How long the next message is; or the line that says nothing of it. None at the end.
fn length(input: &mut impl BufRead) -> io::Result<Option<Result<u64, String>>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(MOST).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            match length {
                Some(length) => return Ok(Some(Ok(length))),
                // An empty line before any header is left from what was no message.
                None => continue,
            }
        }
        // Behind a message whose length was wrong, a header may begin in the middle of a line.
        let small = text.to_ascii_lowercase();
        let header = small.rfind(LENGTH).and_then(|at| small.get(at + LENGTH.len()..));
        match header.map(|value| value.trim().parse().ok().filter(|length| *length <= MOST)) {
            Some(Some(known)) => length = Some(known),
            None if text.contains(':') && length.is_some() => {}
            None if small.starts_with("content-type") => {}
            Some(None) | None => return Ok(Some(Err(text.to_owned()))),
        }
    }
}

/// The message that these bytes are.
fn understood(bytes: &[u8]) -> Came {
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => {
            let why = format!("this is no message: {error}");
            return Came::Nonsense(why.clone(), Some(refusal(Value::Null, ErrorCode::ParseError, &why)));
        }
    };
    let id = value.get("id").cloned();
    // A request without a number that can be answered must not be taken for a notification.
    let odd = id.as_ref().is_some_and(|id| !id.is_string() && id.as_i64().is_none_or(|id| i32::try_from(id).is_err()));
    let is_answer = value.get("method").is_none() && ["result", "error"].iter().any(|key| value.get(key).is_some());
    match serde_json::from_value(value) {
        Ok(message) if !odd => Came::Message(message),
        // To an answer there is no answer.
        Ok(_) | Err(_) if is_answer => Came::Nonsense("this is no message".to_owned(), None),
        Ok(_) | Err(_) => {
            let why =
                "this is no message: a request has a `method`, and an `id` that is a text or a whole number of 32 bits";
            Came::Nonsense(why.to_owned(), Some(refusal(id.unwrap_or_default(), ErrorCode::InvalidRequest, why)))
        }
    }
}

fn refusal(id: Value, code: ErrorCode, why: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code as i32, "message": why } })
}

/// Writes an answer that is no message of a server.
pub fn write(output: &mut impl Write, answer: &Value) -> io::Result<()> {
    let text = answer.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}
