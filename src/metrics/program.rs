//! A program of somebody else's: started without a shell, heard, and ended when its time is over.
//!
//! It is alone in its process group, which is ended with it: nothing that it started outlives it.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

/// A program's output has at most this many bytes.
const LARGEST: u64 = 64 * 1024;
/// What was printed is read for so long after the program has ended.
const REST: Duration = Duration::from_millis(500);

/// How a program ended.
pub struct Ended {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub out: Vec<u8>,
    /// The beginning of what it complained of; empty where that could not be heard.
    pub err: Vec<u8>,
}

/// Runs a program with its arguments, without the environment variables called `hidden`, for at most `wait`.
///
/// # Errors
/// It cannot be started, does not end in time, or prints more than 64 KiB.
pub async fn run<'n>(words: &[String], wait: Duration, hidden: impl Iterator<Item = &'n str>) -> Result<Ended, String> {
    let [program, arguments @ ..] = words else { return Err("there is no program".to_owned()) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    for name in hidden {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    let group = Group(child.id());
    let (mut out, err) = (child.stdout.take(), child.stderr.take());
    let (out, err) = (tokio::spawn(async move { first(out.as_mut()).await }), tokio::spawn(complaint(err)));
    let ended: Result<std::io::Result<ExitStatus>, _> = timeout(wait, child.wait()).await;
    // Whatever it started holds its output open: nothing of it stays.
    drop(group);
    let late = || format!("`{program}` did not end within {} ms", wait.as_millis());
    let status = ended.map_err(|_| late())?.map_err(|error| format!("`{program}`: {error}"))?;
    let out = timeout(REST, out).await.map_err(|_| late())?.map_err(|error| error.to_string())?;
    let out = out.map_err(|error| format!("`{program}` cannot be heard: {error}"))?;
    if out.len() as u64 > LARGEST {
        return Err(format!("`{program}` prints more than 64 KiB"));
    }
    let err = timeout(REST, err).await.ok().and_then(Result::ok).and_then(Result::ok).unwrap_or_default();
    Ok(Ended { code: status.code(), out, err })
}

/// The first of what is printed, a byte more than is taken.
async fn first(from: Option<&mut (impl AsyncRead + Unpin)>) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    if let Some(from) = from {
        from.take(LARGEST + 1).read_to_end(&mut text).await?;
    }
    Ok(text)
}

/// The first of what is complained of. The rest is thrown away: it is no reason to end.
async fn complaint(mut from: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let text = first(from.as_mut()).await?;
    if let Some(mut from) = from {
        tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    }
    Ok(text)
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
