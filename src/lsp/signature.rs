//! What a call takes, while its arguments are written.

use super::asked::Asked;
use super::index::scene::{fault, probe, scenario};
use super::shape::{Bracket, Shape};
use super::text::{floor, small};
use crate::base::Span;
use crate::format::Kind;
use crate::names::Program;
use crate::syntax::is_keyword;
use crate::syntax::tree::Parameter;
use gen_lsp_types::{
    ActiveParameter, Documentation, MarkupContent, MarkupKind, ParameterInformation, ParameterInformationLabel,
    SignatureHelp, SignatureInformation,
};

/// A fault, probe or scenario with its parameters.
pub struct Callable<'p> {
    /// What it is.
    pub word: &'static str,
    /// Its parameters.
    pub parameters: &'p [Parameter],
    /// Its `##` comment.
    pub doc: &'p str,
}

/// What a name that is called means in the first file of a program.
pub fn callable<'p>(program: &'p Program, name: &str) -> Option<Callable<'p>> {
    let module = program.modules.first()?;
    let of_fault = fault(program, module, name).map(|it| ("fault", &it.parameters, &it.doc));
    let of_probe = || probe(program, module, name).map(|it| ("probe", &it.parameters, &it.doc));
    let of_scenario = || scenario(program, module, name).map(|it| ("scenario", &it.parameters, &it.doc));
    let (word, parameters, doc) = of_fault.or_else(of_probe).or_else(of_scenario)?;
    Some(Callable { word, parameters, doc })
}

/// A parameter as it is written, on one line.
pub fn shown(parameter: &Parameter, program: &Program) -> String {
    let last = parameter.default.as_ref().map(|it| it.span).or(parameter.range.as_ref().map(|(_, high)| high.span));
    let end = last.unwrap_or(if parameter.ty.span.is_empty() { parameter.name.span } else { parameter.ty.span });
    let span: Span = parameter.name.span.to(end);
    program.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The bracket of the innermost call that a byte is in; lists and groups among its arguments are part of it.
pub fn call_around<'s>(shape: &'s Shape, offset: usize) -> Option<&'s Bracket> {
    let before = shape.brackets.iter().rev().filter(|it| it.bytes.start < offset);
    // Behind a bracket that was never closed everything is inside; the last statement is the one that is meant.
    let mut around = before
        .filter(|it| offset < it.bytes.end || shape.open.iter().any(|at| std::ptr::eq(&shape.brackets[*at], *it)))
        .take_while(|it| it.kind == Kind::Open);
    around.find(|it| calls(shape, it))
}

/// Whether a bracket holds the arguments of a call: a name stands before it, as `and` and `not` do before a group.
fn calls(shape: &Shape, bracket: &Bracket) -> bool {
    let is_round = shape.tokens.get(bracket.token).is_some_and(|(_, token)| token.text == "(");
    let before = bracket.token.checked_sub(1).and_then(|at| shape.tokens.get(at));
    let named = before.filter(|(_, token)| token.kind == Kind::Word);
    is_round && named.is_some_and(|(at, it)| at + it.text.len() == bracket.bytes.start || !is_keyword(it.text))
}

/// The call that a byte is in, with its name and the number and name of the argument.
pub fn call_at<'t>(shape: &Shape<'t>, offset: usize) -> Option<(&'t str, usize, Option<&'t str>)> {
    let call = call_around(shape, offset)?;
    let (_, callee) = shape.tokens.get(call.token.checked_sub(1)?)?;
    let (mut number, mut name, mut depth) = (0, None, 0);
    let inside = shape.tokens.get(call.token + 1..)?.iter().take_while(|(at, _)| *at < offset);
    let mut before: Option<&str> = None;
    for (_, token) in inside {
        match token.kind {
            Kind::Open | Kind::OpenBlock => depth += 1,
            Kind::Close | Kind::CloseBlock => depth -= 1,
            Kind::Comma if depth == 0 => (number, name) = (number + 1, None),
            Kind::Colon if depth == 0 => name = before,
            _ => {}
        }
        before = Some(token.text);
    }
    Some((callee.text, number, name))
}

/// The signature of the call that a byte is in.
pub fn help(asked: &Asked, offset: usize) -> Option<SignatureHelp> {
    let program = &asked.known?.analysis.program;
    let shape = Shape::of(asked.page.text);
    let (callee, number, name) = call_at(&shape, floor(asked.page.text, offset))?;
    let Callable { parameters, doc, .. } = callable(program, callee)?;
    let mut label = format!("{callee}(");
    let mut places = Vec::new();
    for (at, parameter) in parameters.iter().enumerate() {
        label.push_str(if at > 0 { ", " } else { "" });
        let start = label.encode_utf16().count();
        label.push_str(&shown(parameter, program));
        places.push((small(start), small(label.encode_utf16().count())));
    }
    label.push(')');
    let named = name.and_then(|name| parameters.iter().position(|parameter| parameter.name.text == name));
    let active = named.or((name.is_none() && number < parameters.len()).then_some(number));
    let info = places.into_iter().zip(parameters).map(|(place, parameter)| ParameterInformation {
        label: ParameterInformationLabel::Tuple(place),
        documentation: documentation(&parameter.doc),
    });
    let signature = SignatureInformation {
        label,
        documentation: documentation(doc),
        parameters: Some(info.collect()),
        active_parameter: None,
    };
    let active_parameter = Some(active.map_or(ActiveParameter::Null, |at| ActiveParameter::Int(small(at))));
    Some(SignatureHelp { signatures: vec![signature], active_signature: Some(0), active_parameter })
}

/// A comment as documentation, where there is one.
pub fn documentation(text: &str) -> Option<Documentation> {
    let value = text.trim().to_owned();
    let markup = MarkupContent { kind: MarkupKind::Markdown, value };
    (!markup.value.is_empty()).then_some(Documentation::MarkupContent(markup))
}
