//! What names mean in one place: the system that is spoken of, parameters, steps, sources.

use super::tree;
use crate::base::Span;
use crate::lint::walk;
use crate::names::{Kind, Module, Program};
use crate::syntax::tree::{
    Environment, Experiment, Fault, Metric, MetricSource, Model, Name, Parameter, Path, Policy, Probe, Scenario,
    Service, Step, System, TypeKind, TypeName,
};

/// What can be named in one place.
#[derive(Clone, Default)]
pub struct Scene<'p> {
    /// The system that is spoken of.
    pub system: Option<&'p System>,
    /// In a service of a system: its metrics need no more than their names.
    pub service: Option<&'p Service>,
    /// Parameters.
    pub parameters: Vec<&'p Parameter>,
    /// Names that have a value in a block: the level of an escalation.
    pub variables: Vec<&'p Name>,
    /// The steps of the run.
    pub steps: &'p [Step],
    /// The sources of an environment.
    pub sources: &'p [MetricSource],
    /// Whether facts are spoken of, as policies do.
    pub facts: bool,
}

impl<'p> Scene<'p> {
    /// In a system.
    pub fn of_system(system: &'p System) -> Self {
        Self { system: Some(system), ..Self::default() }
    }

    /// In an environment.
    pub fn of_environment(program: &'p Program, module: &Module, it: &'p Environment) -> Self {
        Self { system: system(program, module, &it.system), sources: &it.sources, ..Self::default() }
    }

    /// In an experiment, as `module` sees it.
    pub fn of_experiment(program: &'p Program, module: &Module, it: &'p Experiment) -> Self {
        Self {
            system: system(program, module, &it.system),
            parameters: it.parameters.iter().collect(),
            steps: it.run.as_ref().map_or(&[], |run| &run.steps),
            ..Self::default()
        }
    }

    /// In a scenario.
    pub fn of_scenario(it: &'p Scenario) -> Self {
        Self { parameters: it.parameters.iter().collect(), steps: &it.steps, ..Self::default() }
    }

    /// In a test or a schedule of an experiment.
    pub fn of_trial(program: &'p Program, module: &Module, experiment: &Path) -> Self {
        let found = module.scope.find(Kind::Experiment, &experiment.text());
        let home = found.and_then(|id| program.module(id.module));
        let of = found.zip(home).and_then(|(id, home)| Some((home, home.file.experiments.get(id.index)?)));
        of.map(|(home, it)| Self::of_experiment(program, home, it)).unwrap_or_default()
    }

    /// In a model.
    pub fn of_model(program: &'p Program, module: &Module, it: &Model) -> Self {
        Self { system: it.system.as_ref().and_then(|path| system(program, module, path)), ..Self::default() }
    }

    /// In a policy.
    pub fn of_policy() -> Self {
        Self { facts: true, ..Self::default() }
    }

    /// In a fault or probe.
    pub fn of_parameters(list: &'p [Parameter]) -> Self {
        Self { parameters: list.iter().collect(), ..Self::default() }
    }

    /// A service of the system.
    pub fn find_service(&self, name: &str) -> Option<&'p Service> {
        self.system?.services.iter().find(|service| service.name.text == name)
    }

    /// A metric of a service.
    pub fn metric(&self, service: &str, name: &str) -> Option<&'p Metric> {
        self.find_service(service)?.metrics.iter().find(|metric| metric.name.text == name)
    }

    /// A parameter.
    pub fn parameter(&self, name: &str) -> Option<&'p Parameter> {
        self.parameters.iter().find(|parameter| parameter.name.text == name).copied()
    }

    /// A name that has a value here, innermost first.
    pub fn value(&self, name: &str) -> Option<Span> {
        let level = self.variables.iter().rev().find(|known| known.text == name).map(|known| known.span);
        level.or_else(|| self.parameter(name).map(|parameter| parameter.name.span))
    }

    /// A source.
    pub fn source(&self, name: &str) -> Option<Span> {
        self.sources.iter().find(|source| source.name.text == name).map(|source| source.name.span)
    }
}

/// The metrics that a scenario needs of a service.
pub fn needs(parameter: &Parameter) -> &[(Name, TypeName)] {
    if let TypeKind::Service(metrics) = &parameter.ty.kind { metrics } else { &[] }
}

/// The step with a name among these, and in their blocks; of a name that an expectation of a fault has, that fault.
pub fn step<'p>(steps: &'p [Step], name: &str) -> Option<(&'p Name, &'p Step)> {
    let names = |step: &'p Step| {
        let expected = walk::expected(step).iter().filter_map(|expect| expect.name.as_ref());
        step.name.iter().chain(expected).map(move |own| (own, step))
    };
    every_step(steps).flat_map(names).find(|(own, _)| own.text == name)
}

/// These steps and those in their blocks, in their order.
pub fn every_step(steps: &[Step]) -> impl Iterator<Item = &Step> {
    let mut open: Vec<&Step> = steps.iter().rev().collect();
    std::iter::from_fn(move || {
        let step = open.pop()?;
        open.extend(step.blocks().into_iter().rev().flat_map(|block| block.iter().rev()));
        Some(step)
    })
}

/// The system that a path names.
pub fn system<'p>(program: &'p Program, module: &Module, path: &Path) -> Option<&'p System> {
    let id = module.scope.find(Kind::System, &path.text())?;
    tree(program, id.module)?.systems.get(id.index)
}

/// The parameters of a fault.
pub fn fault<'p>(program: &'p Program, module: &Module, path: &str) -> Option<&'p Fault> {
    let id = module.scope.find(Kind::Fault, path)?;
    tree(program, id.module)?.faults.get(id.index)
}

/// The probe with a name.
pub fn probe<'p>(program: &'p Program, module: &Module, path: &str) -> Option<&'p Probe> {
    let id = module.scope.find(Kind::Probe, path)?;
    tree(program, id.module)?.probes.get(id.index)
}

/// The scenario with a name.
pub fn scenario<'p>(program: &'p Program, module: &Module, path: &str) -> Option<&'p Scenario> {
    let id = module.scope.find(Kind::Scenario, path)?;
    tree(program, id.module)?.scenarios.get(id.index)
}

/// What can be named at a byte of a program's first file: in the last declaration that begins before it.
pub fn scene_at<'p>(program: &'p Program, offset: usize) -> Scene<'p> {
    let Some(module) = program.modules.first() else { return Scene::default() };
    let file = &*module.file;
    let mut found: Vec<(u32, Scene<'p>)> = Vec::new();
    let mut add = |name: &Name, scene: &dyn Fn() -> Scene<'p>| {
        if name.span.start as usize <= offset {
            found.push((name.span.start, scene()));
        }
    };
    file.systems.iter().for_each(|it| add(&it.name, &|| Scene::of_system(it)));
    file.environments.iter().for_each(|it| add(&it.name, &|| Scene::of_environment(program, module, it)));
    file.experiments.iter().for_each(|it| add(&it.name, &|| Scene::of_experiment(program, module, it)));
    file.scenarios.iter().for_each(|it| add(&it.name, &|| Scene::of_scenario(it)));
    file.models.iter().for_each(|it| add(&it.name, &|| Scene::of_model(program, module, it)));
    file.tests.iter().for_each(|it| add(&it.name, &|| Scene::of_trial(program, module, &it.experiment)));
    file.schedules.iter().for_each(|it| add(&it.name, &|| Scene::of_trial(program, module, &it.experiment)));
    file.policies.iter().for_each(|it: &Policy| add(&it.name, &Scene::of_policy));
    file.faults.iter().for_each(|it| add(&it.name, &|| Scene::of_parameters(&it.parameters)));
    file.probes.iter().for_each(|it| add(&it.name, &|| Scene::of_parameters(&it.parameters)));
    found.into_iter().max_by_key(|(start, _)| *start).map(|(_, scene)| scene).unwrap_or_default()
}
