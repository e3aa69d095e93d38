//! Names in declarations.

use super::scene::Scene;
use super::{Indexer, What};
use crate::lint::walk;
use crate::names::Kind;
use crate::syntax::tree::{
    Environment, Experiment, Given, GivenWhat, Limits, Model, ModelUse, Name, PlacedService, Policy, Requirement,
    Schedule, System, Test, TestExpectation, Used,
};

impl<'p> Indexer<'p> {
    /// A whole file.
    pub(super) fn file(&mut self) {
        let (file, module) = (&*self.module.file, self.module);
        self.uses();
        for it in &file.constants {
            self.declare(&it.name, What::Declaration(Kind::Constant));
            self.expressions([&it.value], &Scene::default());
        }
        file.systems.iter().for_each(|it| self.system(it));
        file.environments.iter().for_each(|it| self.environment(it));
        file.experiments.iter().for_each(|it| self.experiment(it));
        for it in &file.scenarios {
            self.declare(&it.name, What::Declaration(Kind::Scenario));
            let scene = Scene::of_scenario(it);
            self.parameters(&it.parameters, &scene);
            self.steps(&it.steps, &scene);
        }
        file.policies.iter().for_each(|it| self.policy(it));
        for it in &file.models {
            self.declare(&it.name, What::Declaration(Kind::Model));
            it.system.iter().for_each(|path| self.declaration(Kind::System, path));
            self.model(it, &Scene::of_model(self.program, module, it));
        }
        file.tests.iter().for_each(|it| self.test(it));
        file.schedules.iter().for_each(|it| self.schedule(it));
        for it in &file.faults {
            self.declare(&it.name, What::Declaration(Kind::Fault));
            let scene = Scene::of_parameters(&it.parameters);
            self.parameters(&it.parameters, &scene);
            self.expressions(it.touches.iter().chain(&it.fails), &scene);
            it.class.iter().for_each(|name| self.word(name));
        }
        for it in &file.probes {
            self.declare(&it.name, What::Declaration(Kind::Probe));
            self.parameters(&it.parameters, &Scene::of_parameters(&it.parameters));
            self.ty(&it.returns);
        }
        file.allows.iter().for_each(|allow| self.add(allow.name.span, What::Lint, None));
    }

    fn uses(&mut self) {
        for (used, target) in self.module.file.uses.iter().zip(&self.module.uses) {
            let place = target.and_then(|id| self.start_of(id));
            match &used.what {
                Used::Module(path) => self.add(path.span, What::Module, place),
                Used::File(_, at) => self.add(*at, What::File, place),
            }
            used.alias.iter().for_each(|alias| self.declare(alias, What::Module));
        }
    }

    fn system(&mut self, it: &'p System) {
        self.declare(&it.name, What::Declaration(Kind::System));
        for service in &it.services {
            self.declare(&service.name, What::Service);
            let scene = Scene { service: Some(service), ..Scene::of_system(it) };
            service.calls.iter().for_each(|name| self.service(name, &scene));
            for metric in &service.metrics {
                self.declare(&metric.name, What::Metric);
                self.ty(&metric.ty);
                self.expressions(metric.range.iter().flat_map(|(low, high)| [low, high]), &scene);
            }
            for slo in &service.slos {
                self.expressions(std::iter::once(&slo.condition).chain(&slo.over), &scene);
            }
        }
    }

    fn environment(&mut self, it: &'p Environment) {
        self.declare(&it.name, What::Declaration(Kind::Environment));
        self.declaration(Kind::System, &it.system);
        let scene = Scene::of_environment(self.program, self.module, it);
        it.tier.iter().for_each(|name| self.word(name));
        it.services.iter().for_each(|service| self.placed(service, &scene));
        it.sources.iter().for_each(|source| self.declare(&source.name, What::Source));
        it.bindings.iter().for_each(|binding| self.metric(&binding.metric, &scene));
        for allowance in &it.allowances {
            for (module, fault) in &allowance.patterns {
                self.pattern(module.as_ref(), fault.as_ref());
            }
            allowance.services.iter().for_each(|name| self.service(name, &scene));
        }
        self.limits(it.limits.as_ref(), &scene);
        self.expressions(walk::of_environment(it), &scene);
    }

    /// `http.error`, `http.*`, `lag`: what is allowed. A standard module or a plugin needs no `use` for that.
    fn pattern(&mut self, module: Option<&Name>, fault: Option<&Name>) {
        let called = [module, fault].into_iter().flatten().map(|name| name.text.as_str());
        let called = called.collect::<Vec<_>>().join(".");
        let unused = module.filter(|name| self.used_as(&name.text).is_none());
        let home = unused.and_then(|name| self.program.called(&name.text));
        if let Some(name) = module {
            let place = home.and_then(|id| self.start_of(id)).or_else(|| self.used_as(&name.text));
            self.add(name.span, What::Module, place);
        }
        if let Some(name) = fault {
            let of_home = || self.program.module(home?)?.scope.place(Kind::Fault, &name.text);
            let place = self.module.scope.place(Kind::Fault, &called).or_else(of_home);
            self.add(name.span, What::Declaration(Kind::Fault), place);
        }
    }

    fn placed(&mut self, service: &PlacedService, scene: &Scene<'p>) {
        self.service(&service.name, scene);
        service.start.iter().for_each(|text| self.placeholders(text, scene));
        service.restarts.iter().for_each(|restarts| self.word(&restarts.by));
    }

    fn limits(&mut self, limits: Option<&Limits>, scene: &Scene<'p>) {
        let Some(limits) = limits else { return };
        limits.services.iter().flat_map(|(_, names)| names).for_each(|name| self.service(name, scene));
        limits.bounds.iter().for_each(|(name, _)| self.add(name.span, What::Limit, None));
    }

    fn experiment(&mut self, it: &'p Experiment) {
        self.declare(&it.name, What::Declaration(Kind::Experiment));
        self.declaration(Kind::System, &it.system);
        let scene = Scene::of_experiment(self.program, self.module, it);
        self.parameters(&it.parameters, &scene);
        self.limits(it.limits.as_ref(), &scene);
        self.steps(it.run.as_ref().map_or(&[], |run| &run.steps), &scene);
        self.expressions(walk::of_experiment_itself(it), &scene);
        it.consents.iter().for_each(|name| self.word(name));
        it.expectations.iter().filter_map(|it| it.name.as_ref()).for_each(|name| self.declare(name, What::Step));
    }

    fn policy(&mut self, it: &'p Policy) {
        self.declare(&it.name, What::Declaration(Kind::Policy));
        self.expressions(walk::of_policy(it), &Scene::of_policy());
        for rule in &it.rules {
            if let Requirement::Confirmed(environment, _) = &rule.requirement {
                self.only_environment(environment);
            }
        }
    }

    fn model(&mut self, it: &'p Model, scene: &Scene<'p>) {
        it.arrivals.iter().for_each(|arrivals| self.service(&arrivals.service, scene));
        for service in &it.services {
            self.service(&service.name, scene);
            let names = service.traits.iter().flat_map(|it| &it.to).chain(&service.tolerates);
            names.for_each(|name| self.service(name, scene));
        }
        for shown in &it.shown {
            self.metric(&shown.metric, scene);
            self.word(&shown.measure);
            shown.of.iter().for_each(|name| self.service(name, scene));
        }
        self.expressions(walk::of_model(it), scene);
    }

    fn test(&mut self, it: &'p Test) {
        self.declare(&it.name, What::Declaration(Kind::Test));
        self.declaration(Kind::Experiment, &it.experiment);
        let mut scene = Scene::of_trial(self.program, self.module, &it.experiment);
        it.environment.iter().for_each(|path| self.environment_named(path, &mut scene));
        match &it.model {
            Some(ModelUse::Named(path)) => self.declaration(Kind::Model, path),
            Some(ModelUse::Written(model, _)) => self.model(model, &scene),
            None => {}
        }
        it.givens.iter().for_each(|given| self.given(given, &scene));
        for (name, _) in &it.settings {
            self.add(name.span, What::Parameter, scene.value(&name.text));
        }
        for expectation in &it.expectations {
            match expectation {
                TestExpectation::Verdict { verdict, .. } => self.word(verdict),
                TestExpectation::Step { step, outcome, .. } => {
                    self.step_path(&step.parts, scene.steps);
                    self.word(outcome);
                }
            }
        }
        self.expressions(walk::of_test(it), &scene);
    }

    fn given(&mut self, given: &'p Given, scene: &Scene<'p>) {
        match &given.what {
            GivenWhat::Value(path, part, _) => {
                if path.parts.first().is_some_and(|first| scene.find_service(&first.text).is_some()) {
                    self.metric(path, scene);
                } else {
                    self.step_path(&path.parts, scene.steps);
                }
                part.iter().for_each(|name| self.word(name));
            }
            GivenWhat::Silence(path) if path.parts.len() > 1 => self.metric(path, scene),
            GivenWhat::Unseen(path) => self.step_path(&path.parts, scene.steps),
            GivenWhat::Happening(path, what) => {
                self.step_path(&path.parts, scene.steps);
                self.word(what);
            }
            GivenWhat::Traffic(service, _) => self.service(service, scene),
            GivenWhat::Silence(source) => {
                source.parts.iter().for_each(|name| self.add(name.span, What::Source, scene.source(&name.text)));
            }
            GivenWhat::Steady | GivenWhat::Stop => {}
        }
        given.since.iter().filter_map(|it| it.step.as_ref()).for_each(|it| self.step_path(&it.parts, scene.steps));
    }

    fn schedule(&mut self, it: &'p Schedule) {
        self.declare(&it.name, What::Declaration(Kind::Schedule));
        self.declaration(Kind::Experiment, &it.experiment);
        let mut scene = Scene::of_trial(self.program, self.module, &it.experiment);
        it.environment.iter().for_each(|path| self.environment_named(path, &mut scene));
        for (name, _) in &it.settings {
            self.add(name.span, What::Parameter, scene.value(&name.text));
        }
        self.expressions(walk::of_schedule(it), &scene);
    }
}
