//! Probes by a program: its exit code, and what it prints.
//!
//! A program is alone in its process group, which is ended with it: nothing that it started outlives the probe.

use super::{Found, Given, Nothing, captured, number, says};
use crate::metrics::secret::Vault;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// A program's output has at most this many bytes.
const LARGEST: u64 = 64 * 1024;
/// What was printed is read for so long after the program has ended.
const REST: Duration = Duration::from_millis(500);

/// How a program ended.
struct Ended {
    /// Its exit code; none where a signal ended it.
    code: Option<i32>,
    out: Vec<u8>,
}

pub async fn probe(given: Given<'_>, wait: Duration, vault: &Vault) -> Result<Found, Nothing> {
    let words = crate::types::probe::command(given.text("program")?)?;
    let ended = run(&words, wait, vault).await;
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

/// Runs a program without a shell and without the run's secrets.
async fn run(words: &[String], wait: Duration, vault: &Vault) -> Result<Ended, Nothing> {
    let program = &words[0];
    let mut command = Command::new(program);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.process_group(0).kill_on_drop(true);
    for name in vault.names() {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(|error| Nothing(format!("`{program}` cannot be started: {error}")))?;
    let group = Group(child.id());
    let out = child.stdout.take();
    let reading = tokio::spawn(output(out));
    let ended = timeout(wait, finished(&mut child)).await;
    // Whatever it started holds its output open: nothing of it stays.
    drop(group);
    let late = || Nothing(format!("`{program}` did not end within {} ms", wait.as_millis()));
    let status = ended.map_err(|_| late())?.map_err(|error| Nothing(format!("`{program}`: {error}")))?;
    let read = timeout(REST, reading).await.map_err(|_| late())?;
    let out =
        read.map_err(|error| Nothing(error.to_string()))?.map_err(|error| Nothing(format!("`{program}` {error}")))?;
    Ok(Ended { code: status.code(), out })
}

async fn finished(child: &mut Child) -> std::io::Result<std::process::ExitStatus> {
    child.wait().await
}

async fn output(out: Option<ChildStdout>) -> Result<Vec<u8>, String> {
    let Some(out) = out else { return Ok(Vec::new()) };
    let mut text = Vec::new();
    out.take(LARGEST + 1).read_to_end(&mut text).await.map_err(|error| format!("cannot be heard: {error}"))?;
    match text.len() as u64 > LARGEST {
        true => Err("prints more than 64 KiB".to_owned()),
        false => Ok(text),
    }
}

/// A process group that ends when this is dropped, also when the probe is given up halfway.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let pid = self.0.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _gone_already = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}
