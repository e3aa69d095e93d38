//! What a component says of itself: the custom section `chaos:manifest`, which holds JSON.

use serde::Deserialize;
use std::fmt;

/// What a component is and can do.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Manifest {
    /// The line of the interface that it speaks: `0.2`.
    pub interface: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    #[serde(default)]
    pub doc: String,
    /// The most memory that it needs, in MiB.
    #[serde(default = "usual_memory")]
    pub memory_mib: u32,
    /// What it asks of the host.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// Its faults.
    pub faults: Vec<FaultSpec>,
}

fn usual_memory() -> u32 {
    64
}

/// The most memory that a component gets, in MiB: what those that bring an interpreter need.
pub const MOST_MEMORY: u32 = 256;

/// Something that a component asks of the host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Capability {
    /// `http`, `tcp`, `exec`, `process`, `files`.
    pub name: String,
    /// Of what: `target:admin`, the target's own; `granted`, what the environment grants; or one thing by its name.
    #[serde(default)]
    pub scope: Vec<String>,
    /// What for.
    #[serde(default)]
    pub reason: String,
}

/// The capabilities that are granted.
pub const CAPABILITIES: &[&str] = &["http", "tcp", "exec", "process", "files"];

/// A fault of a component.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FaultSpec {
    /// Its name: the action of a declaration.
    pub name: String,
    /// What it does.
    #[serde(default)]
    pub doc: String,
    /// What it can hit: `service`.
    pub targets: Vec<String>,
    /// How it ends when nobody undoes it: the word of a class.
    pub class: String,
    /// What it works on: `requests`, `instance`, `host`.
    pub resource: String,
    /// What it is given.
    #[serde(default)]
    pub params: Vec<ParamSpec>,
}

/// A parameter of a fault.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ParamSpec {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// What it is where nobody says; none: it must be given. In base units: seconds, bytes, 0 to 1.
    pub default: Option<serde_json::Value>,
    /// The least, in base units.
    pub min: Option<f64>,
    /// The most, in base units.
    pub max: Option<f64>,
    /// The words that it can be; empty: any.
    #[serde(default)]
    pub choices: Vec<String>,
    /// What it is for.
    #[serde(default)]
    pub doc: String,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `true`, `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text.
    Text,
    /// Seconds.
    Duration,
    /// Bytes.
    Size,
    /// Bytes a second.
    Bandwidth,
    /// Events a second.
    Frequency,
    /// 0 to 1.
    Ratio,
    /// Several texts.
    Texts,
}

impl Kind {
    /// How the language calls it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Boolean => "bool",
            Kind::Integer => "int",
            Kind::Number => "float",
            Kind::Text => "string",
            Kind::Duration => "duration",
            Kind::Size => "bytes",
            Kind::Bandwidth => "throughput",
            Kind::Frequency => "frequency",
            Kind::Ratio => "ratio",
            Kind::Texts => "list<string>",
        }
    }

    fn fits(self, value: &serde_json::Value) -> bool {
        match self {
            Kind::Boolean => value.is_boolean(),
            Kind::Text => value.is_string(),
            Kind::Texts => value.as_array().is_some_and(|all| all.iter().all(serde_json::Value::is_string)),
            Kind::Integer => value.is_i64(),
            _ => value.is_number(),
        }
    }
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with it, for a message.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let unreadable = |error: serde_json::Error| format!("its manifest cannot be read: {error}");
        let whole: serde_json::Value = serde_json::from_slice(text).map_err(unreadable)?;
        if let Some(text) = steering(&whole) {
            return Err(format!("its manifest is wrong: a control character stands in {text:?}"));
        }
        let manifest: Manifest = serde_json::from_slice(text).map_err(unreadable)?;
        manifest.flaw().map_or(Ok(()), |flaw| Err(format!("its manifest is wrong: {flaw}")))?;
        Ok(manifest)
    }

    /// The fault with this name.
    pub fn fault(&self, name: &str) -> Option<&FaultSpec> {
        self.faults.iter().find(|fault| fault.name == name)
    }

    fn flaw(&self) -> Option<String> {
        let unknown = self.capabilities.iter().find(|it| !CAPABILITIES.contains(&it.name.as_str()));
        if let Some(unknown) = unknown {
            return Some(format!("there is no capability `{}`", unknown.name));
        }
        if !(1..=MOST_MEMORY).contains(&self.memory_mib) {
            return Some(format!("it asks for {} MiB of memory; there are {MOST_MEMORY} at most", self.memory_mib));
        }
        let twice = |names: Vec<&str>| {
            let mut seen = std::collections::BTreeSet::new();
            names.into_iter().find(|name| !seen.insert(*name)).map(|name| format!("`{name}` stands twice in it"))
        };
        let faults = twice(self.faults.iter().map(|fault| fault.name.as_str()).collect());
        faults.or_else(|| {
            self.faults.iter().find_map(|fault| {
                let names = twice(fault.params.iter().map(|param| param.name.as_str()).collect());
                names.or_else(|| fault.params.iter().find_map(ParamSpec::flaw))
            })
        })
    }
}

impl ParamSpec {
    fn flaw(&self) -> Option<String> {
        let (name, kind) = (&self.name, self.kind.word());
        if let Some(default) = self.default.as_ref().filter(|default| !self.kind.fits(default)) {
            return Some(format!("the default {default} of `{name}` is no {kind}"));
        }
        let outside = |value: f64| self.min.is_some_and(|min| value < min) || self.max.is_some_and(|max| value > max);
        let default = self.default.as_ref().and_then(serde_json::Value::as_f64);
        if default.is_some_and(outside) || self.min > self.max.or(self.min) {
            return Some(format!("the range of `{name}` does not hold its default, or nothing"));
        }
        let word = self.default.as_ref().and_then(serde_json::Value::as_str);
        if let Some(word) = word.filter(|word| !self.choices.is_empty() && !self.choices.iter().any(|it| it == word)) {
            return Some(format!("the default `{word}` of `{name}` is none of {}", self.choices.join(", ")));
        }
        None
    }
}

impl fmt::Display for ParamSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match self.choices.is_empty() {
            true => write!(f, "{}", self.kind.word())?,
            false => write!(f, "enum({})", self.choices.join(", "))?,
        }
        match &self.default {
            Some(default) => write!(f, " = {default}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params: Vec<String> = self.params.iter().map(ParamSpec::to_string).collect();
        write!(f, "{}({}), class {}", self.name, params.join(", "), self.class)
    }
}

/// A text with a control character: what a component says of itself is shown on terminals, to be judged there.
fn steering(value: &serde_json::Value) -> Option<&str> {
    use serde_json::Value;
    match value {
        Value::String(text) => Some(text.as_str()).filter(|text| text.chars().any(char::is_control)),
        Value::Array(all) => all.iter().find_map(steering),
        Value::Object(all) => {
            let name = all.keys().map(String::as_str).find(|name| name.chars().any(char::is_control));
            name.or_else(|| all.values().find_map(steering))
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Manifest;

    fn flaw(text: &str) -> String {
        Manifest::parse(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_manifest_that_contradicts_itself_is_refused() {
        let with = |more: &str| format!(r#"{{"interface":"0.2","name":"x","version":"1",{more}}}"#);
        let fault = |params: &str| {
            with(&format!(
                r#""faults":[{{"name":"f","targets":["service"],"class":"leased","resource":"host","params":[{params}]}}]"#
            ))
        };
        let wrong = [
            ("{".to_owned(), "cannot be read"),
            (with(r#""faults":[],"capabilities":[{"name":"root"}]"#), "no capability `root`"),
            (with(r#""faults":[],"memory_mib":4096"#), "4096 MiB"),
            (fault(r#"{"name":"a","kind":"colour"}"#), "unknown variant"),
            (fault(r#"{"name":"a","kind":"integer"},{"name":"a","kind":"text"}"#), "`a` stands twice"),
            (fault(r#"{"name":"a","kind":"integer","default":"many"}"#), "is no int"),
            (fault(r#"{"name":"a","kind":"ratio","default":2,"min":0,"max":1}"#), "range of `a`"),
            (fault(r#"{"name":"a","kind":"ratio","min":1,"max":0}"#), "range of `a`"),
            (fault(r#"{"name":"a","kind":"text","default":"z","choices":["x","y"]}"#), "`z` of `a` is none of x, y"),
        ];
        for (text, reason) in wrong {
            let why = flaw(&text);
            assert!(why.contains(reason), "{text}: {why}");
        }
        let right = fault(r#"{"name":"a","kind":"duration","default":1,"min":0}, {"name":"b","kind":"text"}"#);
        let manifest = Manifest::parse(right.as_bytes()).unwrap();
        let shown = manifest.fault("f").unwrap().to_string();
        assert_eq!(shown, "f(a: duration = 1, b: string), class leased");
    }
}
