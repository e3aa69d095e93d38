//! What is said to an injector and what it answers, in the runner's words.

use super::bindings::chaos::injector::types::{Error, ErrorCode, Param, Value};
use super::bindings::exports::chaos::injector::injector as wit;
use super::error::InjectorError;
use crate::base::unit::to_duration;
use crate::plan::PlannedArgument;
use crate::types::Type;
use crate::types::model::{Argument, Class};
use crate::types::term::Term;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Who calls, for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The run.
    pub run: String,
    /// The experiment.
    pub experiment: String,
    /// The step.
    pub step: String,
    /// The fencing token.
    pub fence: u64,
    /// How long the fault lasts without renewal; none: until it is reverted.
    pub lease: Option<Duration>,
}

/// What is faulted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The service.
    pub service: String,
    /// What the injector needs to know of it, for example the address of its proxy's admin API.
    pub attributes: BTreeMap<String, String>,
}

/// What is needed to renew, revert and watch a fault, also after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle {
    /// Its name.
    pub id: String,
    /// The injector's own data, at most 64 KiB.
    pub data: Vec<u8>,
}

/// Where a fault is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// In force.
    Active,
    /// Taken back.
    Reverted,
    /// Ended by itself when its lease ran out.
    Expired,
    /// Nobody knows of it.
    Lost,
}

/// What an injector says became of a fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where it is in its life.
    pub phase: Phase,
    /// How often it has acted.
    pub acted: u64,
    /// In its words.
    pub message: String,
}

/// Handles are kept in the journal, so they are bounded.
const LARGEST_HANDLE: usize = 64 * 1024;

pub(super) fn context(call: &Call) -> wit::Context {
    wit::Context {
        run_id: call.run.clone(),
        experiment: call.experiment.clone(),
        step: call.step.clone(),
        fence: call.fence,
        lease: call.lease.map(nanoseconds),
        seed: 0,
        dry_run: false,
        deadline: None,
        attributes: Vec::new(),
    }
}

pub(super) fn target(target: &Target) -> wit::Target {
    wit::Target {
        kind: "service".to_owned(),
        name: target.service.clone(),
        instances: Vec::new(),
        attributes: target.attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}

pub(super) fn handle(handle: &Handle) -> wit::Handle {
    wit::Handle { id: handle.id.clone(), data: handle.data.clone() }
}

pub(super) fn read_handle(handle: wit::Handle) -> Result<Handle, InjectorError> {
    if handle.data.len() > LARGEST_HANDLE || handle.id.is_empty() || handle.id.len() > 1024 {
        return Err(InjectorError::Trapped("it gave a handle that is empty or too large".to_owned()));
    }
    Ok(Handle { id: handle.id, data: handle.data })
}

pub(super) fn read_report(report: wit::Report) -> Evidence {
    let phase = match report.phase {
        wit::Phase::Active => Phase::Active,
        wit::Phase::Reverted => Phase::Reverted,
        wit::Phase::Expired => Phase::Expired,
        wit::Phase::Lost => Phase::Lost,
    };
    Evidence { phase, acted: report.acted, message: report.message }
}

pub(super) fn read_class(class: wit::Class) -> Class {
    match class {
        wit::Class::Leased => Class::Leased,
        wit::Class::Revertible => Class::Revertible,
        wit::Class::SelfHealing => Class::SelfHealing,
        wit::Class::Irreversible => Class::Irreversible,
    }
}

pub(super) fn read_error(error: Error) -> InjectorError {
    let code = match error.code {
        ErrorCode::InvalidParams => "invalid-params".to_owned(),
        ErrorCode::UnsupportedTarget => "unsupported-target".to_owned(),
        ErrorCode::PermissionDenied => "permission-denied".to_owned(),
        ErrorCode::TargetUnreachable => "target-unreachable".to_owned(),
        ErrorCode::Timeout => "timeout".to_owned(),
        ErrorCode::UnknownHandle => "unknown-handle".to_owned(),
        ErrorCode::Internal => "internal".to_owned(),
        ErrorCode::Other(code) => code,
    };
    InjectorError::Refused { code, message: error.message, retryable: error.retryable }
}

pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Arguments as the interface's typed values.
///
/// # Errors
/// An argument that is still unknown; the plan of a run has none.
pub(super) fn params(arguments: &BTreeMap<String, PlannedArgument>) -> Result<Vec<Param>, InjectorError> {
    arguments.iter().map(|(name, argument)| Ok(Param { name: name.clone(), value: value(name, argument)? })).collect()
}

fn value(name: &str, argument: &PlannedArgument) -> Result<Value, InjectorError> {
    let number = match &argument.value {
        Argument::Text(text) | Argument::Service(text) | Argument::Word(text) => return Ok(Value::Text(text.clone())),
        Argument::Bool(value) => return Ok(Value::Boolean(*value)),
        Argument::Term(Term::Constant(number)) => *number,
        Argument::List(_) => return Err(InjectorError::Host(format!("the argument `{name}` is a list"))),
        Argument::Term(_) | Argument::Answer(_) | Argument::Any => {
            return Err(InjectorError::Host(format!("the argument `{name}` is not known")));
        }
    };
    Ok(match argument.ty {
        Type::Int | Type::Count => Value::Integer(number as i64),
        Type::Duration => Value::Duration(nanoseconds(to_duration(number))),
        Type::Ratio => Value::Ratio(number),
        Type::Bytes => Value::Size(number as u64),
        Type::Frequency => Value::Frequency(number),
        _ => Value::Number(number),
    })
}
