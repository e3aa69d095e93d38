//! The standard library's modules, embedded.

use super::component::Manifest;
use crate::base::SourceId;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Every module: its path, its file's name, its text.
pub const MODULES: &[(&str, &str, &str)] = &[
    ("std.command", "std/command.chaos", include_str!("../../stdlib/command.chaos")),
    ("std.http", "std/http.chaos", include_str!("../../stdlib/http.chaos")),
    ("std.policy.production", "std/policy/production.chaos", include_str!("../../stdlib/policy/production.chaos")),
    ("std.process", "std/process.chaos", include_str!("../../stdlib/process.chaos")),
    ("std.tcp", "std/tcp.chaos", include_str!("../../stdlib/tcp.chaos")),
    ("std.toxiproxy", "std/toxiproxy.chaos", include_str!("../../stdlib/toxiproxy.chaos")),
];

/// The last name of the module whose file this is.
pub fn named_by_file(path: &std::path::Path) -> Option<&'static str> {
    let (name, ..) = MODULES.iter().find(|(_, file, _)| std::path::Path::new(file) == path)?;
    name.rsplit('.').next()
}

/// Whether a name is the last name of a standard module that has faults.
pub fn is_module(name: &str) -> bool {
    faults(name).is_some()
}

/// The last names of the standard modules that have faults.
pub fn fault_modules() -> impl Iterator<Item = &'static str> + Clone {
    let last_names = MODULES.iter().filter_map(|(path, ..)| path.rsplit('.').next());
    last_names.filter(|name| is_module(name))
}

/// A component that faults and probes can name.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    /// Its name.
    pub name: &'static str,
    /// The actions that read; the runner makes them itself.
    pub probes: &'static [&'static str],
    /// Its manifest, of one that injects.
    manifest: Option<&'static str>,
}

/// Every standard component.
pub const COMPONENTS: &[Component] = &[
    Component {
        name: "http",
        probes: &["find", "number", "says", "status", "text", "time", "up"],
        manifest: Some(include_str!("../../stdlib/manifests/http.json")),
    },
    Component { name: "process", probes: &[], manifest: Some(include_str!("../../stdlib/manifests/process.json")) },
    Component { name: "tcp", probes: &["open", "time"], manifest: None },
    Component { name: "toxiproxy", probes: &[], manifest: Some(include_str!("../../stdlib/manifests/toxiproxy.json")) },
    Component {
        name: "command",
        probes: &["exit", "find", "number", "says", "succeeds", "text"],
        manifest: Some(include_str!("../../stdlib/manifests/command.json")),
    },
];

impl Component {
    /// What it says of itself; none of one that has only probes.
    pub fn manifest(&self) -> Option<&'static Manifest> {
        static ALL: LazyLock<BTreeMap<&str, Manifest>> = LazyLock::new(|| {
            let read = |it: &Component| Some((it.name, Manifest::parse(it.manifest?.as_bytes()).ok()?));
            COMPONENTS.iter().filter_map(read).collect()
        });
        ALL.get(self.name)
    }
}

/// The component with this name.
pub fn component(name: &str) -> Option<&'static Component> {
    COMPONENTS.iter().find(|component| component.name == name)
}

/// A module's path, if there is such a module.
pub fn path(path: &str) -> Option<&'static str> {
    MODULES.iter().map(|(name, ..)| *name).find(|name| *name == path)
}

/// The module with this path: the name of its file, and its text.
pub fn module(path: &str) -> Option<(&'static str, &'static str)> {
    MODULES.iter().find(|(name, ..)| *name == path).map(|(_, file, text)| (*file, *text))
}

/// The faults of the standard module with this last name; none where it has none.
pub fn faults(module: &str) -> Option<&'static [String]> {
    static ALL: LazyLock<Vec<(&str, Vec<String>)>> = LazyLock::new(|| {
        let read = |(path, _, text): &(&'static str, &str, &str)| {
            let parsed = crate::syntax::parse(SourceId(0), text);
            let faults: Vec<String> = parsed.file.faults.into_iter().map(|fault| fault.name.text).collect();
            (!faults.is_empty()).then_some((path.rsplit('.').next()?, faults))
        };
        MODULES.iter().filter_map(read).collect()
    });
    ALL.iter().find(|(name, _)| *name == module).map(|(_, faults)| faults.as_slice())
}
