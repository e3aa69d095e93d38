//! Names of environments, and what is named in texts of them.

use super::scene::{Scene, system};
use super::{Indexer, What};
use crate::base::Span;
use crate::names::{Kind, Module, ModuleId, Program};
use crate::syntax::tree::{Environment, Expr, File, Name, Path, Requirement};

impl<'p> Indexer<'p> {
    /// The environment of a test or a schedule: it may lie in a file beside this one, without a `use` of it. Its sources can be
    /// named from there on.
    pub(super) fn environment_named(&mut self, path: &Path, scene: &mut Scene<'p>) {
        let Some((last, before)) = path.parts.split_last() else { return };
        self.qualifier(before);
        let found = self.find_environment(&last.text, scene);
        self.add(last.span, What::Declaration(Kind::Environment), found.map(|it| it.name.span));
        scene.sources = found.map_or(&[], |it| &it.sources);
    }

    /// The environment that a policy names: whatever the system is, so it is known only where there is one of that name.
    pub(super) fn only_environment(&mut self, name: &Name) {
        let all = self.program.modules.iter().flat_map(|module| &module.file.environments);
        let called: Vec<Span> = all.filter(|it| it.name.text == name.text).map(|it| it.name.span).collect();
        let place = if let [one] = called.as_slice() { Some(*one) } else { None };
        self.add(name.span, What::Declaration(Kind::Environment), place);
    }

    /// One that the file brings in comes before those beside it.
    fn find_environment(&self, name: &str, scene: &Scene<'p>) -> Option<&'p Environment> {
        let brought = self.program.reach([ModuleId(0)]);
        let wanted = scene.system.map(|system| system.name.span);
        let of_system = |module: &Module, it: &Environment| {
            wanted.is_none() || system(self.program, module, &it.system).map(|system| system.name.span) == wanted
        };
        let modules = self.program.modules.iter().enumerate();
        let fits = modules.filter_map(|(at, module)| {
            let fit = module.file.environments.iter().find(|it| it.name.text == name && of_system(module, it))?;
            Some((!brought.contains(&ModuleId(at)), fit))
        });
        fits.min_by_key(|(beside, _)| *beside).map(|(_, fit)| fit)
    }

    /// `{payment}` in the command that starts a service.
    pub(super) fn placeholders(&mut self, text: &Expr, scene: &Scene<'p>) {
        let raw = self.program.sources.text(text.span);
        let mut from = 0;
        while let Some(open) = raw.get(from..).and_then(|rest| rest.find('{')).map(|at| from + at + 1) {
            let Some(close) = raw.get(open..).and_then(|rest| rest.find('}')).map(|at| open + at) else { return };
            let start = text.span.start as usize;
            let name = Name {
                text: raw[open..close].to_owned(),
                span: Span::new(text.span.source, start + open, start + close),
            };
            if scene.find_service(&name.text).is_some() {
                self.service(&name, scene);
            }
            from = close + 1;
        }
    }
}

/// Whether a file names an environment that neither it nor what it uses has.
pub fn lacks_environment(program: &Program) -> bool {
    let Some(module) = program.modules.first() else { return false };
    let has =
        |name: &str| program.modules.iter().flat_map(|module| &module.file.environments).any(|it| it.name.text == name);
    named(&module.file).any(|name| !has(name))
}

/// The names of environments in tests, schedules and policies.
fn named(file: &File) -> impl Iterator<Item = &str> {
    let tests = file.tests.iter().filter_map(|it| it.environment.as_ref());
    let paths = tests.chain(file.schedules.iter().filter_map(|it| it.environment.as_ref()));
    let rules = file.policies.iter().flat_map(|it| &it.rules).filter_map(|rule| match &rule.requirement {
        Requirement::Confirmed(environment, _) => Some(environment.text.as_str()),
        _ => None,
    });
    paths.filter_map(|path| path.parts.last()).map(|name| name.text.as_str()).chain(rules)
}
