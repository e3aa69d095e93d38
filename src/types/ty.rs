//! Types and what their values are measured in.

use crate::base::{Interval, unit};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many decimals can be told apart at all.
const MOST_DECIMALS: usize = 17;

/// A type. Values are numbers in base units: seconds, 1, bytes, events per second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// `true`, `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// Text.
    String,
    /// Seconds.
    Duration,
    /// A share, 0%..100% unless declared wider.
    Ratio,
    /// Percentage points: the difference of two ratios.
    Points,
    /// How many.
    Count,
    /// Bytes.
    Bytes,
    /// Events per second.
    Frequency,
    /// Bytes per second.
    Throughput,
    /// A service of the system.
    Service,
    /// A count that only grows; read through `increase` or `rate`.
    Counter,
    /// Many values at once; read through an aggregate.
    Distribution(Box<Type>),
    /// A value over time, as a scenario takes it. A metric is one anyway.
    Signal(Box<Type>),
    /// Several values of one type.
    List(Box<Type>),
    /// One of these words.
    Enum(Vec<String>),
    /// A mistake reported already; fits everything.
    Error,
}

impl Type {
    /// The type with a plain name.
    pub fn named(name: &str) -> Option<Type> {
        Some(match name {
            "bool" => Type::Bool,
            "int" => Type::Int,
            "float" => Type::Float,
            "string" => Type::String,
            "duration" => Type::Duration,
            "ratio" => Type::Ratio,
            "points" => Type::Points,
            "count" => Type::Count,
            "bytes" => Type::Bytes,
            "frequency" => Type::Frequency,
            "throughput" => Type::Throughput,
            "service" => Type::Service,
            "counter" => Type::Counter,
            _ => return None,
        })
    }

    /// All plain names.
    pub const NAMES: &'static [&'static str] = &[
        "bool",
        "int",
        "float",
        "string",
        "duration",
        "ratio",
        "points",
        "count",
        "bytes",
        "frequency",
        "throughput",
        "service",
        "counter",
        "distribution",
        "list",
        "signal",
        "enum",
    ];

    /// Whether it is, or is made of, a mistake that was reported.
    pub fn is_wrong(&self) -> bool {
        match self {
            Type::Error => true,
            Type::List(of) | Type::Distribution(of) | Type::Signal(of) => of.is_wrong(),
            _ => false,
        }
    }

    /// Whether values are numbers without unit.
    pub fn is_plain_number(&self) -> bool {
        matches!(self, Type::Int | Type::Float | Type::Count)
    }

    /// Whether values can be compared by size.
    pub fn is_quantity(&self) -> bool {
        self.is_plain_number()
            || matches!(
                self,
                Type::Duration
                    | Type::Ratio
                    | Type::Points
                    | Type::Bytes
                    | Type::Frequency
                    | Type::Throughput
                    | Type::Error
            )
    }

    /// Whether a value of `self` can stand where `wanted` is expected.
    pub fn fits(&self, wanted: &Type) -> bool {
        self == wanted
            || matches!((self, wanted), (Type::Error, _) | (_, Type::Error))
            || matches!((self, wanted), (Type::List(own), Type::List(of)) if own.fits(of))
            || matches!((self, wanted), (Type::Int, Type::Float | Type::Count) | (Type::Count, Type::Float))
    }

    /// Whether values of both can be compared.
    pub fn comparable(&self, other: &Type) -> bool {
        self.fits(other) || other.fits(self) || (self.is_plain_number() && other.is_plain_number())
    }

    /// The values it has when nothing narrower is declared.
    pub fn range(&self) -> Interval {
        match self {
            Type::Ratio => Interval { lo: 0.0, hi: 1.0 },
            Type::Points => Interval { lo: -1.0, hi: 1.0 },
            Type::Count | Type::Counter | Type::Bytes | Type::Frequency | Type::Throughput | Type::Duration => {
                Interval { lo: 0.0, hi: f64::INFINITY }
            }
            _ => Interval::ALL,
        }
    }

    /// A value of this type as people write it.
    pub fn show(&self, value: f64) -> String {
        self.show_to(value, unit::DECIMALS)
    }

    /// Values as people write them, with as many decimals as it takes to tell them apart, and from nothing.
    pub fn show_apart(&self, values: &[f64]) -> Vec<String> {
        let shown = |decimals| -> Vec<String> { values.iter().map(|value| self.show_to(*value, decimals)).collect() };
        let is_apart = |decimals: &usize| {
            let nothing = (0.0, self.show_to(0.0, *decimals));
            let mut texts: Vec<(f64, String)> = values.iter().copied().zip(shown(*decimals)).collect();
            texts.push(nothing);
            texts.iter().all(|(value, text)| texts.iter().all(|(other, same)| value == other || text != same))
        };
        shown((unit::DECIMALS..MOST_DECIMALS).find(is_apart).unwrap_or(MOST_DECIMALS))
    }

    fn show_to(&self, value: f64, decimals: usize) -> String {
        match self {
            Type::Duration => unit::duration_to(value, decimals),
            Type::Ratio => unit::ratio_to(value, decimals),
            Type::Points => format!("{}pp", unit::number_to(value * 100.0, decimals)),
            Type::Bytes => unit::bytes_to(value, decimals),
            Type::Frequency => unit::frequency_to(value, decimals),
            Type::Throughput => format!("{}/s", unit::bytes_to(value, decimals)),
            _ => unit::number_to(value, decimals),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::String => "string",
            Type::Duration => "duration",
            Type::Ratio => "ratio",
            Type::Points => "points",
            Type::Count => "count",
            Type::Bytes => "bytes",
            Type::Frequency => "frequency",
            Type::Throughput => "throughput",
            Type::Service => "service",
            Type::Counter => "counter",
            Type::Distribution(of) => return write!(f, "distribution<{of}>"),
            Type::Signal(of) => return write!(f, "signal<{of}>"),
            Type::List(of) => return write!(f, "list<{of}>"),
            Type::Enum(words) => return write!(f, "enum({})", words.join(", ")),
            Type::Error => "unknown",
        };
        f.write_str(name)
    }
}
