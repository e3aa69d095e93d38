//! Checking all declarations of a program, kind by kind.

mod binding;
mod environment;
mod experiment;
mod fault;
mod limits;
mod steps;
mod system;

use super::errors;
use super::expression::{Context, Typing};
use super::model::{Environment, Experiment, Fault, Parameter, System};
use super::ty::Type;
use crate::base::{SourceId, Span};
use crate::diagnostics::Diagnostic;
use crate::names::{DeclarationId, Kind, ModuleId, Program};
use crate::syntax::tree::{self, Name, Path, TypeName};
use std::collections::BTreeMap;

/// The typed declarations of a program.
#[derive(Debug, Default)]
pub struct Checked {
    /// Systems.
    pub systems: BTreeMap<DeclarationId, System>,
    /// Faults.
    pub faults: BTreeMap<DeclarationId, Fault>,
    /// Experiments, each with its system.
    pub experiments: BTreeMap<DeclarationId, (Experiment, Option<DeclarationId>)>,
    /// Environments, each with its system.
    pub environments: BTreeMap<DeclarationId, (Environment, Option<DeclarationId>)>,
    /// What is wrong with them.
    pub findings: Vec<Diagnostic>,
}

/// Checks every declaration of a program.
pub fn check(program: &Program) -> Checked {
    let mut checker = Checker { program, checked: Checked::default() };
    for id in checker.declarations(|module| module.file.systems.len()) {
        checker.system(id);
    }
    for id in checker.declarations(|module| module.file.faults.len()) {
        checker.fault(id);
    }
    for id in checker.declarations(|module| module.file.environments.len()) {
        checker.environment(id);
    }
    for id in checker.declarations(|module| module.file.experiments.len()) {
        checker.experiment(id);
    }
    checker.checked
}

/// Reads a value that was given on the command line for a parameter, in base units.
///
/// # Errors
/// Findings: no such value, another type, outside the range.
pub fn parameter_value(parameter: &Parameter, source: SourceId, text: &str) -> Result<f64, Vec<Diagnostic>> {
    let expr = crate::syntax::parse_expression(source, text)?;
    let mut findings = Vec::new();
    let context = Context::default();
    let value = Typing { context, findings: &mut findings }.constant(&expr, &parameter.ty, &parameter.name);
    match value {
        Some(value) if crate::base::Interval::point(value).within(parameter.range) => Ok(value),
        Some(value) => {
            let shown = parameter.ty.show(value);
            Err(vec![errors::outside(&shown, expr.span, parameter.range, &parameter.ty, parameter.range_span)])
        }
        None => Err(findings),
    }
}

/// Checks declarations one by one.
pub(super) struct Checker<'p> {
    program: &'p Program,
    checked: Checked,
}

impl<'p> Checker<'p> {
    fn declarations(&self, count: impl Fn(&crate::names::Module) -> usize) -> Vec<DeclarationId> {
        let modules = self.program.modules.iter().enumerate();
        modules
            .flat_map(|(at, module)| (0..count(module)).map(move |index| DeclarationId { module: ModuleId(at), index }))
            .collect()
    }

    fn file(&self, id: DeclarationId) -> Option<&'p tree::File> {
        self.program.module(id.module).map(|module| &module.file)
    }

    fn report(&mut self, finding: Diagnostic) {
        self.checked.findings.push(finding);
    }

    fn text(&self, span: Span) -> String {
        super::condition::one_line(self.program.sources.text(span))
    }

    fn typing<'a>(&'a mut self, context: Context<'a>) -> Typing<'a, 'a> {
        Typing { context, findings: &mut self.checked.findings }
    }

    /// What a path to a declaration means in a module.
    fn resolve(&mut self, kind: Kind, path: &Path, from: ModuleId) -> Option<DeclarationId> {
        let scope = &self.program.module(from)?.scope;
        let found = scope.find(kind, &path.text());
        if found.is_none() {
            let mut finding = errors::unknown(kind.word(), &path.text(), path.span, scope.known(kind));
            if scope.known(kind).next().is_none() {
                finding = finding.help(format!("no {} is in scope: bring one in with `use`", kind.word()));
            }
            self.report(finding);
        }
        found
    }

    fn ty(&mut self, written: &TypeName) -> Type {
        let name = &written.name.text;
        match (name.as_str(), &written.argument) {
            ("distribution", Some(of)) => Type::Distribution(Box::new(self.ty(of))),
            ("distribution", None) => {
                let help = Some("write `distribution<duration>`".to_owned());
                self.report(errors::argument("a distribution of what?".to_owned(), written.span, "", help));
                Type::Error
            }
            (_, Some(_)) => {
                self.report(errors::unknown_type(&self.text(written.span), written.span));
                Type::Error
            }
            (name, None) => Type::named(name).unwrap_or_else(|| {
                self.report(errors::unknown_type(name, written.span));
                Type::Error
            }),
        }
    }

    /// Parameters of an experiment or a fault, each name once.
    fn parameters(&mut self, written: &[tree::Parameter]) -> Vec<Parameter> {
        self.distinct("parameter", written.iter().map(|parameter| &parameter.name));
        written.iter().map(|parameter| self.parameter(parameter)).collect()
    }

    fn parameter(&mut self, written: &tree::Parameter) -> Parameter {
        let ty = self.ty(&written.ty);
        let (range, range_span) = self.typing(Context::default()).range(written.range.as_ref(), &ty);
        let mut parameter = Parameter {
            name: written.name.text.clone(),
            ty,
            range,
            range_span,
            default: None,
            has_default: written.default.is_some(),
            span: written.name.span,
        };
        parameter.default =
            written.default.as_ref().and_then(|value| self.argument_value(&parameter, value, Context::default()));
        parameter
    }

    /// Reports names that stand twice.
    fn distinct<'a>(&mut self, kind: &str, names: impl Iterator<Item = &'a Name>) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for name in names {
            if let Some(first) = seen.get(name.text.as_str()) {
                self.report(errors::twice(kind, &name.text, *first, name.span));
            } else {
                seen.insert(&name.text, name.span);
            }
        }
    }
}
