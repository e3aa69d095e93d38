//! What is known of the word under the cursor.

use super::asked::Asked;
use super::completion::statement;
use super::goto::named;
use super::index::{Occurrence, What};
use super::keywords::meaning;
use super::shape::Shape;
use super::signature::shown;
use super::words::function;
use crate::analysis::Planned;
use crate::base::unit::{Measure, show_duration, show_number, show_ratio};
use crate::base::{Source, SourceId, Span};
use crate::diagnostics::{codes, lints};
use crate::document::{Document, Drawing, Origin, draw};
use crate::format::Kind as Form;
use crate::lint::walk;
use crate::names::{DeclarationId, Kind, Program};
use crate::plan::words::value as value_of;
use crate::syntax::List;
use crate::syntax::parse_expression;
use crate::syntax::tree::{ExprKind, Parameter, TypeKind};
use crate::types::policy::facts;
use crate::types::term::LimitName;
use gen_lsp_types::{Contents, Hover, MarkupContent, MarkupKind};

/// What is known of the word at a byte.
pub fn hover(asked: &Asked, offset: usize) -> Option<Hover> {
    let named = named(asked, offset);
    let known = named.and_then(|it| Some((it.at, of_name(asked, it)?)));
    let (at, text) = known.or_else(|| of_token(asked, offset))?;
    let contents = Contents::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: text });
    Some(Hover { contents, range: Some(asked.page.of(at)) })
}

fn code(text: &str) -> String {
    format!("```chaos\n{}\n```", text.trim_end())
}

fn of_name(asked: &Asked, it: &Occurrence) -> Option<String> {
    let program = &asked.known?.analysis.program;
    let text = it.at.of(asked.page.text);
    match (it.what, it.declared) {
        (What::Lint, _) => lints::find(text).or_else(|| codes::find(text)).map(|code| code.page.to_owned()),
        (What::Function, _) => function(text).map(str::to_owned).or_else(|| word(asked, it.at)),
        (What::Type, _) => Some(format!("type `{text}`: {}", ty(text)?)),
        (What::Limit, _) => {
            let (_, ty) = LimitName::named(text)?;
            let (_, said) = statement(List::Limit, &[text], 0)?;
            Some(format!("limit `{text}`, a `{ty}`: {said}"))
        }
        (What::Fact, _) => {
            let (name, ty) = facts().into_iter().find(|(name, _)| *name == text)?;
            Some(format!("fact `{name}`, a `{ty}`"))
        }
        (What::Word, _) => word(asked, it.at),
        (_, Some(place)) if place.is_empty() => Some(about(program.sources.get(place.source)?)),
        (_, Some(place)) => Some(declared(asked, it, place, program)),
        _ => None,
    }
}

/// A file or module: the comment that it begins with.
fn about(source: &Source) -> String {
    let lines = source.text.lines().take_while(|line| line.starts_with('#'));
    let comment = lines.map(|line| line.trim_start_matches('#').trim()).collect::<Vec<_>>().join("\n");
    format!("`{}`\n\n{comment}", source.path.display())
}

/// What is declared at a place: its own words, its comment, and what the analysis knows of it.
fn declared(asked: &Asked, it: &Occurrence, place: Span, program: &Program) -> String {
    let Some(source) = program.sources.get(place.source) else { return String::new() };
    let file = program.modules.iter().find(|module| module.source == place.source).map(|module| &*module.file);
    let mut parameters = file.into_iter().flat_map(walk::parameter_lists).flatten();
    let parameter = parameters.find(|parameter| parameter.name.span == place);
    let mut statements = file.into_iter().flat_map(|file| &file.experiments).flat_map(|it| &it.parameters);
    let is_statement = statements.any(|parameter| parameter.name.span == place);
    // Of one in a list only its own part is of interest.
    let in_list = parameter.filter(|_| !is_statement);
    let words = in_list.map_or_else(|| head(&source.text, place, it.what), |it| shown(it, program));
    let mut parts = vec![code(&words)];
    let all = file.into_iter().flat_map(|file| walk::declarations(file).into_iter().chain(walk::inner_names(file)));
    let doc = all.filter(|known| known.name.span == place).filter_map(|known| known.doc).find(|doc| !doc.is_empty());
    let doc = doc.or(parameter.map(|parameter| parameter.doc.as_str()));
    match it.what {
        What::Declaration(Kind::Constant) => parts.extend(constant(asked, place)),
        What::Parameter => parts.extend(parameter.and_then(|parameter| inferred(asked, parameter))),
        _ => {}
    }
    parts.extend(doc.filter(|doc| !doc.is_empty()).map(str::to_owned));
    match it.what {
        What::Declaration(Kind::Fault | Kind::Probe | Kind::Scenario) => parts.extend(documented(place, program)),
        What::Declaration(Kind::Experiment) => parts.extend(planned(asked, place)),
        _ => {}
    }
    parts.join("\n\n")
}

/// The type and the value of a constant.
fn constant(asked: &Asked, place: Span) -> Option<String> {
    let analysis = &asked.known?.analysis;
    let name = |id: &DeclarationId| Some(analysis.program.module(id.module)?.file.constants.get(id.index)?.name.span);
    let (_, typed) = analysis.checked.constants.iter().find(|(id, _)| name(id) == Some(place))?;
    (!typed.ty.is_wrong()).then(|| format!("`{}`: {}", typed.ty, value_of(&typed.ty, &typed.value)))
}

/// The type of a parameter that says none: that of its default.
fn inferred(asked: &Asked, parameter: &Parameter) -> Option<String> {
    let checked = &asked.known?.analysis.checked;
    let experiments = checked.experiments.values().flat_map(|(experiment, _)| &experiment.parameters);
    let mut all = experiments.chain(checked.scenarios.values().flat_map(|scenario| &scenario.parameters));
    let typed = all.find(|it| it.span == parameter.name.span)?;
    let is_told = parameter.ty.kind == TypeKind::Inferred && !typed.ty.is_wrong();
    is_told.then(|| format!("type `{}`", typed.ty))
}

/// The statement that declares something, its block left out where it has a long one.
fn head(text: &str, place: Span, what: What) -> String {
    let shape = Shape::of(text);
    let at = place.start as usize;
    let Some(statement) = shape.statement_at(at).cloned() else { return place.of(text).to_owned() };
    let short = matches!(what, What::Declaration(Kind::Fault | Kind::Probe) | What::Service);
    let block = shape
        .brackets
        .iter()
        .find(|it| it.kind == Form::OpenBlock && statement.contains(&it.bytes.start) && it.bytes.start > at);
    let end = match block {
        Some(block) if !short => block.bytes.start,
        _ => statement.end,
    };
    unindented(text, statement.start, end)
}

/// A part of a text without the indentation of its first line.
fn unindented(text: &str, start: usize, end: usize) -> String {
    let before = text.get(..start).unwrap_or("");
    let indent = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    let lines = text.get(start..end).unwrap_or("").lines().map(str::trim_end).enumerate();
    let cut = lines.map(|(at, line)| {
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        if at == 0 { line } else { &line[blanks.min(indent)..] }
    });
    cut.collect::<Vec<_>>().join("\n")
}

/// What is said of the parameters of what can be called.
fn documented(place: Span, program: &Program) -> Option<String> {
    let module = program.modules.iter().find(|module| module.source == place.source)?;
    let file = &module.file;
    let faults = file.faults.iter().map(|it| (it.name.span, &it.parameters));
    let probes = file.probes.iter().map(|it| (it.name.span, &it.parameters));
    let scenarios = file.scenarios.iter().map(|it| (it.name.span, &it.parameters));
    let (_, list) = faults.chain(probes).chain(scenarios).find(|(at, _)| *at == place)?;
    let said =
        |it: &Parameter| (!it.doc.is_empty()).then(|| format!("- `{}`: {}", it.name.text, it.doc.replace('\n', " ")));
    let lines: Vec<String> = list.iter().filter_map(said).collect();
    Some(lines.join("\n")).filter(|lines| !lines.is_empty())
}

/// The bounds and the graph of an experiment of the document, in each environment in which it was checked.
fn planned(asked: &Asked, place: Span) -> Option<String> {
    let known = asked.known?;
    let (id, experiment) = known.analysis.checked.experiments.iter().find(|(_, (it, _))| it.span == place)?;
    let parts: Vec<String> = known
        .plans(*id)
        .map(|planned| {
            let origin = Origin {
                file: asked.path.display().to_string(),
                experiment: experiment.0.name.clone(),
                environment: planned.plan.environment.clone(),
                parameters: Default::default(),
            };
            let drawing = draw(&Document::new(planned, origin), Drawing::Mermaid);
            format!("In `{}`: {}\n\n```mermaid\n{}\n```", planned.plan.environment, bounds(planned), drawing.trim_end())
        })
        .collect();
    Some(parts.join("\n\n")).filter(|text| !text.is_empty())
}

/// The worst that a plan can do, in one line.
pub fn bounds(planned: &Planned) -> String {
    let it = &planned.bounds;
    let mut parts: Vec<String> =
        it.traffic.iter().map(|(service, share)| format!("≤ {} of {service}", show_ratio(*share))).collect();
    parts.push(format!("≤ {} at once", it.concurrent));
    parts.push(format!("exposure ≤ {}", show_duration(it.exposure)));
    parts.push(format!("length ≤ {}", show_duration(it.length)));
    parts.join(" · ")
}

/// A keyword or a value.
fn of_token(asked: &Asked, offset: usize) -> Option<(Span, String)> {
    let shape = Shape::of(asked.page.text);
    let (at, token) = shape.tokens.iter().find(|(at, token)| *at <= offset && offset < at + token.text.len())?;
    let span = Span::new(asked.source().unwrap_or(SourceId(0)), *at, at + token.text.len());
    let text = match token.kind {
        Form::Word => word(asked, span)?,
        Form::Literal => value(token.text)?,
        _ => return None,
    };
    Some((span, text))
}

/// A word that the language gives a meaning in its place.
fn word(asked: &Asked, at: Span) -> Option<String> {
    let (text, start) = (asked.page.text, at.start as usize);
    let before = text.get(..start)?.trim_end();
    if let Some(said) = ty(at.of(text)).filter(|_| before.ends_with([':', '<'])) {
        return Some(format!("type `{}`: {said}", at.of(text)));
    }
    meaning(text, start, at.of(text)).map(|(words, said)| format!("`{words}`: {said}"))
}

/// What a literal comes to in base units.
fn value(text: &str) -> Option<String> {
    let ExprKind::Quantity(value, measure) = parse_expression(SourceId(0), text).ok()?.kind else { return None };
    let number = show_number(value);
    Some(match measure {
        Measure::Duration => format!("`duration`: {number} seconds"),
        Measure::Ratio => format!("`ratio`: {number}"),
        Measure::Points => format!("`points`: {number}, a difference of ratios"),
        Measure::Bytes => format!("`bytes`: {number}"),
        Measure::Frequency => format!("`frequency`: {number} per second"),
    })
}

fn ty(name: &str) -> Option<&'static str> {
    Some(match name {
        "bool" => "`true` or `false`",
        "int" => "a whole number",
        "float" => "a number",
        "string" => "a text",
        "duration" => "a time, `1m30s`",
        "ratio" => "a share, `0%..100%` unless declared wider",
        "points" => "percentage points, `2pp`: the difference of two ratios",
        "count" => "how many",
        "bytes" => "an amount of data, `10MiB`",
        "frequency" => "how often, `50/s`",
        "throughput" => "data per time",
        "service" => "a service of the system",
        "counter" => "a count that only grows; read through `increase` or `rate`",
        "distribution" => "many values at once; read through an aggregate like `p95`",
        "list" => "several values of one type",
        "signal" => "a value over time",
        "enum" => "one of these words",
        _ => return None,
    })
}
