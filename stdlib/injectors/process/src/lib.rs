//! The `process` injector: ends, stops or restarts instances of a service by signals to their processes.
//!
//! Which processes are an instance is for the host to say. A handle holds the chosen instances with the processes they had, so
//! what was stopped can be told to go on also after a restart of the runner.

mod bindings {
    wit_bindgen::generate!({ path: "../../wit/v0.2", world: "plugin", generate_all });
}

use bindings::chaos::injector::process::{self, Id, Info};
use bindings::chaos::injector::random;
use bindings::chaos::injector::types::{Error, ErrorCode, Param, Value};
use bindings::exports::chaos::injector::injector::{Context, Guest, Handle, Phase, Report, Target};
use serde::{Deserialize, Serialize};

struct Process;

/// What is done to the chosen instances.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fault {
    /// They end at once.
    Kill,
    /// They are asked to end.
    Restart,
    /// They stand still until the fault is taken back.
    Pause,
}

#[derive(Serialize, Deserialize)]
struct Prepared {
    fault: Fault,
    instances: Vec<String>,
    processes: Vec<(u32, u64)>,
}

impl Guest for Process {
    fn prepare(_: Context, fault: String, target: Target, params: Vec<Param>) -> Result<Vec<u8>, Error> {
        let fault = match fault.as_str() {
            "kill" => Fault::Kill,
            "restart" => Fault::Restart,
            "pause" => Fault::Pause,
            other => return Err(failure(ErrorCode::InvalidParams, format!("there is no fault `{other}`"))),
        };
        let count = count(&params)?;
        let all = process::list()?;
        let instances = chosen(&all, count, &target.name)?;
        let processes = all.iter().filter(|it| instances.contains(&it.instance)).map(|it| (it.id.pid, it.id.started));
        let prepared = Prepared { fault, processes: processes.collect(), instances };
        Ok(serde_json::to_vec(&prepared).unwrap_or_default())
    }

    fn inject(ctx: Context, handle: Handle) -> Result<(), Error> {
        let prepared = Prepared::read(&handle)?;
        if ctx.dry_run {
            return Ok(());
        }
        let signal = match prepared.fault {
            Fault::Kill => "KILL",
            Fault::Restart => "TERM",
            Fault::Pause => "STOP",
        };
        prepared.send(signal)
    }

    fn renew(_: Context, handle: Handle) -> Result<(), Error> {
        Prepared::read(&handle).map(|_| ())
    }

    fn revert(ctx: Context, handle: Handle) -> Result<(), Error> {
        let prepared = Prepared::read(&handle)?;
        match prepared.fault {
            _ if ctx.dry_run => Ok(()),
            // Whoever restarts the service brings it back.
            Fault::Kill | Fault::Restart => Ok(()),
            Fault::Pause => prepared.send("CONT"),
        }
    }

    fn status(_: Context, handle: Handle) -> Result<Report, Error> {
        let prepared = Prepared::read(&handle)?;
        let now = process::list()?;
        let there = |id: &&(u32, u64)| now.iter().find(|it| (it.id.pid, it.id.started) == **id);
        let stopped = prepared.processes.iter().filter_map(|id| there(&id)).filter(|it| it.state == "T").count();
        let gone = prepared.processes.iter().filter(|id| there(id).is_none()).count();
        let acted = if prepared.fault == Fault::Pause { stopped } else { gone };
        let phase = match prepared.fault {
            Fault::Pause if stopped == 0 => Phase::Reverted,
            _ => Phase::Active,
        };
        let of = prepared.processes.len();
        let what = if prepared.fault == Fault::Pause { "stand still" } else { "have ended" };
        let message = format!("{acted} of {of} processes {what}");
        Ok(Report { phase, message, acted: acted as u64, metrics: Vec::new() })
    }
}

impl Prepared {
    fn read(handle: &Handle) -> Result<Self, Error> {
        serde_json::from_slice(&handle.data)
            .map_err(|error| failure(ErrorCode::UnknownHandle, format!("the handle cannot be read: {error}")))
    }

    /// To all of them; one that is gone needs no signal.
    fn send(&self, signal: &str) -> Result<(), Error> {
        for (pid, started) in &self.processes {
            match process::signal(Id { pid: *pid, started: *started }, signal) {
                Err(error) if matches!(error.code, ErrorCode::UnknownHandle) => {}
                sent => sent?,
            }
        }
        Ok(())
    }
}

/// So many of the instances that run, by the seed of the fault.
fn chosen(all: &[Info], count: usize, service: &str) -> Result<Vec<String>, Error> {
    let mut instances: Vec<String> = all.iter().map(|it| it.instance.clone()).collect();
    instances.sort();
    instances.dedup();
    if instances.len() < count {
        let there = instances.len();
        let message = format!("{count} instances of `{service}` are to be hit, and {there} have processes that are known");
        return Err(failure(ErrorCode::UnsupportedTarget, message));
    }
    let mut chosen: Vec<String> = (0..count)
        .map(|_| {
            let at = random::next() % instances.len() as u64;
            instances.remove(at as usize)
        })
        .collect();
    chosen.sort();
    Ok(chosen)
}

fn count(params: &[Param]) -> Result<usize, Error> {
    match params.iter().find(|param| param.name == "count").map(|param| &param.value) {
        Some(Value::Integer(count)) if *count > 0 => Ok(*count as usize),
        _ => Err(failure(ErrorCode::InvalidParams, "the parameter `count` is missing or no number from 1 on".into())),
    }
}

fn failure(code: ErrorCode, message: String) -> Error {
    Error { code, message, retryable: false }
}

bindings::export!(Process with_types_in bindings);
