//! Arguments as values in base units.

use super::call::nanoseconds;
use super::error::InjectorError;
use crate::base::unit::to_duration;
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

/// Arguments by name.
///
/// # Errors
/// An argument that is still unknown; the plan of a run has none.
pub(super) fn values(arguments: &BTreeMap<String, PlannedArgument>) -> Result<Vec<(String, Value)>, InjectorError> {
    arguments.iter().map(|(name, argument)| Ok((name.clone(), value(name, argument)?))).collect()
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
        Type::Int | Type::Count => Value::Integer(number as i64),
        Type::Duration => Value::Duration(nanoseconds(to_duration(number))),
        Type::Ratio => Value::Ratio(number),
        Type::Bytes => Value::Size(number as u64),
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
