//! Capability `exec`: a granted program, started without a shell and with nothing of the runner's environment.

use super::ask::{Deed, Refusal, State, denied, failed};
use crate::injector::bindings::v0_2::chaos::injector::exec::{Command, Host, Output};
use crate::injector::bindings::v0_2::chaos::injector::types::{Error, ErrorCode};
use crate::injector::limits::{LARGEST_OUTPUT, REQUEST_TIMEOUT};
use crate::journal::{MARKER, ProcessIdentity, marked};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

/// What a component may set in the program's environment begins so.
const OWN: &str = "CHAOS_";
/// Where programs find others.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Outputs may be held open by what a program left behind; they are read for this long once it has ended.
const LAST_WORDS: Duration = Duration::from_millis(200);

impl State {
    /// Refuses what is not granted, what is not there, and what anybody could have put there.
    fn may_run(&self, command: &Command) -> Result<(), Refusal> {
        let Command { program, args, env, .. } = command;
        if !self.grant.programs.iter().any(|granted| granted.allows(program, args)) {
            return Err(denied(format!("no grant for {}", shown(program, args))));
        }
        if let Some((name, _)) = env.iter().find(|(name, value)| !is_own(name) || value.contains('\0')) {
            return Err(denied(format!("the variable `{name}` does not begin with {OWN}")));
        }
        trusted(program)
    }

    async fn run_now(&mut self, command: Command) -> Result<Output, Refusal> {
        self.may_run(&command)?;
        let Command { program, args, env, stdin, timeout } = command;
        self.may_start(&program)?;
        let timeout = timeout.map_or(REQUEST_TIMEOUT, Duration::from_nanos).min(REQUEST_TIMEOUT);
        let mut child = std::process::Command::new(&program);
        let mark = mark();
        child.args(&args).env_clear().env("PATH", PATH).envs(env).env(MARKER, &mark);
        child.current_dir("/").process_group(0);
        let output = finished(tokio::process::Command::from(child), stdin, timeout, &program, mark).await?;
        if output.exit_code == Some(0) {
            self.deeds.push(Deed::Program);
        }
        Ok(output)
    }
}

/// What nobody else's processes carry.
fn mark() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let own = ProcessIdentity::current();
    format!("call-{}-{}-{}", own.pid, own.started, NEXT.fetch_add(1, Ordering::Relaxed))
}

fn is_own(name: &str) -> bool {
    name.starts_with(OWN) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn shown(program: &str, args: &[String]) -> String {
    let line = shell_words::join(std::iter::once(program).chain(args.iter().map(String::as_str)));
    line.chars().take(300).collect()
}

/// A program that anybody can replace is everybody's program: it is not started.
fn trusted(program: &str) -> Result<(), Refusal> {
    let found = std::fs::metadata(program);
    let found = found.map_err(|error| failed(ErrorCode::TargetUnreachable, format!("{program}: {error}")))?;
    if !found.is_file() {
        return Err(denied(format!("{program} is no file")));
    }
    let open = |mode: u32| mode & 0o002 != 0;
    let folder = std::path::Path::new(program).parent().and_then(|folder| std::fs::metadata(folder).ok());
    let replaceable = folder.is_some_and(|folder| open(folder.mode()) && folder.mode() & 0o1000 == 0);
    if open(found.mode()) || replaceable {
        return Err(denied(format!("{program} can be written by anybody: `chmod o-w` it and its folder")));
    }
    Ok(())
}

/// Kills what it holds, with all that it started, unless it is let go.
struct Started {
    group: Option<Pid>,
    /// Carried also by what has left the group.
    mark: String,
}

impl Drop for Started {
    fn drop(&mut self) {
        let Some(group) = self.group else { return };
        let _gone = kill_process_group(group, Signal::KILL);
        for process in marked(&self.mark).unwrap_or_default() {
            if let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) {
                let _gone = kill_process(pid, Signal::KILL);
            }
        }
    }
}

async fn finished(
    mut command: tokio::process::Command,
    stdin: Option<Vec<u8>>,
    timeout: Duration,
    program: &str,
    mark: String,
) -> Result<Output, Refusal> {
    let cannot = |error: std::io::Error| {
        let code = match error.kind() {
            std::io::ErrorKind::PermissionDenied => ErrorCode::PermissionDenied,
            _ => ErrorCode::Internal,
        };
        failed(code, format!("{program}: {error}"))
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(cannot)?;
    let group = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    let mut started = Started { group, mark };
    let (mut input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (output, errors) = (Reading::of(output), Reading::of(errors));
    let running = async {
        if let (Some(input), Some(data)) = (&mut input, stdin) {
            // A program need not read what it is given.
            let _closed = input.write_all(&data).await;
        }
        drop(input);
        child.wait().await
    };
    let ended = tokio::time::timeout(timeout, running).await;
    let ended = ended.map_err(|_| failed(ErrorCode::Timeout, format!("{program} ran too long, and was killed")))?;
    // What it left running on purpose stays.
    started.group = None;
    let exit_code = ended.map_err(cannot)?.code();
    Ok(Output { exit_code, stdout: output.last_words().await, stderr: errors.last_words().await })
}

/// What was read of an output so far.
type Kept = Arc<Mutex<Vec<u8>>>;

/// An output that is being read.
struct Reading {
    kept: Kept,
    task: tokio::task::JoinHandle<()>,
}

impl Reading {
    fn of(from: Option<impl AsyncRead + Unpin + Send + 'static>) -> Self {
        let kept = Kept::default();
        Self { task: tokio::spawn(read(from, Arc::clone(&kept))), kept }
    }

    /// What came; no more is waited for than for a moment.
    async fn last_words(mut self) -> Vec<u8> {
        if tokio::time::timeout(LAST_WORDS, &mut self.task).await.is_err() {
            self.task.abort();
        }
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads to the end, but keeps only the beginning: a program that floods its output is not held up by that.
async fn read(from: Option<impl AsyncRead + Unpin>, into: Kept) {
    let mut chunk = vec![0; 8192];
    let Some(mut from) = from else { return };
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        let mut kept = into.lock().unwrap_or_else(PoisonError::into_inner);
        let room = LARGEST_OUTPUT.saturating_sub(kept.len());
        kept.extend_from_slice(chunk.get(..length.min(room)).unwrap_or_default());
    }
}

impl Host for State {
    async fn check(&mut self, command: Command) -> wasmtime::Result<Result<(), Error>> {
        let what = format!("check {}", shown(&command.program, &command.args));
        Ok(self.ask("exec", what, async |state| state.may_run(&command)).await)
    }

    async fn run(&mut self, command: Command) -> wasmtime::Result<Result<Output, Error>> {
        let what = shown(&command.program, &command.args);
        Ok(self.ask("exec", what, async |state| state.run_now(command).await).await)
    }
}
