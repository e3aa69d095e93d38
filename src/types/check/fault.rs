//! `fault` and `probe`, and the arguments given to a fault.

use super::Checker;
use super::argument::{ranges_of, values_of};
use super::component::Behind;
use super::experiment::About;
use crate::base::Span;
use crate::diagnostics::codes;
use crate::names::{DeclarationId, ModuleId};
use crate::syntax::tree::{self, Arguments, Expr, ExprKind, Operator};
use crate::types::expression::Context;
use crate::types::model::{Argument, Class, Fault, Probe, System};
use crate::types::term::Term;
use crate::types::{Type, errors};
use std::collections::BTreeMap;

/// What two faults cannot share.
const RESOURCES: &[&str] = &["requests", "instance", "host"];

/// `E of target.requests`: E, and of what.
fn amount_of(expr: &Expr) -> Option<(&Expr, &str)> {
    let ExprKind::Binary(Operator::Of, amount, of) = &expr.kind else { return None };
    let ExprKind::Path(path) = &of.kind else { return None };
    match path.names()[..] {
        ["target", of @ ("requests" | "instances")] => Some((amount, of)),
        _ => None,
    }
}

/// The arguments of an inject, understood: the target with its place, and all other parameters by name.
pub(super) struct Given {
    pub target: String,
    pub target_span: Span,
    pub arguments: BTreeMap<String, Argument>,
}

impl Checker<'_> {
    /// What the standard library declares is right, and most of it is not used: it is looked at when it is.
    pub(super) fn own_fault(&mut self, id: DeclarationId) {
        if !self.is_standard(id) {
            self.fault(id);
        }
    }

    /// The same for a probe.
    pub(super) fn own_probe(&mut self, id: DeclarationId) {
        if !self.is_standard(id) {
            self.probe(id);
        }
    }

    /// A fault that somebody injects.
    pub(super) fn used_fault(&mut self, id: DeclarationId) -> Option<Fault> {
        if self.is_standard(id) && !self.checked.faults.contains_key(&id) {
            self.in_module(id.module, |checker| checker.fault(id));
        }
        self.checked.faults.get(&id).cloned()
    }

    /// A probe that somebody calls or binds.
    pub(super) fn used_probe(&mut self, id: DeclarationId) -> Option<Probe> {
        if self.is_standard(id) && !self.checked.probes.contains_key(&id) {
            self.in_module(id.module, |checker| checker.probe(id));
        }
        self.checked.probes.get(&id).cloned()
    }

    fn is_standard(&self, id: DeclarationId) -> bool {
        self.program.module(id.module).is_some_and(|module| module.standard)
    }

    /// Does `check` on a declaration of another module.
    fn in_module(&mut self, module: ModuleId, check: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.module, module);
        check(self);
        self.module = outer;
    }

    fn fault(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.faults.get(id.index)) else { return };
        let parameters = self.parameters(&written.parameters);
        let at = written.name.span;
        if parameters.iter().any(|parameter| parameter.name == "target" && parameter.ty == Type::Error) {
            return;
        }
        if !parameters.iter().any(|parameter| parameter.name == "target" && parameter.ty == Type::Service) {
            self.report(errors::missing(
                codes::E0208,
                "a fault needs a parameter `target: service`",
                at,
                "add it first",
            ));
            return;
        }
        let behind = self.behind_fault(written, &parameters);
        let (class, resource) =
            (self.class(written), self.resource(written, behind.as_ref().map(|it| it.spec.resource.as_str())));
        let (values, known) = (values_of(&parameters), ranges_of(&parameters));
        let context = Context { values: Some(&values), known: Some(&known), ..Context::default() };
        let touches = self.effect(written.touches.as_ref(), context);
        let fails = self.effect(written.fails.as_ref(), context);
        let (Some(Behind { component, granted_as, spec, file, capabilities }), Some(class)) = (behind, class) else {
            return;
        };
        let fault = Fault {
            name: written.name.text.clone(),
            home: self.program.home(id.module).map(str::to_owned),
            parameters,
            component,
            granted_as,
            action: spec.name,
            file,
            capabilities,
            touches,
            fails,
            resource,
            class,
            span: at,
        };
        self.checked.faults.insert(id, fault);
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

    /// What a fault works on; `own`: what its component says.
    fn resource(&mut self, written: &tree::Fault, own: Option<&str>) -> String {
        let Some(path) = &written.resource else { return own.unwrap_or("requests").to_owned() };
        match (path.names().as_slice(), own) {
            (["target", resource], Some(own)) if RESOURCES.contains(resource) && *resource != own => {
                // What a fault works on decides which limits bound it; that is not for its declaration to choose.
                let headline = format!("faults of this component work on `target.{own}`, not `{}`", path.text());
                let help = format!("write `resource target.{own}`");
                self.report(errors::missing(codes::E0208, &headline, path.span, &help));
                own.to_owned()
            }
            (["target", resource], _) if RESOURCES.contains(resource) => (*resource).to_owned(),
            _ => {
                let known = ["target.requests", "target.instance", "target.host"];
                self.report(errors::unknown("resource", &path.text(), path.span, known));
                "requests".to_owned()
            }
        }
    }

    /// `E of target.requests`, a share, or `E of target.instances`, a share or a number. Not said means all.
    /// `parameters`: what the names of the fault's parameters stand for.
    fn effect(&mut self, written: Option<&Expr>, parameters: Context) -> Term {
        let Some(expr) = written else { return Term::Constant(1.0) };
        let Some((amount, of)) = amount_of(expr) else {
            let help = "write it like `traffic of target.requests`, or `count of target.instances`";
            self.report(errors::missing(codes::E0208, "expected a part of the target", expr.span, help));
            return Term::Constant(1.0);
        };
        let (ty, term) = self.typing(parameters).quantity(amount);
        let counted = of == "instances" && ty.fits(&Type::Count);
        if !ty.fits(&Type::Ratio) && !counted {
            self.report(errors::mismatch(&Type::Ratio, &ty, amount.span, None));
        }
        term
    }

    /// The arguments of an inject against the fault's parameters.
    pub(super) fn given(&mut self, fault: &Fault, written: &Arguments, about: About) -> Option<Given> {
        let context = Context { limits: true, ..about.context() };
        let mut arguments = self.arguments(&fault.name, &fault.parameters, written, context)?;
        self.selects(fault, &arguments)?;
        let (target, target_span) = arguments.remove("target")?;
        let Argument::Service(target) = target else { return None };
        self.known_target(about.system, &target, target_span)?;
        let arguments = arguments.into_iter().map(|(name, (value, _))| (name, value)).collect();
        Some(Given { target, target_span, arguments })
    }

    pub(super) fn known_target(&mut self, system: Option<&System>, target: &str, at: Span) -> Option<()> {
        let system = system?;
        if system.service(target).is_none() {
            let known = system.services.iter().map(|service| service.name.as_str());
            self.report(errors::unknown("service", target, at, known));
            return None;
        }
        Some(())
    }

    fn probe(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.probes.get(id.index)) else { return };
        let parameters = self.parameters(&written.parameters);
        let returns = self.ty(&written.returns);
        if !(returns.is_quantity() || matches!(returns, Type::String | Type::Bool)) {
            self.report(errors::no_result(&returns, written.returns.span));
        }
        let Some((component, action)) = self.behind_probe(written) else { return };
        let name = written.name.text.clone();
        let (home, span) = (self.program.home(id.module).map(str::to_owned), written.name.span);
        let probe = Probe { name, home, parameters, returns, component, action, span };
        self.checked.probes.insert(id, probe);
    }
}
