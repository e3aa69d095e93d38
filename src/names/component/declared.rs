//! The module of a component that brings none: declarations made from what its manifest says, and nothing more.
//!
//! They say of no fault how much of its target it touches, so each counts as touching all of it.

use super::manifest::{FaultSpec, Kind, Manifest, ParamSpec};
use crate::base::SourceId;
use std::fmt::Write;

/// The declarations of a component's faults. A fault that the language cannot name is left out.
pub fn declarations(component: &str, manifest: &Manifest) -> String {
    let mut out = format!("# Made from the manifest of `{component}`, which brings no module of its own.\n");
    for fault in manifest.faults.iter().filter_map(|fault| declaration(component, fault)) {
        out.push('\n');
        out.push_str(&fault);
    }
    out
}

/// The declaration of a fault. None where the language cannot name it, or a parameter that must be given.
pub fn declaration(component: &str, fault: &FaultSpec) -> Option<String> {
    let all_said = fault.params.iter().all(|param| param.default.is_some() || parameter(param).is_some());
    if !is_name(&fault.name) || !all_said || !fault.targets.iter().any(|target| target == "service") {
        return None;
    }
    let mut out = String::new();
    for line in fault.doc.lines().filter(|line| !line.trim().is_empty()) {
        let _written = writeln!(out, "## {}", line.trim());
    }
    let params: Vec<String> = fault.params.iter().filter_map(parameter).collect();
    let params = std::iter::once("target: service".to_owned()).chain(params).collect::<Vec<_>>().join(",\n  ");
    let (name, class) = (&fault.name, fault.class.replace('-', "_"));
    let _written = write!(
        out,
        "fault {name}(\n  {params}\n) {{\n  component \"{component}\" action \"{name}\"\n  class {class}\n}}\n"
    );
    // A word that the language reserves is no name.
    crate::syntax::parse(SourceId(0), &out).findings.is_empty().then_some(out)
}

fn is_name(text: &str) -> bool {
    crate::project::is_module_name(text).is_ok() && !text.contains('.')
}

/// A parameter with its type, range and default. None where the language cannot say it: then the component's default holds.
fn parameter(param: &ParamSpec) -> Option<String> {
    if !is_name(&param.name) || param.name == "target" {
        return None;
    }
    let ty = match param.choices.as_slice() {
        [] => param.kind.word().to_owned(),
        words if words.iter().all(|word| is_name(word)) => format!("enum({})", words.join(", ")),
        _ => param.kind.word().to_owned(),
    };
    let mut out = format!("{}: {ty}", param.name);
    if let (Some(least), Some(most)) = (param.min, param.max) {
        let _written = write!(out, " in {}..{}", quantity(param.kind, least)?, quantity(param.kind, most)?);
    }
    if let Some(default) = &param.default {
        let _written = write!(out, " = {}", value(param, default)?);
    }
    Some(out)
}

fn value(param: &ParamSpec, value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Bool(value) => Some(value.to_string()),
        serde_json::Value::String(word) if !param.choices.is_empty() => Some(word.clone()),
        serde_json::Value::String(text) => quoted(text),
        serde_json::Value::Array(texts) => {
            let texts: Option<Vec<String>> = texts.iter().map(|text| quoted(text.as_str()?)).collect();
            Some(format!("[{}]", texts?.join(", ")))
        }
        number => quantity(param.kind, number.as_f64()?),
    }
}

fn quoted(text: &str) -> Option<String> {
    let plain = !text.chars().any(|letter| letter.is_control() || "\"\\`".contains(letter));
    plain.then(|| format!("\"{text}\""))
}

/// A number in base units, as the language writes it.
fn quantity(kind: Kind, value: f64) -> Option<String> {
    let written = match kind {
        Kind::Integer => format!("{value:.0}"),
        Kind::Number => format!("{value}"),
        Kind::Duration => duration(value)?,
        Kind::Size => format!("{}B", exact(value)?),
        Kind::Frequency => format!("{value}/s"),
        Kind::Ratio => format!("{}%", (value * 1e8).round() / 1e6),
        Kind::Bandwidth | Kind::Boolean | Kind::Text | Kind::Texts => return None,
    };
    value.is_finite().then_some(written)
}

/// A duration in the largest unit of which it is a whole number.
fn duration(seconds: f64) -> Option<String> {
    let units = [("s", 1.0), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)];
    units.iter().find_map(|(unit, in_a_second)| Some(format!("{}{unit}", exact(seconds * in_a_second)?)))
}

/// A whole number, if it is one.
fn exact(value: f64) -> Option<String> {
    (value.is_finite() && (value - value.round()).abs() < 1e-6).then(|| format!("{:.0}", value.round()))
}
