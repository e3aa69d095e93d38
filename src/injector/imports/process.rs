//! Capability `process`: the declared processes of the target, and signals to them.

use super::ask::{Deed, Refusal, State, denied, failed};
use crate::injector::bindings::v0_2::chaos::injector::process::{Host, Id, Info};
use crate::injector::bindings::v0_2::chaos::injector::types::{Error, ErrorCode};
use crate::injector::declared::{Unfound, of_another, refusal};
use crate::injector::grant::Purpose;
use crate::journal::{HostCall, ProcessIdentity};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// The signals that can be sent, by their names without `SIG`.
const SIGNALS: &[(&str, Signal)] = &[
    ("HUP", Signal::HUP),
    ("INT", Signal::INT),
    ("QUIT", Signal::QUIT),
    ("KILL", Signal::KILL),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
    ("TERM", Signal::TERM),
    ("CONT", Signal::CONT),
    ("STOP", Signal::STOP),
];

impl State {
    /// The declared processes that run. A check also finds out whether they may be signalled, and why there are none.
    async fn list_now(&mut self) -> Result<Vec<Info>, Refusal> {
        let (mut all, mut none) = (Vec::new(), Vec::new());
        for declared in &self.grant.processes {
            match declared.processes().await {
                Ok(found) => all.extend(found.into_iter().filter_map(|process| info(process, &declared.instance))),
                Err(Unfound::None(why)) => none.push(why),
                Err(Unfound::Wrong(why)) => return Err(failed(ErrorCode::UnsupportedTarget, why)),
            }
        }
        self.listed.extend(all.iter().map(|info| identity(info.id)));
        if self.purpose == Purpose::Check {
            if all.is_empty() && !none.is_empty() {
                return Err(failed(ErrorCode::TargetUnreachable, none.join("; ")));
            }
            if let Some(why) = all.iter().find_map(|info| refusal(identity(info.id))) {
                return Err(denied(why));
            }
        }
        Ok(all)
    }

    async fn signal_now(&mut self, id: Id, name: &str) -> Result<(), Refusal> {
        self.may_change(&format!("send SIG{name}"))?;
        let known = SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, signal)| *signal);
        let signal = known.ok_or_else(|| failed(ErrorCode::InvalidParams, format!("there is no signal `{name}`")))?;
        let wanted = identity(id);
        // Held by its descriptor, the number cannot pass to another process between the look and the signal.
        let gone = || failed(ErrorCode::UnknownHandle, format!("process {} is gone", id.pid));
        let pid = i32::try_from(id.pid).ok().and_then(Pid::from_raw).ok_or_else(gone)?;
        let process = pidfd_open(pid, PidfdFlags::empty()).map_err(|_| gone())?;
        if !wanted.is_alive() {
            return Err(gone());
        }
        let goes_on = name == "CONT" && self.has_stopped(wanted);
        if !goes_on && !self.listed.contains(&wanted) {
            self.list_now().await?;
        }
        if !goes_on && !self.listed.contains(&wanted) {
            // What is on its way out shows nothing of itself any more, so not whose it was either.
            if std::fs::read(format!("/proc/{}/cmdline", id.pid)).unwrap_or_default().is_empty() {
                return Err(gone());
            }
            return Err(denied(format!("process {} is none that the environment declares for this target", id.pid)));
        }
        pidfd_send_signal(process, signal).map_err(|error| match error {
            rustix::io::Errno::PERM => denied(of_another(id.pid)),
            rustix::io::Errno::SRCH => gone(),
            other => failed(ErrorCode::Internal, format!("process {}: {other}", id.pid)),
        })?;
        self.deeds.push(Deed::Signal(wanted, name.to_owned()));
        Ok(())
    }

    /// Whether this very fault has stopped a process: it may go on whatever the environment means by the target by now.
    fn has_stopped(&self, process: ProcessIdentity) -> bool {
        let calls = self.journal.host_calls(&self.run).unwrap_or_default();
        of_step(&calls, &self.step).any(|stopped| stopped == process)
    }
}

fn identity(id: Id) -> ProcessIdentity {
    ProcessIdentity { pid: id.pid, started: id.started }
}

/// The processes that a step has stopped, by what is written down.
fn of_step<'a>(calls: &'a [HostCall], step: &'a str) -> impl Iterator<Item = ProcessIdentity> + 'a {
    calls.iter().filter(move |call| call.step == step && call.outcome == "done").filter_map(|call| stopped(&call.what))
}

/// A process, as it is written down.
fn told(process: ProcessIdentity) -> String {
    format!("{}/{}", process.pid, process.started)
}

/// The process that was stopped by what is written down; none where something else was asked.
fn stopped(what: &str) -> Option<ProcessIdentity> {
    let (pid, started) = what.strip_prefix("SIGSTOP to ")?.split_once('/')?;
    Some(ProcessIdentity { pid: pid.parse().ok()?, started: started.parse().ok()? })
}

/// Lets go on whatever was stopped for a fault, by what is written down of it: without its component, which failed. Gives how
/// many processes that were.
pub(crate) fn let_go_on(calls: &[HostCall], step: &str) -> usize {
    let processes = of_step(calls, step).filter(ProcessIdentity::is_stopped);
    let sent = processes.filter(|process| {
        let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
        let held = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        held.is_some_and(|held| process.is_alive() && pidfd_send_signal(held, Signal::CONT).is_ok())
    });
    sent.count()
}

fn info(process: ProcessIdentity, instance: &str) -> Option<Info> {
    let of = |file: &str| std::fs::read(format!("/proc/{}/{file}", process.pid)).ok();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let stat = text(of("stat")?);
    let state = stat.rsplit_once(") ")?.1.chars().next()?.to_string();
    let command = text(of("cmdline")?).split('\0').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    Some(Info {
        id: Id { pid: process.pid, started: process.started },
        instance: instance.to_owned(),
        name: text(of("comm")?).trim().to_owned(),
        command,
        state,
    })
}

impl Host for State {
    async fn list(&mut self) -> wasmtime::Result<Result<Vec<Info>, Error>> {
        Ok(self.ask("process", "list".to_owned(), async |state| state.list_now().await).await)
    }

    async fn signal(&mut self, id: Id, signal: String) -> wasmtime::Result<Result<(), Error>> {
        let name: String = signal.chars().take(20).collect();
        let what = format!("SIG{name} to {}", told(identity(id)));
        Ok(self.ask("process", what, async |state| state.signal_now(id, &name).await).await)
    }
}
