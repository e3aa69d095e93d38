//! Values of parameters, as `conformance.toml` and the command line write them.

use crate::base::SourceId;
use crate::base::unit::Measure;
use crate::names::component::Kind;
use crate::plan::PlannedArgument;
use crate::syntax::parse_expression;
use crate::syntax::tree::{ExprKind, Operator};
use crate::types::Type;
use crate::types::model::Argument;
use crate::types::term::Term;
use serde_json::Value;

/// A value as a fault takes it. Numbers are in base units; quantities can be written with their unit, as `"250ms"`.
///
/// # Errors
/// It is of another kind.
pub fn argument(kind: Kind, value: &Value) -> Result<PlannedArgument, String> {
    let none = || format!("`{value}` is no {}", kind.word());
    let value = match kind {
        Kind::Boolean => Argument::Bool(value.as_bool().ok_or_else(none)?),
        Kind::Text => Argument::Text(value.as_str().ok_or_else(none)?.to_owned()),
        Kind::Texts => {
            let texts = value.as_array().ok_or_else(none)?.iter().map(|one| one.as_str().map(str::to_owned));
            Argument::List(texts.map(|text| text.map(Argument::Text)).collect::<Option<_>>().ok_or_else(none)?)
        }
        _ => Argument::Term(Term::Constant(number(kind, value).ok_or_else(none)?)),
    };
    Ok(PlannedArgument { ty: ty(kind), value })
}

/// A value from the command line.
///
/// # Errors
/// It is of another kind.
pub fn from_text(kind: Kind, text: &str) -> Result<Value, String> {
    let value = match kind {
        Kind::Boolean => Value::Bool(text.parse().map_err(|_| format!("`{text}` is no bool"))?),
        Kind::Texts => Value::Array(text.split(',').map(|one| Value::String(one.to_owned())).collect()),
        _ => Value::String(text.to_owned()),
    };
    argument(kind, &value).map(|_| value)
}

/// A value of another kind than this, which a component must refuse.
pub fn other_kind(kind: Kind) -> PlannedArgument {
    match kind {
        Kind::Text => PlannedArgument { ty: Type::Int, value: Argument::Term(Term::Constant(7.0)) },
        _ => PlannedArgument { ty: Type::String, value: Argument::Text("of another kind".to_owned()) },
    }
}

fn number(kind: Kind, value: &Value) -> Option<f64> {
    let text = match value {
        Value::Number(number) => return number.as_f64(),
        Value::String(text) => text,
        _ => return None,
    };
    let measure = match parse_expression(SourceId(0), text).ok()?.kind {
        ExprKind::Number(number) => return Some(number),
        ExprKind::Quantity(number, measure) => (number, measure),
        ExprKind::Binary(Operator::Over, of, by) if kind == Kind::Bandwidth => match (of.kind, by.kind) {
            (ExprKind::Quantity(size, Measure::Bytes), ExprKind::Quantity(time, Measure::Duration)) => {
                return Some(size / time);
            }
            _ => return None,
        },
        _ => return None,
    };
    let fits = matches!(
        (kind, measure.1),
        (Kind::Duration, Measure::Duration)
            | (Kind::Ratio, Measure::Ratio)
            | (Kind::Size, Measure::Bytes)
            | (Kind::Frequency, Measure::Frequency)
    );
    fits.then_some(measure.0)
}

fn ty(kind: Kind) -> Type {
    match kind {
        Kind::Boolean => Type::Bool,
        Kind::Integer => Type::Int,
        Kind::Number => Type::Float,
        Kind::Text => Type::String,
        Kind::Duration => Type::Duration,
        Kind::Size => Type::Bytes,
        Kind::Bandwidth => Type::Throughput,
        Kind::Frequency => Type::Frequency,
        Kind::Ratio => Type::Ratio,
        Kind::Texts => Type::List(Box::new(Type::String)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::{argument, from_text};
    use crate::names::component::Kind;
    use crate::types::model::Argument;
    use crate::types::term::Term;

    #[test]
    fn values_are_written_with_their_units_or_in_base_units() {
        let number = |kind, text: &str| match argument(kind, &from_text(kind, text).unwrap()).unwrap().value {
            Argument::Term(Term::Constant(number)) => number,
            other => panic!("{other:?}"),
        };
        assert_eq!(number(Kind::Duration, "250ms"), 0.25);
        assert_eq!(number(Kind::Ratio, "50%"), 0.5);
        assert_eq!(number(Kind::Integer, "6379"), 6379.0);
        assert_eq!(number(Kind::Size, "1KiB"), 1024.0);
        assert_eq!(number(Kind::Bandwidth, "1000"), 1000.0);
        assert_eq!(number(Kind::Bandwidth, "1KiB / 2s"), 512.0);
        for (kind, text) in
            [(Kind::Duration, "50%"), (Kind::Integer, "many"), (Kind::Boolean, "yes"), (Kind::Bandwidth, "1KiB")]
        {
            assert!(from_text(kind, text).is_err(), "{text}");
        }
    }
}
