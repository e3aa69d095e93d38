//! Where a fault's declaration and its component do not agree: E0331 to E0334. Each shows both.

use crate::base::{Interval, Span};
use crate::diagnostics::{Diagnostic, codes};
use crate::names::component::{FaultSpec, Kind, Manifest, ParamSpec};
use crate::types::Type;
use crate::types::model::Parameter;

/// What the component says of its fault.
fn said(manifest: &Manifest, spec: &FaultSpec) -> String {
    format!("the component `{}` says of its fault: {spec}", manifest.name)
}

/// The component takes no parameter of this name.
pub fn unknown_parameter(manifest: &Manifest, spec: &FaultSpec, parameter: &Parameter) -> Diagnostic {
    let headline = format!("`{}` of the component `{}` takes no `{}`", spec.name, manifest.name, parameter.name);
    Diagnostic::error(codes::E0331, headline)
        .at(parameter.span, "declared here")
        .did_you_mean(&parameter.name, parameter.span, spec.params.iter().map(|param| param.name.as_str()))
        .note(said(manifest, spec))
}

/// The component takes a value of another kind.
pub fn other_kind(manifest: &Manifest, spec: &FaultSpec, param: &ParamSpec, parameter: &Parameter) -> Diagnostic {
    let (wanted, found) = (param.kind.word(), &parameter.ty);
    let headline = format!("`{}` is `{wanted}` for the component `{}`, not `{found}`", param.name, manifest.name);
    Diagnostic::error(codes::E0331, headline)
        .at(parameter.span, "declared here")
        .note(said(manifest, spec))
        .help(format!("declare it as `{wanted}`"))
}

/// The component needs a parameter that is not declared.
pub fn lacks(manifest: &Manifest, spec: &FaultSpec, param: &ParamSpec, at: Span) -> Diagnostic {
    let headline =
        format!("the component `{}` needs `{}`, which this fault does not declare", manifest.name, param.name);
    Diagnostic::error(codes::E0332, headline).at(at, "this fault").note(said(manifest, spec)).help(format!(
        "add the parameter `{}: {}`",
        param.name,
        param.kind.word()
    ))
}

/// The component does not know a word.
pub fn other_word(manifest: &Manifest, spec: &FaultSpec, param: &ParamSpec, word: &str, at: Span) -> Diagnostic {
    let headline = format!("`{}` cannot be `{word}` for the component `{}`", param.name, manifest.name);
    Diagnostic::error(codes::E0333, headline)
        .at(at, "declared here")
        .note(said(manifest, spec))
        .help(format!("it takes {}", param.choices.join(", ")))
}

/// The declared range is wider than what the component takes.
pub fn wider(manifest: &Manifest, param: &ParamSpec, parameter: &Parameter, taken: Interval) -> Diagnostic {
    let show = |range: Interval| format!("{}..{}", parameter.ty.show(range.lo), parameter.ty.show(range.hi));
    let headline = format!(
        "`{}` may be {}, but the component `{}` takes {}",
        param.name,
        show(parameter.range),
        manifest.name,
        show(taken)
    );
    Diagnostic::error(codes::E0333, headline)
        .at(parameter.range_span.unwrap_or(parameter.span), "declared here")
        .help(format!("write `in {}`, or a part of it", show(taken)))
}

/// The component's fault hits no services.
pub fn other_target(manifest: &Manifest, spec: &FaultSpec, at: Span) -> Diagnostic {
    let headline = format!(
        "`{}` of the component `{}` hits {}, and no service",
        spec.name,
        manifest.name,
        spec.targets.join(", ")
    );
    Diagnostic::error(codes::E0334, headline).at(at, "named here").help("name a fault whose targets are services")
}

/// Whether a parameter of the component can hold values of a type.
pub fn holds(param: &ParamSpec, ty: &Type) -> bool {
    match param.kind {
        Kind::Boolean => *ty == Type::Bool,
        Kind::Integer => matches!(ty, Type::Int | Type::Count),
        Kind::Number => matches!(ty, Type::Float),
        Kind::Text => matches!(ty, Type::String | Type::Enum(_)),
        Kind::Duration => *ty == Type::Duration,
        Kind::Size => *ty == Type::Bytes,
        Kind::Bandwidth => *ty == Type::Throughput,
        Kind::Frequency => *ty == Type::Frequency,
        Kind::Ratio => *ty == Type::Ratio,
        Kind::Texts => matches!(ty, Type::List(of) if matches!(**of, Type::String | Type::Enum(_))),
    }
}
