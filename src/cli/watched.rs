//! A run's guard, as its runner has it.

use super::guard::{OVER, WATCHING};
use super::scope::{self, Manager};
use crate::journal::ProcessIdentity;
use crate::run::TOKEN_VARIABLE;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a guard may take until it stands.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether a guard has ended.
const POLL: Duration = Duration::from_millis(5);

/// A guard that stands, or none.
pub struct Watched(Option<(Child, PathBuf)>);

/// What a guard is started with.
pub struct Orders<'a> {
    pub store: &'a Path,
    pub run: &'a str,
    /// What reverts need, as one line: it goes through the pipe.
    pub keys: String,
    /// The variables that hold secrets: the guard has none of them.
    pub secrets: Vec<&'a str>,
}

impl Watched {
    /// Starts the guard of a run and waits until it stands, in a scope of its own where there is a systemd. Its words go to
    /// `guard.log` in the run's folder.
    ///
    /// # Errors
    /// Why there is none.
    pub fn begin(orders: &Orders) -> Result<Self, String> {
        let folder = orders.store.join("runs").join(orders.run);
        let log = folder.join("guard.log");
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let mut refused = None;
        for manager in scope::managers() {
            match started(orders, &log, Some(manager)) {
                Ok(child) => return Ok(Self(Some((child, log)))),
                Err(why) => refused = Some(why),
            }
        }
        let child = started(orders, &log, None)?;
        if let Some(why) = refused {
            complain_of!(
                "the guard stands in the runner's control group, and is killed with it, since systemd gives it no place \
                 of its own: {why}"
            );
        }
        Ok(Self(Some((child, log))))
    }

    /// No guard.
    pub fn by_nobody() -> Self {
        Self(None)
    }

    /// The guard's process.
    pub fn process(&self) -> Option<ProcessIdentity> {
        self.0.as_ref().map(|(child, _)| ProcessIdentity::of(child.id()))
    }

    /// Says that the run is over, and waits until the guard has gone.
    pub fn end(mut self) {
        let Some((child, log)) = &mut self.0 else { return };
        if let Some(mut pipe) = child.stdin.take() {
            let _guard_is_gone = writeln!(pipe, "{OVER}");
        }
        if !ended_within(child, PATIENCE) {
            complain_of!("the guard (pid {}) does not end, and is killed", child.id());
            let _gone_already = child.kill();
            let _reaped = child.wait();
        }
        if log.metadata().is_ok_and(|log| log.len() == 0) {
            let _nothing_to_say = std::fs::remove_file(log);
        }
    }
}

fn ended_within(child: &mut Child, time: Duration) -> bool {
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(None) if began.elapsed() < time => std::thread::sleep(POLL),
            Ok(None) => return false,
            Ok(Some(_)) | Err(_) => return true,
        }
    }
}

/// A guard that stands and has been handed what reverts need. What else was started is ended.
fn started(orders: &Orders, log: &Path, manager: Option<Manager>) -> Result<Child, String> {
    let spawned = spawn(orders, log, manager);
    let mut child = spawned.map_err(|error| error.to_string())?;
    if stands(&mut child) && handed(&mut child, &orders.keys) {
        return Ok(child);
    }
    let _gone_already = child.kill();
    let _reaped = child.wait();
    let said = std::fs::read_to_string(log).unwrap_or_default();
    let _as_if_new = File::create(log);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    Err(if said.is_empty() { "it did not begin in time".to_owned() } else { said })
}

fn spawn(orders: &Orders, log: &Path, manager: Option<Manager>) -> std::io::Result<Child> {
    let program: OsString = std::env::current_exe()?.into_os_string();
    let mut command = match manager {
        Some(manager) => scope::within(manager, orders.run, &program),
        None => Command::new(&program),
    };
    command.args(["guard", "--run", orders.run, "--store"]).arg(orders.store);
    for variable in orders.secrets.iter().chain(&[TOKEN_VARIABLE]) {
        command.env_remove(variable);
    }
    let log = File::options().create(true).append(true).open(log)?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn()
}

/// Whether a guard says that it watches, within its time.
fn stands(child: &mut Child) -> bool {
    let Some(out) = child.stdout.take() else { return false };
    let (sender, said) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let _read = BufReader::new(out).read_line(&mut line);
        let _nobody_waits = sender.send(line);
    });
    said.recv_timeout(PATIENCE).is_ok_and(|line| line.trim_end() == WATCHING)
}

fn handed(child: &mut Child, keys: &str) -> bool {
    child.stdin.as_mut().is_some_and(|pipe| writeln!(pipe, "{keys}").and_then(|()| pipe.flush()).is_ok())
}
