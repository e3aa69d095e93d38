//! Processes: starting, finding, stopping.

use super::error::RunError;
use super::intent::ProcessIntent;
use crate::diagnostics::codes;
use crate::journal::{MARKER, ProcessIdentity, marked};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::fs::{self, File};
use std::net::ToSocketAddrs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// A service must answer by then.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// A process gets this long to end by itself.
const STOP_TIMEOUT: Duration = Duration::from_secs(6);
/// A process without an address counts as up once it has lived this long.
const SETTLING: Duration = Duration::from_millis(300);
const POLL: Duration = Duration::from_millis(20);

/// Starts a process in a group of its own.
///
/// # Errors
/// Its port is taken, or it cannot be started.
pub async fn start(process: &mut ProcessIntent) -> Result<(), RunError> {
    if let Some(address) = &process.address
        && answers(address).await
    {
        return Err(port_in_use(&process.name, address));
    }
    process.identity = Some(spawn(process)?);
    Ok(())
}

fn port_in_use(name: &str, address: &str) -> RunError {
    RunError::new(codes::E0707, format!("`{name}` cannot be started: {address} is already in use"))
        .help("stop what listens there, or give the service another port; `chaos status` shows what earlier runs left")
}

fn spawn(process: &ProcessIntent) -> Result<ProcessIdentity, RunError> {
    let (program, arguments) = process.command.split_first().ok_or_else(|| cannot_start(process, "no command"))?;
    let log = open_log(&process.log).map_err(|error| cannot_start(process, &format!("its log: {error}")))?;
    let errors = log.try_clone().map_err(|error| cannot_start(process, &error.to_string()))?;
    let child = Command::new(resolve(program))
        .args(arguments)
        .env(MARKER, &process.marker)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|error| cannot_start(process, &error.to_string()))?;
    let identity = ProcessIdentity::of(child.id());
    reap(child);
    Ok(identity)
}

/// A child that ends must be waited for, or it stays as a zombie.
fn reap(mut child: std::process::Child) {
    std::thread::spawn(move || child.wait());
}

/// `chaos` in a start command is this very program, installed or not.
fn resolve(program: &str) -> std::path::PathBuf {
    match std::env::current_exe() {
        Ok(own) if program == "chaos" => own,
        _ => program.into(),
    }
}

fn open_log(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::options().create(true).append(true).open(path)
}

fn cannot_start(process: &ProcessIntent, reason: &str) -> RunError {
    let command = process.command.join(" ");
    RunError::new(codes::E0708, format!("`{}` cannot be started: {reason} (`{command}`)", process.name))
        .help("check the `start` command of this service")
}

/// Waits until a started process answers at its address; one without an address must live for a moment.
///
/// # Errors
/// It ends, or does not answer in time.
pub async fn wait_until_up(process: &ProcessIntent) -> Result<(), RunError> {
    let began = Instant::now();
    while began.elapsed() < START_TIMEOUT {
        if !process.identity.is_some_and(|identity| identity.is_alive()) {
            return Err(did_not_come_up(process, "it ended"));
        }
        match &process.address {
            Some(address) if answers(address).await => return Ok(()),
            None if began.elapsed() >= SETTLING => return Ok(()),
            _ => sleep(POLL).await,
        }
    }
    Err(did_not_come_up(process, &format!("it does not answer within {} s", START_TIMEOUT.as_secs())))
}

fn did_not_come_up(process: &ProcessIntent, reason: &str) -> RunError {
    let place = process.address.as_ref().map_or_else(String::new, |address| format!(" on {address}"));
    let said = last_lines(&process.log);
    let said = if said.is_empty() { String::new() } else { format!("; it said: {said}") };
    RunError::new(codes::E0708, format!("`{}` did not come up{place}: {reason}{said}", process.name))
        .help(format!("its output is in `{}`", process.log.display()))
}

fn last_lines(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let mut lines: Vec<&str> = text.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
    lines.reverse();
    lines.join(" / ").chars().take(400).collect()
}

/// Whether somebody takes connections at `host:port`.
pub async fn answers(address: &str) -> bool {
    let connecting = timeout(Duration::from_millis(500), TcpStream::connect(address));
    matches!(connecting.await, Ok(Ok(_)))
}

/// Whether this machine could listen at `host:port`: an address of another machine is nothing to start at.
pub fn is_local(address: &str) -> bool {
    address.to_socket_addrs().is_ok_and(|mut all| all.any(|one| one.ip().is_loopback() || one.ip().is_unspecified()))
}

/// Stops a process, its group, and whatever else carries its marker. Already gone is success.
///
/// # Errors
/// Something of it still runs.
pub async fn stop(process: &ProcessIntent) -> Result<String, RunError> {
    let mut targets = all_of(process)?;
    targets.extend(process.identity.filter(ProcessIdentity::is_alive));
    if targets.is_empty() {
        return in_the_background(process).await.map_or(Ok("already gone".to_owned()), Err);
    }
    signal(&targets, Signal::TERM);
    if !gone_within(process, STOP_TIMEOUT).await? {
        signal(&all_of(process)?, Signal::KILL);
        signal(&process.identity.filter(ProcessIdentity::is_alive).into_iter().collect::<Vec<_>>(), Signal::KILL);
        if !gone_within(process, Duration::from_secs(2)).await? {
            return Err(still_runs(process));
        }
    }
    in_the_background(process).await.map_or(Ok(String::new()), Err)
}

/// A program that puts itself into the background is out of our sight; that its port still answers gives it away.
async fn in_the_background(process: &ProcessIntent) -> Option<RunError> {
    let address = process.address.as_ref().filter(|_| process.identity.is_some())?;
    let began = Instant::now();
    while answers(address).await {
        if began.elapsed() >= SETTLING {
            let message = format!("`{}` has ended, but something still listens on {address}", process.name);
            let help = "does its start command put itself into the background? Stop what listens there, and start it in \
                        the foreground (nginx: `daemon off`)";
            return Some(RunError::new(codes::E0713, message).help(help));
        }
        sleep(POLL).await;
    }
    None
}

fn still_runs(process: &ProcessIntent) -> RunError {
    let pid = process.identity.map_or(0, |identity| identity.pid);
    RunError {
        retryable: true,
        ..RunError::new(codes::E0713, format!("`{}` (pid {pid}) cannot be stopped", process.name))
            .help(format!("stop it by hand: `kill -9 {pid}`"))
    }
}

/// All that carries its marker.
fn all_of(process: &ProcessIntent) -> Result<Vec<ProcessIdentity>, RunError> {
    marked(&process.marker).map_err(|error| RunError {
        retryable: true,
        ..RunError::new(codes::E0713, format!("whether `{}` still runs cannot be seen: {error}", process.name))
    })
}

async fn gone_within(process: &ProcessIntent, time: Duration) -> Result<bool, RunError> {
    let began = Instant::now();
    loop {
        let own = process.identity.is_some_and(|identity| identity.is_alive());
        if !own && all_of(process)?.is_empty() {
            return Ok(true);
        }
        if began.elapsed() >= time {
            return Ok(false);
        }
        sleep(POLL).await;
    }
}

fn signal(targets: &[ProcessIdentity], signal: Signal) {
    for target in targets {
        if let Some(pid) = i32::try_from(target.pid).ok().and_then(Pid::from_raw) {
            // The group holds what the process started itself; a process that leads none is signalled alone.
            let _gone = kill_process_group(pid, signal).or_else(|_| kill_process(pid, signal));
        }
    }
}
