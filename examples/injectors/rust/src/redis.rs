//! Redis, as far as one command and its answer go (RESP 2), over the capability `tcp`.

use crate::bindings::chaos::injector::tcp::Connection;
use crate::bindings::chaos::injector::types::{Error, ErrorCode};

/// What the server answered.
#[derive(Debug, PartialEq)]
pub enum Reply {
    Text(String),
    Number(i64),
    Nothing,
}

/// Sends a command, and waits for the answer. An error of the server is an error here.
pub fn ask(address: &str, words: &[&str]) -> Result<Reply, Error> {
    let connection = Connection::open(address)?;
    let mut command = format!("*{}\r\n", words.len());
    for word in words {
        command.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    connection.write(command.as_bytes())?;
    let mut answer = Vec::new();
    loop {
        let more = connection.read(64 << 10)?;
        if more.is_empty() {
            return Err(failure(format!("{address} ended the connection")));
        }
        answer.extend(more);
        if let Some(reply) = read(&answer) {
            return reply.map_err(|said| failure(format!("{address} refused: {said}")));
        }
    }
}

/// An answer, once it is there as a whole.
fn read(bytes: &[u8]) -> Option<Result<Reply, String>> {
    let text = String::from_utf8_lossy(bytes);
    let (line, rest) = text.split_once("\r\n")?;
    let (kind, line) = line.split_at_checked(1)?;
    Some(match kind {
        "+" => Ok(Reply::Text(line.to_owned())),
        ":" => line.parse().map(Reply::Number).map_err(|_| line.to_owned()),
        "$" if line == "-1" => Ok(Reply::Nothing),
        "$" => Ok(Reply::Text(rest.strip_suffix("\r\n")?.to_owned())),
        _ => Err(line.to_owned()),
    })
}

fn failure(message: String) -> Error {
    Error { code: ErrorCode::TargetUnreachable, message, retryable: true }
}
