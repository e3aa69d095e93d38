//! Reading a file and all that it uses.

use super::scope::{Kind, Scope};
use super::{DeclarationId, Module, ModuleId, Program, errors, stdlib};
use crate::base::{FileError, Files, SourceId, Span};
use crate::syntax::tree::{File, Name, Use, Used};
use crate::syntax::{self};
use std::path::{Component, Path, PathBuf};

impl Program {
    /// Reads `path` and everything it uses.
    ///
    /// # Errors
    /// Why `path` itself cannot be read; used files that cannot become findings.
    pub fn load(path: &Path, files: &dyn Files) -> Result<Program, FileError> {
        let text = files.read(path)?;
        let mut program = Program::default();
        program.add(path, text, files, &mut Vec::new());
        Ok(program)
    }

    /// Reads the `.chaos` files that lie beside `module` and are not part of the program yet.
    pub fn load_siblings(&mut self, module: ModuleId, files: &dyn Files) {
        let Some(folder) = self.module(module).map(|module| module.folder.clone()) else { return };
        for path in files.siblings(&folder) {
            let known = self.sources.find(&path).is_some();
            if let (false, Ok(text)) = (known, files.read(&path)) {
                self.add(&path, text, files, &mut Vec::new());
            }
        }
    }

    /// Adds a module; its number is fixed before those of the modules it uses.
    fn add(&mut self, path: &Path, text: String, files: &dyn Files, chain: &mut Vec<PathBuf>) -> ModuleId {
        let source = self.sources.add(path, text);
        let text = self.sources.get(source).map_or("", |source| source.text.as_str());
        let parsed = syntax::parse(source, text);
        self.findings.extend(parsed.findings);
        let id = ModuleId(self.modules.len());
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        self.modules.push(Module { source, file: parsed.file, folder, uses: Vec::new(), scope: Scope::default() });
        chain.push(path.to_path_buf());
        let scope = self.scope(id, files, chain);
        chain.pop();
        if let Some(module) = self.modules.get_mut(id.0) {
            module.scope = scope;
        }
        id
    }

    fn scope(&mut self, id: ModuleId, files: &dyn Files, chain: &mut Vec<PathBuf>) -> Scope {
        let mut scope = Scope::default();
        let uses = self.module(id).map_or_else(Vec::new, |module| module.file.uses.clone());
        for used in &uses {
            let target = self.used(id, used, files, chain);
            if let Some(module) = self.modules.get_mut(id.0) {
                module.uses.push(target);
            }
            let prefix = prefix(used);
            let Some(target) = target else {
                scope.lost_qualified |= prefix.is_some();
                scope.lost_any |= prefix.is_none();
                continue;
            };
            self.bring_in(&mut scope, target, prefix.as_deref(), used.span);
        }
        let own = self.module(id).map_or_else(Vec::new, |module| own_names(&module.file));
        for (kind, name, index, at) in own {
            let declared = scope.declare(kind, name.clone(), DeclarationId { module: id, index }, at);
            if let Err(first) = declared {
                self.findings.push(errors::declared_twice(kind, &name, first, at));
            }
        }
        scope
    }

    /// What the used module declares itself; what it uses in turn stays its own affair.
    fn bring_in(&mut self, scope: &mut Scope, target: ModuleId, prefix: Option<&str>, at: Span) {
        let Some(module) = self.modules.get(target.0) else { return };
        let entries: Vec<_> =
            module.scope.entries().filter(|(kind, _, id, _)| id.module == target && kind.is_shared()).collect();
        for (kind, name, id, place) in entries {
            let name = prefix.map_or_else(|| name.to_owned(), |prefix| format!("{prefix}.{name}"));
            if let Err(first) = scope.declare(kind, name.clone(), id, place) {
                self.findings.push(errors::declared_twice(kind, &name, first, place).at(at, "brought in here"));
            }
        }
    }

    fn used(&mut self, from: ModuleId, used: &Use, files: &dyn Files, chain: &mut Vec<PathBuf>) -> Option<ModuleId> {
        match &used.what {
            Used::Module(path) => self.used_module(&path.text(), path.span, files, chain),
            Used::File(path, at) => self.used_file(from, path, *at, files, chain),
        }
    }

    fn used_module(&mut self, path: &str, at: Span, files: &dyn Files, chain: &mut Vec<PathBuf>) -> Option<ModuleId> {
        let Some((file, text)) = stdlib::module(path) else {
            self.findings.push(errors::unknown_module(path, at));
            return None;
        };
        let known = self.sources.find(Path::new(file)).and_then(|source| self.module_of(source));
        Some(known.unwrap_or_else(|| self.add(Path::new(file), text.to_owned(), files, chain)))
    }

    fn used_file(
        &mut self,
        from: ModuleId,
        path: &str,
        at: Span,
        files: &dyn Files,
        chain: &mut Vec<PathBuf>,
    ) -> Option<ModuleId> {
        let path = normal(&self.module(from)?.folder.join(path));
        if let Some(start) = chain.iter().position(|open| normal(open) == path) {
            let names = chain[start..].iter().chain([&path]).map(|path| path.display().to_string()).collect::<Vec<_>>();
            self.findings.push(errors::cycle(&names, at));
            return None;
        }
        if let Some(known) = self.sources.find(&path).and_then(|source| self.module_of(source)) {
            return Some(known);
        }
        match files.read(&path) {
            Ok(text) => Some(self.add(&path, text, files, chain)),
            Err(error) => {
                self.findings.push(errors::unreadable(&path, &error, Some(at)));
                None
            }
        }
    }

    fn module_of(&self, source: SourceId) -> Option<ModuleId> {
        self.modules.iter().position(|module| module.source == source).map(ModuleId)
    }
}

/// How the used module's names are qualified: by the alias, else by a module's last name; a file's not at all.
fn prefix(used: &Use) -> Option<String> {
    let alias = used.alias.as_ref().map(|alias| alias.text.clone());
    alias.or_else(|| match &used.what {
        Used::Module(path) => path.parts.last().map(|name| name.text.clone()),
        Used::File(..) => None,
    })
}

fn own_names(file: &File) -> Vec<(Kind, String, usize, Span)> {
    fn of<'a>(kind: Kind, names: impl Iterator<Item = &'a Name>) -> Vec<(Kind, String, usize, Span)> {
        names.enumerate().map(|(at, name)| (kind, name.text.clone(), at, name.span)).collect()
    }
    [
        of(Kind::System, file.systems.iter().map(|it| &it.name)),
        of(Kind::Environment, file.environments.iter().map(|it| &it.name)),
        of(Kind::Experiment, file.experiments.iter().map(|it| &it.name)),
        of(Kind::Fault, file.faults.iter().map(|it| &it.name)),
        of(Kind::Probe, file.probes.iter().map(|it| &it.name)),
        of(Kind::Scenario, file.scenarios.iter().map(|it| &it.name)),
        of(Kind::Constant, file.constants.iter().map(|it| &it.name)),
        of(Kind::Policy, file.policies.iter().map(|it| &it.name)),
        of(Kind::Test, file.tests.iter().map(|it| &it.name)),
        of(Kind::Schedule, file.schedules.iter().map(|it| &it.name)),
    ]
    .concat()
}

/// The path without `.` and `..`, as far as its own names tell.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
