//! `fault`, and the arguments given to one.

use super::Checker;
use crate::base::Span;
use crate::diagnostics::codes;
use crate::names::{DeclarationId, stdlib};
use crate::syntax::tree::{self, Arguments, Expr, ExprKind, Operator};
use crate::types::expression::Context;
use crate::types::model::{Argument, Class, Fault, Parameter, System};
use crate::types::term::{Known, Term};
use crate::types::{Type, errors};
use std::collections::BTreeMap;

/// Whether a word is a class, but not this one.
fn is_other_class(word: &str, class: &str) -> bool {
    word != class && Class::ALL.iter().any(|(known, _)| *known == word)
}

/// What two faults cannot share.
const RESOURCES: &[&str] = &["requests", "instance", "host"];

/// The arguments of an inject, understood: the target with its place, and all other parameters by name.
pub(super) struct Given {
    pub target: String,
    pub target_span: Span,
    pub arguments: BTreeMap<String, Argument>,
}

impl Checker<'_> {
    pub(super) fn fault(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.faults.get(id.index)) else { return };
        let parameters = self.parameters(&written.parameters);
        let at = written.name.span;
        if !parameters.iter().any(|parameter| parameter.name == "target" && parameter.ty == Type::Service) {
            self.report(errors::missing(
                codes::E0208,
                "a fault needs a parameter `target: service`",
                at,
                "add it first",
            ));
            return;
        }
        let (component, class, resource) = (self.component(written), self.class(written), self.resource(written));
        let touches = self.share(written.touches.as_ref(), &parameters);
        let fails = self.share(written.fails.as_ref(), &parameters);
        let (Some((component, action)), Some(class)) = (component, class) else { return };
        let fault = Fault {
            name: written.name.text.clone(),
            home: self.standard_module(id),
            parameters,
            component,
            action,
            touches,
            fails,
            resource,
            class,
            span: at,
        };
        self.checked.faults.insert(id, fault);
    }

    /// The last name of the standard module that a declaration stands in.
    fn standard_module(&self, id: DeclarationId) -> Option<String> {
        let source = self.program.sources.get(self.program.module(id.module)?.source)?;
        stdlib::named_by_file(&source.path).map(str::to_owned)
    }

    fn component(&mut self, written: &tree::Fault) -> Option<(String, String)> {
        let Some((component, action)) = &written.component else {
            let help = "add `component \"…\" action \"…\"`";
            self.report(errors::missing(codes::E0208, "this fault names no component", written.name.span, help));
            return None;
        };
        let mut typing = self.typing(Context::default());
        let (name, verb) = typing.text(component).zip(typing.text(action))?;
        let components = stdlib::COMPONENTS.iter().map(|(known, ..)| *known);
        let Some((_, actions, class)) = stdlib::COMPONENTS.iter().find(|(known, ..)| *known == name) else {
            self.report(errors::unknown("component", &name, component.span, components));
            return None;
        };
        if !actions.contains(&verb.as_str()) {
            self.report(errors::unknown("action", &verb, action.span, actions.iter().copied()));
            return None;
        }
        if let Some(declared) = written.class.as_ref().filter(|declared| is_other_class(&declared.text, class)) {
            let headline = format!("faults of the component `{name}` are `{class}`, not `{}`", declared.text);
            self.report(errors::missing(codes::E0208, &headline, declared.span, &format!("write `class {class}`")));
            return None;
        }
        Some((name, verb))
    }

    fn class(&mut self, written: &tree::Fault) -> Option<Class> {
        let words = Class::ALL.iter().map(|(word, _)| *word);
        let Some(class) = &written.class else {
            let help = "add `class leased`, `revertible`, `self_healing` or `irreversible`";
            self.report(errors::missing(codes::E0208, "this fault names no class", written.name.span, help));
            return None;
        };
        let found = Class::ALL.iter().find(|(word, _)| *word == class.text).map(|(_, class)| *class);
        if found.is_none() {
            self.report(errors::unknown("class", &class.text, class.span, words));
        }
        found
    }

    fn resource(&mut self, written: &tree::Fault) -> String {
        let Some(path) = &written.resource else { return "requests".to_owned() };
        match path.names().as_slice() {
            ["target", resource] if RESOURCES.contains(resource) => (*resource).to_owned(),
            _ => {
                let known = ["target.requests", "target.instance", "target.host"];
                self.report(errors::unknown("resource", &path.text(), path.span, known));
                "requests".to_owned()
            }
        }
    }

    /// `E of target.requests`: the share E. Not said means all.
    fn share(&mut self, written: Option<&Expr>, parameters: &[Parameter]) -> Term {
        let Some(expr) = written else { return Term::Constant(1.0) };
        let context = Context { parameters, ..Context::default() };
        if let ExprKind::Binary(Operator::Of, share, of) = &expr.kind
            && let ExprKind::Path(path) = &of.kind
            && path.names().as_slice() == ["target", "requests"]
        {
            let (ty, term) = self.typing(context).quantity(share);
            if !ty.fits(&Type::Ratio) {
                self.report(errors::mismatch(&Type::Ratio, &ty, share.span, None));
            }
            return term;
        }
        let help = "write it like `traffic of target.requests`";
        self.report(errors::missing(codes::E0208, "expected a share of `target.requests`", expr.span, help));
        Term::Constant(1.0)
    }

    /// The value of one argument, checked against its parameter's type and range.
    pub(super) fn argument_value(&mut self, parameter: &Parameter, value: &Expr, context: Context) -> Option<Argument> {
        match (&parameter.ty, &value.kind) {
            (Type::String, _) => return self.typing(context).text(value).map(Argument::Text),
            (Type::Bool, ExprKind::Bool(value)) => return Some(Argument::Bool(*value)),
            (Type::Service, ExprKind::Path(path)) => return Some(Argument::Service(path.text())),
            _ => {}
        }
        let known = Known {
            parameters: context.parameters.iter().map(|known| (known.name.clone(), known.range)).collect(),
            limits: BTreeMap::new(),
        };
        let (ty, term) = self.typing(context).quantity(value);
        if ty == Type::Error || parameter.ty == Type::Error {
            return None;
        }
        if !ty.fits(&parameter.ty) {
            let why = Some((parameter.span, "declared here"));
            self.report(errors::mismatch(&parameter.ty, &ty, value.span, why));
            return None;
        }
        if !term.is_constant() {
            self.report(errors::not_constant(&parameter.name, value.span));
            return None;
        }
        let bounds = term.bounds(&known);
        if !bounds.within(parameter.range) {
            let shown = if !(bounds.lo.is_finite() && bounds.hi.is_finite()) {
                "one without bounds".to_owned()
            } else if bounds.is_point() {
                ty.show(bounds.lo)
            } else {
                format!("{} to {}", ty.show(bounds.lo), ty.show(bounds.hi))
            };
            let declared = parameter.range_span;
            self.report(errors::outside(&shown, value.span, parameter.range, &parameter.ty, declared));
            return None;
        }
        Some(Argument::Term(term))
    }

    /// The arguments of an inject against the fault's parameters.
    pub(super) fn given(
        &mut self,
        fault: &Fault,
        written: &Arguments,
        system: Option<&System>,
        parameters: &[Parameter],
    ) -> Option<Given> {
        let matched = self.matched(fault, written);
        let context = Context { parameters, limits: true, system, lost_system: system.is_none(), service: None };
        let mut arguments = BTreeMap::new();
        let mut target = None;
        let mut whole = true;
        for parameter in &fault.parameters {
            let value = match matched.get(parameter.name.as_str()) {
                Some(expr) => self.argument_value(parameter, expr, context).map(|value| (value, expr.span)),
                None => parameter.default.clone().map(|value| (value, parameter.span)),
            };
            match value {
                Some((Argument::Service(name), span)) if parameter.name == "target" => target = Some((name, span)),
                Some((value, _)) => {
                    arguments.insert(parameter.name.clone(), value);
                }
                None if matched.contains_key(parameter.name.as_str()) || parameter.has_default => whole = false,
                None => {
                    whole = false;
                    self.missing_argument(fault, parameter, written.span);
                }
            }
        }
        let (target, target_span) = target?;
        self.known_target(system, &target, target_span)?;
        whole.then_some(Given { target, target_span, arguments })
    }

    fn known_target(&mut self, system: Option<&System>, target: &str, at: Span) -> Option<()> {
        let system = system?;
        if system.service(target).is_none() {
            let known = system.services.iter().map(|service| service.name.as_str());
            self.report(errors::unknown("service", target, at, known));
            return None;
        }
        Some(())
    }

    fn missing_argument(&mut self, fault: &Fault, parameter: &Parameter, at: Span) {
        let headline = format!("`{}` needs the argument `{}`", fault.name, parameter.name);
        let help = Some(format!("add `{}: …`, a `{}`", parameter.name, parameter.ty));
        let finding = errors::argument(headline, at, "it is missing here", help).at(parameter.span, "declared here");
        self.report(finding);
    }

    /// Which expression is given to which parameter: by name, or by position for the first ones.
    fn matched<'w>(&mut self, fault: &Fault, written: &'w Arguments) -> BTreeMap<String, &'w Expr> {
        let mut matched: BTreeMap<String, &'w Expr> = BTreeMap::new();
        for (at, argument) in written.list.iter().enumerate() {
            let span = argument.name.as_ref().map_or(argument.value.span, |name| name.span);
            let name = match &argument.name {
                Some(name) => Some(name.text.as_str()),
                None => fault.parameters.get(at).map(|parameter| parameter.name.as_str()),
            };
            let known = fault.parameters.iter().map(|parameter| parameter.name.as_str());
            match name.filter(|name| fault.parameters.iter().any(|parameter| parameter.name == *name)) {
                None => {
                    let wrong = name.map_or_else(|| format!("number {}", at + 1), |name| format!("`{name}`"));
                    let help = crate::diagnostics::suggest::help_for(name.unwrap_or(""), known);
                    let headline = format!("`{}` has no argument {wrong}", fault.name);
                    self.report(errors::argument(headline, span, "", help));
                }
                Some(name) => {
                    if let Some(first) = matched.insert(name.to_owned(), &argument.value) {
                        let headline = format!("the argument `{name}` is given twice");
                        let finding = errors::argument(headline, span, "again here", None);
                        self.report(finding.at(first.span, "first here"));
                    }
                }
            }
        }
        matched
    }
}
