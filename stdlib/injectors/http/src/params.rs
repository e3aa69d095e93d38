//! Parameters by name and kind.

use crate::bindings::chaos::injector::types::{Error, ErrorCode, Param, Value};
use crate::failure;

/// A parameter is missing, or of another kind.
pub fn wrong(name: &str) -> Error {
    failure(ErrorCode::InvalidParams, format!("the parameter `{name}` is missing or of another kind"), false)
}

fn get<T>(params: &[Param], name: &str, read: impl Fn(&Value) -> Option<T>) -> Result<T, Error> {
    params.iter().find(|param| param.name == name).and_then(|param| read(&param.value)).ok_or_else(|| wrong(name))
}

pub fn integer(params: &[Param], name: &str) -> Result<i64, Error> {
    get(params, name, |value| if let Value::Integer(value) = value { Some(*value) } else { None })
}

pub fn ratio(params: &[Param], name: &str) -> Result<f64, Error> {
    get(params, name, |value| if let Value::Ratio(value) = value { Some(*value) } else { None })
}

/// Bytes a second.
pub fn bandwidth(params: &[Param], name: &str) -> Result<f64, Error> {
    get(params, name, |value| if let Value::Bandwidth(value) = value { Some(*value) } else { None })
}

/// How often a second.
pub fn frequency(params: &[Param], name: &str) -> Result<f64, Error> {
    get(params, name, |value| if let Value::Frequency(value) = value { Some(*value) } else { None })
}

pub fn milliseconds(params: &[Param], name: &str) -> Result<f64, Error> {
    get(params, name, |value| if let Value::Duration(nanoseconds) = value { Some(*nanoseconds as f64 / 1e6) } else { None })
}

pub fn text(params: &[Param], name: &str) -> Result<String, Error> {
    get(params, name, |value| if let Value::Text(value) = value { Some(value.clone()) } else { None })
}

pub fn texts(params: &[Param], name: &str) -> Result<Vec<String>, Error> {
    get(params, name, |value| if let Value::Texts(value) = value { Some(value.clone()) } else { None })
}
