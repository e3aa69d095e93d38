//! Reading a file and all that it uses.

use super::added::Plugins;
use super::scope::{Kind, Scope};
use super::shelf::{Origin, Shelf};
use super::{DeclarationId, Module, ModuleId, Program, Unreadable, component, errors, stdlib};
use crate::base::files::{is_nowhere, plain};
use crate::base::{FileError, Files, Sources, Span};
use crate::syntax::tree::{ExprKind, File, Name, Use, Used};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Program {
    /// Reads `path` and everything it uses.
    ///
    /// # Errors
    /// Why `path` itself cannot be read; used files that cannot become findings.
    pub fn load(path: &Path, files: &dyn Files) -> Result<Program, FileError> {
        Self::load_from(&Shelf::new(files), path)
    }

    /// Reads `path` and everything it uses, as far as it does not stand on the shelf already.
    ///
    /// # Errors
    /// Why `path` itself cannot be read; used files that cannot become findings.
    pub fn load_from(shelf: &Shelf, path: &Path) -> Result<Program, FileError> {
        let mut program = Program { sources: Sources::numbered_by(shelf.numbers()), ..Program::default() };
        program.add(Origin::file(path), shelf, &mut Vec::new())?;
        Ok(program)
    }

    /// Reads the files that lie beside `module`, declare an environment and are not part of the program yet. Says whether
    /// there were any.
    pub fn load_environments_beside(&mut self, module: ModuleId, shelf: &Shelf) -> bool {
        let Some(folder) = self.module(module).map(|module| module.folder.clone()) else { return false };
        let before = self.modules.len();
        for path in shelf.environments_in(&folder).iter() {
            let origin = Origin::file(path);
            if !self.known.contains_key(&origin) {
                let _unreadable_files_beside_are_their_own_affair = self.add(origin, shelf, &mut Vec::new());
            }
        }
        self.modules.len() > before
    }

    /// Reads the modules whose faults the environments of `module` allow, as far as the program has not read them: an `allow`
    /// needs no `use`. What is wrong with them is not said here.
    pub fn load_allowed(&mut self, module: ModuleId, shelf: &Shelf) {
        let Some(allowing) = self.module(module) else { return };
        let (file, offered) = (Arc::clone(&allowing.file), Arc::clone(&allowing.offered));
        let before = self.findings.len();
        let patterns = file.environments.iter().flat_map(|it| &it.allowances).flat_map(|it| &it.patterns);
        for name in patterns.filter_map(|(module, _)| module.as_ref()) {
            let standard = stdlib::MODULES.iter().map(|(path, ..)| *path).filter(|_| stdlib::is_module(&name.text));
            let mut all = standard.chain(offered.names());
            if let Some(path) = all.find(|path| path.rsplit('.').next() == Some(name.text.as_str())) {
                self.used_module(Some(module), path, name.span, shelf, &mut Vec::new());
            }
        }
        self.findings.truncate(before);
    }

    /// Adds a module; its number is fixed before those of the modules it uses.
    pub(super) fn add(
        &mut self,
        origin: Origin,
        shelf: &Shelf,
        chain: &mut Vec<PathBuf>,
    ) -> Result<ModuleId, FileError> {
        let volume = shelf.volume(&origin)?;
        self.sources.share(volume.id, Arc::clone(&volume.source));
        self.findings.extend(volume.findings.iter().cloned());
        let id = ModuleId(self.modules.len());
        let path = &volume.source.path;
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        self.modules.push(Module {
            source: volume.id,
            file: Arc::clone(&volume.file),
            folder,
            uses: Vec::new(),
            standard: matches!(origin, Origin::Standard(..)),
            plugin: match &origin {
                Origin::Plugin(_, name) => Some(name.clone()),
                Origin::Standard(_) | Origin::File(_) => None,
            },
            plugins: BTreeMap::new(),
            own: BTreeMap::new(),
            offered: offered(&origin, shelf),
            scope: Scope::default(),
        });
        self.load_components(id, shelf);
        self.load_plugins(id, &origin, shelf);
        self.known.insert(origin, id);
        chain.push(path.clone());
        let scope = self.scope(id, shelf, chain);
        chain.pop();
        if let Some(module) = self.modules.get_mut(id.0) {
            module.scope = scope;
        }
        Ok(id)
    }

    /// Reads the components that a module's faults name by their files.
    fn load_components(&mut self, id: ModuleId, shelf: &Shelf) {
        let Some(module) = self.modules.get(id.0).filter(|module| module.plugin.is_none()) else { return };
        let named = module.file.faults.iter().filter_map(|fault| fault.component.as_ref());
        for (name, _) in named {
            let ExprKind::Text(name) = &name.kind else { continue };
            if component::is_file(name) {
                let path = plain(&module.folder.join(name));
                let read = |path: &PathBuf| match is_nowhere(&module.folder, name) {
                    true => Arc::new(Err(Unreadable::File(FileError::Unsaved))),
                    false => shelf.component(path),
                };
                self.components.entry(path).or_insert_with_key(read);
            }
        }
    }

    /// Reads the plugins that a module names as components: in faults, and in grants. A plugin's module has itself; in the
    /// folder of one that is being written, it is what is built there.
    fn load_plugins(&mut self, id: ModuleId, origin: &Origin, shelf: &Shelf) {
        let Some(module) = self.modules.get_mut(id.0) else { return };
        if let Origin::Plugin(_, name) = origin {
            let Some(own) = shelf.plugin(&module.offered, name) else { return };
            if let Ok(added) = own.as_ref() {
                module.plugins.insert(added.file.manifest.name.clone(), Arc::clone(&own));
            }
            module.plugins.insert(name.clone(), own);
            module.offered = Arc::default();
            return;
        }
        for name in component_names(&module.file) {
            if let Some(read) = shelf.plugin(&module.offered, &name) {
                module.plugins.insert(name, read);
            } else if let Some(path) = shelf.built(&module.folder, &name).filter(|_| !module.standard) {
                self.components.insert(path.clone(), shelf.component(&path));
                module.own.insert(name, path);
            }
        }
    }

    fn scope(&mut self, id: ModuleId, shelf: &Shelf, chain: &mut Vec<PathBuf>) -> Scope {
        let mut scope = Scope::default();
        let Some(tree) = self.module(id).map(|module| Arc::clone(&module.file)) else { return scope };
        for used in &tree.uses {
            let target = self.used(id, used, shelf, chain);
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
        for (kind, name, index, at) in own_names(&tree) {
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

    fn used(&mut self, from: ModuleId, used: &Use, shelf: &Shelf, chain: &mut Vec<PathBuf>) -> Option<ModuleId> {
        match &used.what {
            Used::Module(path) => self.used_module(Some(from), &path.text(), path.span, shelf, chain),
            Used::File(path, at) => self.used_file(from, path, *at, shelf, chain),
        }
    }

    pub(super) fn used_module(
        &mut self,
        from: Option<ModuleId>,
        path: &str,
        at: Span,
        shelf: &Shelf,
        chain: &mut Vec<PathBuf>,
    ) -> Option<ModuleId> {
        let origin = match stdlib::path(path) {
            Some(path) => Origin::Standard(path),
            None => self.plugin(from, path, at, shelf)?,
        };
        let known = self.known.get(&origin).copied();
        known.or_else(|| self.add(origin, shelf, chain).ok())
    }

    /// The plugin that a module of the project names. What stands in its way becomes a finding.
    fn plugin(&mut self, from: Option<ModuleId>, name: &str, at: Span, shelf: &Shelf) -> Option<Origin> {
        let user = from.and_then(|from| self.modules.get_mut(from.0));
        let offered = user.as_ref().map(|module| Arc::clone(&module.offered)).unwrap_or_default();
        if user.as_ref().is_some_and(|module| module.plugin.is_some()) {
            self.findings.push(errors::out_of_reach(&format!("`{name}`"), at));
            return None;
        }
        let (Some(read), Some(folder)) = (shelf.plugin(&offered, name), offered.folder()) else {
            self.findings.push(errors::unknown_module(name, at, offered.names()));
            return None;
        };
        user?.plugins.insert(name.to_owned(), Arc::clone(&read));
        if let Err(trouble) = read.as_ref() {
            self.findings.push(trouble.finding(name).at(at, "used here"));
            return None;
        }
        Some(Origin::Plugin(folder.to_path_buf(), name.to_owned()))
    }

    fn used_file(
        &mut self,
        from: ModuleId,
        path: &str,
        at: Span,
        shelf: &Shelf,
        chain: &mut Vec<PathBuf>,
    ) -> Option<ModuleId> {
        let user = self.module(from)?;
        if user.plugin.is_some() {
            self.findings.push(errors::out_of_reach(&format!("the file `{path}`"), at));
            return None;
        }
        if is_nowhere(&user.folder, path) {
            self.findings.push(errors::unreadable(Path::new(path), &FileError::Unsaved, Some(at)));
            return None;
        }
        let path = plain(&user.folder.join(path));
        if let Some(start) = chain.iter().position(|open| plain(open) == path) {
            let names = chain[start..].iter().chain([&path]).map(|path| path.display().to_string()).collect::<Vec<_>>();
            self.findings.push(errors::cycle(&names, at));
            return None;
        }
        let origin = Origin::file(&path);
        if let Some(known) = self.known.get(&origin) {
            return Some(*known);
        }
        let added = self.add(origin, shelf, chain);
        added.map_err(|error| self.findings.push(errors::unreadable(&path, &error, Some(at)))).ok()
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

/// The plugins that a text of this origin could name; a plugin's module has itself alone.
fn offered(origin: &Origin, shelf: &Shelf) -> Arc<Plugins> {
    match origin {
        Origin::Standard(_) => Arc::default(),
        Origin::File(path) => shelf.plugins(path.parent().unwrap_or(Path::new(""))),
        Origin::Plugin(folder, _) => shelf.plugins(folder),
    }
}

/// The names of components that may be those of plugins.
fn component_names(file: &File) -> BTreeSet<String> {
    let faults = file.faults.iter().filter_map(|fault| match &fault.component.as_ref()?.0.kind {
        ExprKind::Text(name) => Some(name.as_str()),
        _ => None,
    });
    let grants = file.environments.iter().flat_map(|environment| &environment.grants);
    let all = faults.chain(grants.map(|grant| grant.component.text.as_str()));
    all.filter(|name| !component::is_file(name) && stdlib::component(name).is_none()).map(str::to_owned).collect()
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
        of(Kind::Model, file.models.iter().map(|it| &it.name)),
        of(Kind::Test, file.tests.iter().map(|it| &it.name)),
        of(Kind::Schedule, file.schedules.iter().map(|it| &it.name)),
    ]
    .concat()
}
