//! What is behind a fault or a probe: a component and its action, held against what the component says of itself.

use super::Checker;
use crate::base::files::plain;
use crate::base::{Interval, Span};
use crate::diagnostics::codes;
use crate::names::component::{self, Capability, FaultSpec, Manifest, ParamSpec};
use crate::names::{stdlib, unbuilt_component, unusable_component};
use crate::syntax::tree::{self, Expr};
use crate::types::component_errors as wrong;
use crate::types::expression::Context;
use crate::types::model::{Argument, Class, ComponentPath, Parameter};
use crate::types::{Type, errors};
use std::path::PathBuf;

/// What is behind a fault.
pub(super) struct Behind {
    pub component: String,
    /// How grants call it.
    pub granted_as: String,
    pub spec: FaultSpec,
    /// Its file, where it is no standard one.
    pub file: Option<ComponentPath>,
    pub capabilities: Vec<Capability>,
}

impl Checker<'_> {
    pub(super) fn behind_probe(&mut self, written: &tree::Probe) -> Option<(String, String)> {
        let (component, action) = self.named(written.component.as_ref(), written.name.span, "probe")?;
        let mut typing = self.typing(Context::default());
        let (name, verb) = typing.text(component).zip(typing.text(action))?;
        let known = self.standard_component(&name, component.span)?;
        if !known.probes.contains(&verb.as_str()) {
            self.report(errors::unknown_text("action", &verb, action.span, known.probes.iter().copied()));
            return None;
        }
        Some((name, verb))
    }

    pub(super) fn behind_fault(&mut self, written: &tree::Fault, parameters: &[Parameter]) -> Option<Behind> {
        let (component, action) = self.named(written.component.as_ref(), written.name.span, "fault")?;
        let mut typing = self.typing(Context::default());
        let (name, verb) = typing.text(component).zip(typing.text(action))?;
        let (manifest, file) = self.manifest(&name, component.span)?;
        let known = manifest.faults.iter().map(|fault| fault.name.as_str());
        let Some(spec) = manifest.fault(&verb) else {
            self.report(errors::unknown_text("action", &verb, action.span, known));
            return None;
        };
        self.class_of_component(written, &manifest, spec);
        if !spec.targets.iter().any(|target| target == "service") {
            self.report(wrong::other_target(&manifest, spec, action.span));
        }
        for parameter in parameters.iter().filter(|parameter| parameter.ty != Type::Service) {
            self.parameter_of_component(parameter, &manifest, spec);
        }
        let lacks = |param: &&ParamSpec| param.default.is_none() && !parameters.iter().any(|it| it.name == param.name);
        for param in spec.params.iter().filter(lacks) {
            self.report(wrong::lacks(&manifest, spec, param, written.name.span));
        }
        let component = manifest.name.clone();
        let capabilities = manifest.capabilities.clone();
        Some(Behind { component, granted_as: self.granted_as(&name), spec: spec.clone(), file, capabilities })
    }

    fn named<'w>(&mut self, written: Option<&'w (Expr, Expr)>, at: Span, what: &str) -> Option<(&'w Expr, &'w Expr)> {
        if written.is_none() {
            let help = "add `component \"…\" action \"…\"`";
            self.report(errors::missing(codes::E0208, &format!("this {what} names no component"), at, help));
        }
        written.map(|(component, action)| (component, action))
    }

    fn standard_component(&mut self, name: &str, at: Span) -> Option<&'static stdlib::Component> {
        let known = stdlib::component(name);
        if known.is_none() {
            self.unknown_component(name, at);
        }
        known
    }

    /// How environments call a component that this module calls `name`.
    fn granted_as(&self, name: &str) -> String {
        let Some(module) = self.program.module(self.module) else { return name.to_owned() };
        match module.plugins.get(name).map(|read| read.as_ref()) {
            Some(Ok(added)) => added.name.clone(),
            _ if component::is_file(name) => plain(&module.folder.join(name)).display().to_string(),
            _ => name.to_owned(),
        }
    }

    pub(super) fn unknown_component(&mut self, name: &str, at: Span) {
        let offered = self.program.module(self.module).map(|module| module.offered.clone()).unwrap_or_default();
        let standard = stdlib::COMPONENTS.iter().map(|known| known.name);
        self.report(errors::unknown_text("component", name, at, standard.chain(offered.names())));
    }

    /// What the component says of itself, and where it is if it is no standard one.
    fn manifest(&mut self, name: &str, at: Span) -> Option<(Manifest, Option<ComponentPath>)> {
        if let Some(read) = self.program.module(self.module).and_then(|module| module.plugins.get(name)) {
            return match read.as_ref() {
                Ok(added) => {
                    let file = ComponentPath { path: added.path.clone(), digest: added.file.digest.clone() };
                    Some((added.file.manifest.clone(), Some(file)))
                }
                Err(trouble) => {
                    self.report(trouble.finding(name).at(at, "named here"));
                    None
                }
            };
        }
        if let Some(path) = self.own_component(name).cloned() {
            return self.built(name, path, at);
        }
        if !component::is_file(name) {
            let known = self.standard_component(name, at)?;
            let none = || Manifest { name: name.to_owned(), ..Manifest::default() };
            return Some((known.manifest().cloned().unwrap_or_else(none), None));
        }
        let folder = self.program.module(self.module).map(|module| module.folder.clone())?;
        let path = plain(&folder.join(name));
        let Some(read) = self.program.components.get(&path).cloned() else {
            self.unknown_component(name, at);
            return None;
        };
        match read.as_ref() {
            Ok(read) => {
                let file = ComponentPath { path, digest: read.digest.clone() };
                Some((read.manifest.clone(), Some(file)))
            }
            Err(why) => {
                self.report(unusable_component(name, why).at(at, "named here"));
                None
            }
        }
    }

    /// Where a component is built that this module calls by its name, if that is beside it.
    pub(super) fn own_component(&self, name: &str) -> Option<&PathBuf> {
        self.program.module(self.module).and_then(|module| module.own.get(name))
    }

    /// What a component says of itself that is built beside the module.
    fn built(&mut self, name: &str, path: PathBuf, at: Span) -> Option<(Manifest, Option<ComponentPath>)> {
        let read = self.program.components.get(&path).cloned();
        match read.as_ref().map(|read| read.as_ref()) {
            Some(Ok(read)) if read.manifest.name == name => {
                let file = ComponentPath { path, digest: read.digest.clone() };
                Some((read.manifest.clone(), Some(file)))
            }
            _ => {
                self.report(unbuilt_component(name).at(at, "named here"));
                None
            }
        }
    }

    fn class_of_component(&mut self, written: &tree::Fault, manifest: &Manifest, spec: &FaultSpec) {
        let Some(declared) = &written.class else { return };
        let is_class = Class::ALL.iter().any(|(known, _)| *known == declared.text);
        if is_class && declared.text != spec.class {
            let (name, class) = (&manifest.name, &spec.class);
            let headline = format!("faults of the component `{name}` are `{class}`, not `{}`", declared.text);
            let help = format!("write `class {class}`");
            let finding = errors::missing(codes::E0208, &headline, declared.span, &help);
            self.report(finding.safe_replace(declared.span, help, class.as_str()));
        }
    }

    fn parameter_of_component(&mut self, parameter: &Parameter, manifest: &Manifest, spec: &FaultSpec) {
        if parameter.ty == Type::Error {
            return;
        }
        let Some(param) = spec.params.iter().find(|param| param.name == parameter.name) else {
            return self.report(wrong::unknown_parameter(manifest, spec, parameter));
        };
        if !wrong::holds(param, &parameter.ty) {
            return self.report(wrong::other_kind(manifest, spec, param, parameter));
        }
        let words = match (&parameter.ty, &parameter.default) {
            (Type::Enum(words), _) => words.clone(),
            (_, Some(Argument::Text(text))) => vec![text.clone()],
            _ => Vec::new(),
        };
        let more = words.iter().find(|word| !param.choices.is_empty() && !param.choices.contains(word));
        if let Some(more) = more {
            return self.report(wrong::other_word(manifest, spec, param, more, parameter.span));
        }
        let taken = Interval { lo: param.min.unwrap_or(f64::NEG_INFINITY), hi: param.max.unwrap_or(f64::INFINITY) };
        if parameter.ty.is_quantity() && !parameter.open && !parameter.range.within(taken) {
            self.report(wrong::wider(manifest, param, parameter, taken));
        }
    }
}
