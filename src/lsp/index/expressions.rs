//! Names in expressions.

use super::scene::{Scene, needs, probe, step};
use super::{Indexer, What};
use crate::base::Span;
use crate::lint::walk;
use crate::names::Kind;
use crate::syntax::tree::{Arguments, Expr, ExprKind, Name, Parameter, Path, TypeKind, TypeName};
use crate::types::term::LimitName;

impl<'p> Indexer<'p> {
    /// All names in these expressions.
    pub(super) fn expressions<'e>(&mut self, all: impl IntoIterator<Item = &'e Expr>, scene: &Scene<'p>) {
        for expr in all.into_iter().flat_map(walk::inside) {
            match &expr.kind {
                ExprKind::Path(path) => self.value(path, scene),
                ExprKind::Call(path, arguments) => self.call(path, arguments, scene),
                _ => {}
            }
        }
    }

    /// A path that has a value, is a service, or a word of its place.
    fn value(&mut self, path: &Path, scene: &Scene<'p>) {
        if self.module.scope.find(Kind::Constant, &path.text()).is_some() && self.bare(path, scene).is_none() {
            self.declaration(Kind::Constant, path);
            return;
        }
        match path.parts.as_slice() {
            [name] => match self.bare(path, scene) {
                Some((what, place)) => self.add(name.span, what, Some(place)),
                None => self.add(name.span, if scene.facts { What::Fact } else { What::Word }, None),
            },
            [_, ..] if scene.facts => self.add(path.span, What::Fact, None),
            [first, last] if first.text == "limit" && LimitName::named(&last.text).is_some() => {
                self.word(first);
                self.add(last.span, What::Limit, None);
            }
            [first, last] => self.member(first, last, scene),
            parts => self.step_path(parts, scene.steps),
        }
    }

    /// What one name means.
    fn bare(&self, path: &Path, scene: &Scene<'p>) -> Option<(What, Span)> {
        let [name] = path.parts.as_slice() else { return None };
        let own = scene.service.and_then(|service| service.metrics.iter().find(|it| it.name.text == name.text));
        let metric = own.map(|metric| (What::Metric, metric.name.span));
        let value = || scene.value(&name.text).map(|at| (What::Parameter, at));
        let service = || scene.find_service(&name.text).map(|it| (What::Service, it.name.span));
        let known_step = || step(scene.steps, &name.text).map(|(it, _)| (What::Step, it.span));
        let source = || scene.source(&name.text).map(|at| (What::Source, at));
        metric.or_else(value).or_else(known_step).or_else(service).or_else(source)
    }

    /// `service.metric`, `parameter.metric`, `source.how`, `step.part`.
    fn member(&mut self, first: &Name, last: &Name, scene: &Scene<'p>) {
        if let Some(service) = scene.find_service(&first.text) {
            self.add(first.span, What::Service, Some(service.name.span));
            let metric = service.metrics.iter().find(|metric| metric.name.text == last.text);
            self.add(last.span, What::Metric, metric.map(|metric| metric.name.span));
        } else if let Some(parameter) = scene.parameter(&first.text) {
            self.add(first.span, What::Parameter, Some(parameter.name.span));
            let metric = needs(parameter).iter().find(|(name, _)| name.text == last.text);
            self.add(last.span, What::Metric, metric.map(|(name, _)| name.span));
        } else if let Some(source) = scene.source(&first.text) {
            self.add(first.span, What::Source, Some(source));
            self.add(last.span, What::Function, None);
        } else {
            self.step_path(&[first.clone(), last.clone()], scene.steps);
        }
    }

    /// `p95(…)`, `app.ratio(…)`, `http.get(…)`.
    fn call(&mut self, path: &Path, arguments: &Arguments, scene: &Scene<'p>) {
        if let Some(probe) = probe(self.program, self.module, &path.text()) {
            self.declaration(Kind::Probe, path);
            self.argument_names(arguments, &probe.parameters);
            return;
        }
        match path.parts.as_slice() {
            [name] => self.add(name.span, What::Function, None),
            [first, last] => {
                let source = scene.source(&first.text);
                let what = if source.is_some() { What::Source } else { What::Word };
                self.add(first.span, what, source);
                self.add(last.span, What::Function, None);
            }
            _ => {}
        }
        self.argument_names(arguments, &[]);
    }

    /// The names before the values of arguments.
    pub(super) fn argument_names(&mut self, arguments: &Arguments, parameters: &[Parameter]) {
        for name in arguments.list.iter().filter_map(|argument| argument.name.as_ref()) {
            let parameter = parameters.iter().find(|parameter| parameter.name.text == name.text);
            self.add(name.span, What::Parameter, parameter.map(|parameter| parameter.name.span));
        }
    }

    /// Parameters: their names, types, ranges and defaults.
    pub(super) fn parameters(&mut self, list: &'p [Parameter], scene: &Scene<'p>) {
        for parameter in list {
            self.declare(&parameter.name, What::Parameter);
            self.ty(&parameter.ty);
            let range = parameter.range.iter().flat_map(|(low, high)| [low, high]);
            self.expressions(range.chain(&parameter.default), scene);
        }
    }

    pub(super) fn ty(&mut self, ty: &TypeName) {
        match &ty.kind {
            TypeKind::Named(name, of) => {
                self.add(name.span, What::Type, None);
                of.iter().for_each(|of| self.ty(of));
            }
            TypeKind::Enum(words) => words.iter().for_each(|word| self.word(word)),
            TypeKind::Service(metrics) => {
                for (name, ty) in metrics {
                    self.declare(name, What::Metric);
                    self.ty(ty);
                }
            }
            TypeKind::Inferred => {}
        }
    }

    /// `service.metric` where nothing else can stand.
    pub(super) fn metric(&mut self, path: &Path, scene: &Scene<'p>) {
        let [service, metric] = path.parts.as_slice() else { return };
        self.service(service, scene);
        self.add(metric.span, What::Metric, scene.metric(&service.text, &metric.text).map(|it| it.name.span));
    }

    /// A service's name.
    pub(super) fn service(&mut self, name: &Name, scene: &Scene<'p>) {
        self.add(name.span, What::Service, scene.find_service(&name.text).map(|it| it.name.span));
    }
}
