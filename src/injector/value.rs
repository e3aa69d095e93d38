//! Arguments as values in base units.

use super::call::nanoseconds;
use super::error::InjectorError;
use crate::base::unit::{to_duration, whole};
use crate::names::component::{FaultSpec, Kind};
use crate::plan::PlannedArgument;
use crate::types::Type;
use crate::types::model::Argument;
use crate::types::term::Term;
use std::collections::BTreeMap;

/// A value in base units, as every version of the interface has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    Duration(u64),
    Size(u64),
    Bandwidth(f64),
    Frequency(f64),
    Ratio(f64),
    Texts(Vec<String>),
}

/// Arguments by name; what a declaration leaves out has the component's own default.
///
/// # Errors
/// An argument that is still unknown; the plan of a run has none.
pub(super) fn values(
    arguments: &BTreeMap<String, PlannedArgument>,
    spec: &FaultSpec,
) -> Result<Vec<(String, Value)>, InjectorError> {
    let given = arguments.iter().map(|(name, argument)| Ok((name.clone(), value(name, argument)?)));
    let mut all: Vec<(String, Value)> = given.collect::<Result<_, InjectorError>>()?;
    for param in spec.params.iter().filter(|param| !arguments.contains_key(&param.name)) {
        all.extend(
            param.default.as_ref().and_then(|value| default(param.kind, value)).map(|it| (param.name.clone(), it)),
        );
    }
    Ok(all)
}

/// A default of a manifest, in the interface's units.
fn default(kind: Kind, value: &serde_json::Value) -> Option<Value> {
    let number = value.as_f64();
    Some(match kind {
        Kind::Boolean => Value::Boolean(value.as_bool()?),
        Kind::Integer => Value::Integer(value.as_i64()?),
        Kind::Text => Value::Text(value.as_str()?.to_owned()),
        Kind::Duration => Value::Duration(nanoseconds(to_duration(number?))),
        Kind::Size => Value::Size(number? as u64),
        Kind::Bandwidth => Value::Bandwidth(number?),
        Kind::Frequency => Value::Frequency(number?),
        Kind::Ratio => Value::Ratio(number?),
        Kind::Number => Value::Number(number?),
        Kind::Texts => {
            let all = value.as_array()?.iter().map(|one| one.as_str().map(str::to_owned));
            Value::Texts(all.collect::<Option<_>>()?)
        }
    })
}

fn value(name: &str, argument: &PlannedArgument) -> Result<Value, InjectorError> {
    let unknown = |what: &str| InjectorError::Host(format!("the argument `{name}` {what}"));
    let number = match &argument.value {
        Argument::Text(text) | Argument::Service(text) | Argument::Word(text) => return Ok(Value::Text(text.clone())),
        Argument::Bool(value) => return Ok(Value::Boolean(*value)),
        Argument::Term(Term::Constant(number)) => *number,
        Argument::List(all) => return texts(all).ok_or_else(|| unknown("is a list of other things than texts")),
        Argument::Term(_) | Argument::Answer(_) | Argument::Any => return Err(unknown("is not known")),
    };
    Ok(match argument.ty {
        Type::Int | Type::Count => Value::Integer(number.round() as i64),
        Type::Duration => Value::Duration(nanoseconds(to_duration(number))),
        Type::Ratio => Value::Ratio(number),
        Type::Bytes => Value::Size(whole(number).ok_or_else(|| unknown("is no whole number of bytes"))? as u64),
        Type::Throughput => Value::Bandwidth(number),
        Type::Frequency => Value::Frequency(number),
        _ => Value::Number(number),
    })
}

fn texts(all: &[Argument]) -> Option<Value> {
    let text = |one: &Argument| match one {
        Argument::Text(text) | Argument::Word(text) | Argument::Service(text) => Some(text.clone()),
        _ => None,
    };
    all.iter().map(text).collect::<Option<_>>().map(Value::Texts)
}
