//! Rank 9: a plan as a document that can be kept, reviewed, drawn and compared.
//!
//! A document holds the plan, the bounds proven of it, what it was made from, and two sums: `hash` is that of the meaning,
//! the same for every spelling of it; `checksum` is that of all that the document says, so that an edit by hand is seen.

mod changes;
mod comparison;
mod drawing;
mod errors;
mod label;
mod meaning;
mod show;

pub use changes::{Change, changes};
pub use comparison::comparison;
pub use drawing::{Drawing, draw};
pub use errors::{differs, unplannable};
pub use meaning::same;

use crate::analysis::Planned;
use crate::diagnostics::Diagnostic;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The form's version: it grows by new fields; whatever else changes makes a new one.
pub const VERSION: u64 = 1;

/// What a plan was made from: with the same choice it can be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file, as it was named.
    pub file: String,
    /// The experiment.
    pub experiment: String,
    /// The environment.
    pub environment: String,
    /// The parameters that were given, as they were written.
    pub parameters: BTreeMap<String, String>,
}

/// A plan with its bounds, as it is written to a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Document {
    /// [`VERSION`].
    version: u64,
    /// The program that made it.
    made_by: String,
    /// What it was made from.
    made_from: Origin,
    /// The sum of its meaning.
    hash: String,
    /// The sum of the document without this field; made when it is written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    checksum: String,
    /// The plan.
    plan: Value,
    /// The worst that it can do.
    bounds: Value,
    /// What a later program said besides.
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

impl Document {
    /// The document of a plan.
    pub fn new(planned: &Planned, made_from: Origin) -> Self {
        let value = |it: Result<Value, _>| it.unwrap_or(Value::Null);
        let (plan, bounds) = (serde_json::to_value(&planned.plan), serde_json::to_value(&planned.bounds));
        let mut document = Document {
            version: VERSION,
            made_by: concat!("chaos ", env!("CARGO_PKG_VERSION")).to_owned(),
            made_from,
            hash: String::new(),
            checksum: String::new(),
            plan: value(plan),
            bounds: value(bounds),
            more: BTreeMap::new(),
        };
        document.hash = document.sum_of_meaning();
        document
    }

    /// Reads a document from the text of a file.
    ///
    /// # Errors
    /// It is none; a later version wrote it; or it was edited, so that its sums do not fit.
    pub fn read(text: &str, path: &Path) -> Result<Self, Diagnostic> {
        let value: Value = serde_json::from_str(text).map_err(|error| errors::no_json(path, &error))?;
        match value.get("version").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(other) => return Err(errors::other_version(path, other, VERSION)),
            None => return Err(errors::no_plan(path, "it has no `version`")),
        }
        let document: Document =
            serde_json::from_value(value).map_err(|error| errors::no_plan(path, &error.to_string()))?;
        if document.sum_of_all() != document.checksum || document.sum_of_meaning() != document.hash {
            return Err(errors::edited(path));
        }
        Ok(document)
    }

    /// The document's text.
    pub fn text(&self) -> String {
        let sealed = Document { checksum: self.sum_of_all(), ..self.clone() };
        serde_json::to_string_pretty(&sealed).unwrap_or_default() + "\n"
    }

    /// The sum of the meaning: `sha256:` and 64 hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What it was made from.
    pub fn made_from(&self) -> &Origin {
        &self.made_from
    }

    fn sum_of_meaning(&self) -> String {
        meaning::sum_of_meaning(&[("bounds", &self.bounds), ("plan", &self.plan)])
    }

    /// The sum of everything that it says, whatever its layout.
    fn sum_of_all(&self) -> String {
        let own = [
            ("bounds", &self.bounds),
            ("hash", &Value::from(self.hash.as_str())),
            ("made_by", &Value::from(self.made_by.as_str())),
            ("made_from", &serde_json::to_value(&self.made_from).unwrap_or_default()),
            ("plan", &self.plan),
            ("version", &Value::from(self.version)),
        ];
        let fields: BTreeMap<&str, &Value> =
            self.more.iter().map(|(name, value)| (name.as_str(), value)).chain(own).collect();
        meaning::sum_of_all(&fields.into_iter().collect::<Vec<_>>())
    }
}
