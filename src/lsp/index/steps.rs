//! Names in runs.

use super::scene::{Scene, fault, probe, scenario, step};
use super::{Indexer, What};
use crate::lint::walk;
use crate::names::Kind;
use crate::syntax::tree::{Arguments, Name, Path, Step, StepKind};

impl<'p> Indexer<'p> {
    /// The steps of a run, those of blocks among them.
    pub(super) fn steps(&mut self, list: &'p [Step], scene: &Scene<'p>) {
        for step in list {
            self.step(step, scene);
        }
    }

    fn step(&mut self, step: &'p Step, scene: &Scene<'p>) {
        step.name.iter().for_each(|name| self.declare(name, What::Step));
        for after in &step.after {
            self.step_path(&after.step.parts, scene.steps);
        }
        self.step_kind(step, scene);
        let mut inner = scene.clone();
        inner.variables.extend(walk::variable(step));
        let mut own = Vec::new();
        walk::of_step_itself(step, &mut own);
        self.expressions(own, scene);
        for block in step.blocks() {
            self.steps(block, &inner);
        }
    }

    fn step_kind(&mut self, step: &'p Step, scene: &Scene<'p>) {
        match &step.kind {
            StepKind::Inject(inject) => {
                self.declaration(Kind::Fault, &inject.fault);
                let found = fault(self.program, self.module, &inject.fault.text());
                self.argument_names(&inject.arguments, found.map_or(&[], |it| &it.parameters));
            }
            StepKind::Call(path, arguments) => {
                self.declaration(Kind::Probe, path);
                let found = probe(self.program, self.module, &path.text());
                self.argument_names(arguments, found.map_or(&[], |it| &it.parameters));
            }
            StepKind::Scenario(path, arguments) => self.use_of_scenario(path, arguments),
            StepKind::Escalate { variable, .. } => match scene.value(&variable.text) {
                Some(parameter) => self.add(variable.span, What::Parameter, Some(parameter)),
                None => self.declare(variable, What::Parameter),
            },
            _ => {}
        }
        for name in walk::expected(step).iter().filter_map(|expect| expect.name.as_ref()) {
            self.declare(name, What::Step);
        }
    }

    fn use_of_scenario(&mut self, path: &Path, arguments: &Arguments) {
        self.declaration(Kind::Scenario, path);
        let found = scenario(self.program, self.module, &path.text());
        self.argument_names(arguments, found.map_or(&[], |it| &it.parameters));
    }

    /// `outage`, `first.level`, `twice.2.outage`: names of steps, each inside the one before it.
    pub(super) fn step_path(&mut self, parts: &[Name], steps: &'p [Step]) {
        let mut steps = steps;
        for part in parts {
            if part.text.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            let found = step(steps, &part.text);
            self.add(part.span, What::Step, found.map(|(name, _)| name.span));
            let Some((_, inside)) = found else { return };
            if let StepKind::Scenario(path, _) = &inside.kind {
                let of = self.any_scenario(&path.text());
                steps = of.unwrap_or(&[]);
            }
        }
    }

    /// The steps of a scenario, as some module of the program calls it.
    fn any_scenario(&self, path: &str) -> Option<&'p [Step]> {
        let own = scenario(self.program, self.module, path);
        let mut others = self.program.modules.iter().filter_map(|module| scenario(self.program, module, path));
        own.or_else(|| others.next()).map(|it| it.steps.as_slice())
    }
}
