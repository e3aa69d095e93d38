//! Numbers as data: those that JSON has no form for are written as words.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number that may be infinite, or none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Written(#[serde(with = "crate::base::number")] pub f64);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Number(f64),
    Word(String),
}

/// Writes a number; `"inf"`, `"-inf"` and `"NaN"` where it is not finite.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match number.is_finite() {
        true => Form::Number(*number),
        false => Form::Word(number.to_string()),
    }
    .serialize(serializer)
}

/// Reads what `serialize` wrote.
///
/// # Errors
/// It is neither a number nor one of the words.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match Form::deserialize(deserializer)? {
        Form::Number(number) => Ok(number),
        Form::Word(word) => word.parse().map_err(D::Error::custom),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Written;

    #[test]
    fn every_number_comes_back_as_it_was() {
        for number in [0.0, -0.0, 0.1 + 0.2, 1e308, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let text = serde_json::to_string(&Written(number)).unwrap();
            let back: Written = serde_json::from_str(&text).unwrap();
            assert!(back.0.to_bits() == number.to_bits() || number.is_nan() && back.0.is_nan(), "{text}");
        }
        assert!(serde_json::from_str::<Written>("\"many\"").is_err());
    }
}
