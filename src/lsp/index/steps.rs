//! Names in runs.

use super::scene::{Scene, every_step, fault, probe, scenario, step};
use super::{Indexer, What};
use crate::lint::walk;
use crate::names::Kind;
use crate::syntax::tree::{Arguments, Name, Path, Scenario, Step, StepKind};

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
        // A parameter that is escalated stays the parameter.
        inner.variables.extend(walk::variable(step).filter(|name| scene.value(&name.text).is_none()));
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

    /// `outage`, `first.level`, `twice.2.outage`, `brownout.level`: names of steps, each inside the one before it.
    pub(super) fn step_path(&mut self, parts: &[Name], steps: &'p [Step]) {
        let (mut steps, mut rest) = (steps, parts);
        while let Some((part, behind)) = rest.split_first() {
            rest = behind;
            if is_of_rounds(&part.text) {
                continue;
            }
            let used = match step(steps, &part.text) {
                Some((name, inside)) => {
                    self.add(part.span, What::Step, Some(name.span));
                    scenario_of(inside)
                }
                None => match self.unnamed_use(part, &mut rest, steps) {
                    Some(path) => Some(path),
                    None => return self.add(part.span, What::Step, None),
                },
            };
            if let Some(path) = used {
                steps = self.any_scenario(&path.text()).map_or(&[], |it| &it.steps);
            }
        }
    }

    /// A scenario that is used without a name is called by its own.
    fn unnamed_use(&mut self, part: &Name, rest: &mut &[Name], steps: &'p [Step]) -> Option<&'p Path> {
        let is_called = |path: &&Path| {
            let names = std::iter::once(part).chain(*rest).map(|name| &name.text);
            path.parts.len() <= rest.len() + 1
                && path.parts.iter().map(|name| &name.text).eq(names.take(path.parts.len()))
        };
        let path = every_step(steps).filter(|step| step.name.is_none()).filter_map(scenario_of).find(is_called)?;
        let (own, behind) = rest.split_at(path.parts.len() - 1);
        *rest = behind;
        let place = self.any_scenario(&path.text()).map(|it| it.name.span);
        self.add(own.last().unwrap_or(part).span, What::Declaration(Kind::Scenario), place);
        Some(path)
    }

    /// A scenario, as some module of the program calls it.
    fn any_scenario(&self, path: &str) -> Option<&'p Scenario> {
        let own = scenario(self.program, self.module, path);
        let mut others = self.program.modules.iter().filter_map(|module| scenario(self.program, module, path));
        own.or_else(|| others.next())
    }
}

/// The scenario that a step is a use of.
fn scenario_of(step: &Step) -> Option<&Path> {
    if let StepKind::Scenario(path, _) = &step.kind { Some(path) } else { None }
}

/// The number of a round, or the name that a block of rounds has from its kind: `escalate-1`.
fn is_of_rounds(part: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let block = part.strip_prefix("repeat-").or_else(|| part.strip_prefix("escalate-"));
    is_number(block.unwrap_or(part))
}
