//! Toxics: what Toxiproxy calls its faults, in its own units.

use crate::bindings::chaos::injector::types::{Error, ErrorCode, Param, Value};
use crate::failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A toxic, as the API has it, without its name.
#[derive(Serialize, Deserialize)]
pub struct Toxic {
    #[serde(rename = "type")]
    pub kind: String,
    pub stream: String,
    /// The share of the connections, from 0 to 1.
    pub toxicity: f64,
    pub attributes: BTreeMap<String, u64>,
}

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
/// Toxiproxy lets `rate` times a hundred bytes through in 100 ms: its kilobyte has a thousand bytes.
const KILOBYTE: f64 = 1_000.0;

impl Toxic {
    /// A toxic of a fault with these parameters.
    pub fn of(fault: &str, params: &[Param]) -> Result<Self, Error> {
        let given = Given(params);
        let milliseconds = |name: &str| given.duration(name, MILLISECOND, "milliseconds");
        let attributes = match fault {
            "latency" => vec![("latency", milliseconds("delay")?), ("jitter", milliseconds("jitter")?)],
            "bandwidth" => vec![("rate", given.kilobytes_per_second("rate")?)],
            "slow_close" => vec![("delay", milliseconds("delay")?)],
            "timeout" | "reset_peer" => vec![("timeout", milliseconds("delay")?)],
            "slicer" => given.pieces()?,
            "limit_data" => vec![("bytes", given.size("bytes")?)],
            other => return Err(failure(ErrorCode::InvalidParams, format!("there is no fault `{other}`"))),
        };
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let (stream, toxicity) = (given.text("stream")?, given.ratio("toxicity")?);
        Ok(Self { kind: fault.to_owned(), stream, toxicity, attributes })
    }
}

struct Given<'p>(&'p [Param]);

impl Given<'_> {
    fn find(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|param| param.name == name).map(|param| &param.value)
    }

    fn text(&self, name: &str) -> Result<String, Error> {
        match self.find(name) {
            Some(Value::Text(text)) => Ok(text.clone()),
            _ => Err(missing(name)),
        }
    }

    fn ratio(&self, name: &str) -> Result<f64, Error> {
        match self.find(name) {
            Some(Value::Ratio(ratio)) => Ok(*ratio),
            _ => Err(missing(name)),
        }
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        match self.find(name) {
            Some(Value::Size(bytes)) => Ok(*bytes),
            _ => Err(missing(name)),
        }
    }

    /// Rounding would be another fault than the one that is written: what does not fit is refused.
    fn duration(&self, name: &str, unit: u64, units: &str) -> Result<u64, Error> {
        match self.find(name) {
            Some(Value::Duration(nanoseconds)) if nanoseconds % unit == 0 => Ok(nanoseconds / unit),
            Some(Value::Duration(_)) => {
                let message = format!("`{name}` is no whole number of {units}, in which Toxiproxy counts it");
                Err(failure(ErrorCode::InvalidParams, message))
            }
            _ => Err(missing(name)),
        }
    }

    /// Pieces of no size, or of less, would never come to an end.
    fn pieces(&self) -> Result<Vec<(&'static str, u64)>, Error> {
        let (average, variation) = (self.size("average-size")?, self.size("size-variation")?);
        if variation >= average {
            let message = "`size-variation` must be less than `average-size`, which must be 1 B at least".to_owned();
            return Err(failure(ErrorCode::InvalidParams, message));
        }
        let delay = self.duration("delay", MICROSECOND, "microseconds")?;
        Ok(vec![("average_size", average), ("size_variation", variation), ("delay", delay)])
    }

    fn kilobytes_per_second(&self, name: &str) -> Result<u64, Error> {
        let Some(Value::Bandwidth(bytes)) = self.find(name) else { return Err(missing(name)) };
        let rate = (bytes / KILOBYTE).round();
        if rate < 1.0 || (rate * KILOBYTE - bytes).abs() > 1e-6 * bytes {
            let message = format!("`{name}` is no whole number of kB per second, in which Toxiproxy counts it");
            return Err(failure(ErrorCode::InvalidParams, message));
        }
        Ok(rate as u64)
    }
}

fn missing(name: &str) -> Error {
    failure(ErrorCode::InvalidParams, format!("the parameter `{name}` is missing or of another kind"))
}
