//! `conformance.toml`: what the faults of a component need to be tried.

use super::places::Places;
use super::report::Skipped;
use super::value::{argument, from_text};
use crate::diagnostics::Diagnostic;
use crate::injector::{Grant, Origin};
use crate::kit::errors::untried;
use crate::names::component::{FaultSpec, Manifest};
use crate::plan::PlannedArgument;
use crate::types::address::Url;
use crate::types::program::ProgramPattern;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How the file is called.
pub const SETTINGS: &str = "conformance.toml";

/// What a component needs to be tried.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What is started before the first case, in this order, and ended after the last one.
    pub start: Vec<Start>,
    /// The target of its faults.
    pub target: TargetSettings,
    /// What it may do.
    pub grant: GrantSettings,
    /// How each fault is tried.
    pub fault: BTreeMap<String, FaultSettings>,
    /// The faults that are not tried, each with the reason.
    pub skip: BTreeMap<String, String>,
    #[serde(skip)]
    path: PathBuf,
}

/// A program that stands for the target, or that it needs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The program and its arguments; no shell is involved. `chaos` is this program.
    pub run: String,
    /// `host:port` at which it must take connections.
    pub answers: Option<String>,
    /// Whether its processes are the target's, which may be signalled.
    #[serde(default)]
    pub target: bool,
}

/// The target of a component's faults.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TargetSettings {
    /// The name of the service.
    pub service: String,
    /// `host:port` of its only instance.
    pub address: Option<String>,
    /// `host:port` of the admin API of its proxy.
    pub admin: Option<String>,
    /// The file in which the token of that proxy lies.
    pub token_file: Option<PathBuf>,
    /// What else is known of it, as `toxiproxy.server`.
    pub attributes: BTreeMap<String, String>,
}

impl Default for TargetSettings {
    fn default() -> Self {
        Self { service: "target".to_owned(), address: None, admin: None, token_file: None, attributes: BTreeMap::new() }
    }
}

/// What a component may do, as the grants of an environment have it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrantSettings {
    http: Vec<String>,
    tcp: Vec<String>,
    exec: Vec<String>,
    files: Vec<PathBuf>,
}

/// How a fault is tried.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultSettings {
    /// Values of its parameters.
    pub params: BTreeMap<String, serde_json::Value>,
    /// A program that ends with exit code 0 while the fault is in force: what the target says, not the component.
    pub in_force: Option<String>,
}

impl Settings {
    /// Reads the file, or nothing where there is none.
    ///
    /// # Errors
    /// It cannot be read, or is not written as it must be.
    pub fn read(path: &Path, places: &Places) -> Result<Self, Diagnostic> {
        let wrong = |why: String| untried(path, &why);
        let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("it cannot be read: {error}")))?;
        let filled = places.fill(&text).map_err(wrong)?;
        let mut settings: Settings = toml::from_str(&filled).map_err(|error| wrong(error.to_string()))?;
        path.clone_into(&mut settings.path);
        if places.target.is_some() {
            settings.start.clear();
        }
        Ok(settings)
    }

    /// None at all, for a component that needs nothing.
    pub fn none(path: &Path) -> Self {
        Self { path: path.to_owned(), ..Self::default() }
    }

    /// Whatever it names is there.
    pub(super) fn check(&self, manifest: &Manifest) -> Result<(), Diagnostic> {
        let unknown = self.fault.keys().chain(self.skip.keys()).find(|name| manifest.fault(name).is_none());
        if let Some(unknown) = unknown {
            let faults: Vec<&str> = manifest.faults.iter().map(|fault| fault.name.as_str()).collect();
            let why =
                format!("the component `{}` has no fault `{unknown}`; it has {}", manifest.name, faults.join(", "));
            return Err(self.wrong(&why));
        }
        Ok(())
    }

    /// Why a fault is not tried.
    pub(super) fn skipped(&self, spec: &FaultSpec) -> Option<Skipped> {
        if let Some(reason) = self.skip.get(&spec.name) {
            return Some(Skipped { reason: reason.clone(), listed: true });
        }
        let given = self.fault.get(&spec.name);
        let has = |name: &str| given.is_some_and(|given| given.params.contains_key(name));
        let lacks: Vec<&str> =
            spec.params.iter().filter(|param| param.default.is_none()).map(|it| it.name.as_str()).collect();
        let lacks: Vec<&str> = lacks.into_iter().filter(|name| !has(name)).collect();
        let file = self.path.display();
        (!lacks.is_empty()).then(|| Skipped {
            reason: format!("`{file}` has no value for {}: write `[fault.{}] params`", lacks.join(", "), spec.name),
            listed: false,
        })
    }

    /// Sets a parameter of a fault, from the command line.
    ///
    /// # Errors
    /// There is no such parameter, or the text is none of its values.
    pub fn set(&mut self, spec: &FaultSpec, name: &str, text: &str) -> Result<(), Diagnostic> {
        let param = spec.params.iter().find(|param| param.name == name);
        let value = param.ok_or_else(|| self.wrong(&no_parameter(spec, name)))?;
        let value = from_text(value.kind, text).map_err(|why| self.wrong(&format!("`{name}`: {why}")))?;
        self.fault.entry(spec.name.clone()).or_default().params.insert(name.to_owned(), value);
        Ok(())
    }

    /// Grants one thing more, from the command line.
    ///
    /// # Errors
    /// There is no such capability.
    pub fn grant(&mut self, capability: &str, what: &str) -> Result<(), Diagnostic> {
        match capability {
            "http" => self.grant.http.push(what.to_owned()),
            "tcp" => self.grant.tcp.push(what.to_owned()),
            "exec" => self.grant.exec.push(what.to_owned()),
            "files" => self.grant.files.push(PathBuf::from(what)),
            _ => return Err(self.wrong(&format!("`{capability}` is none of `http`, `tcp`, `exec`, `files`"))),
        }
        Ok(())
    }

    /// The arguments of a fault.
    pub(super) fn arguments(&self, spec: &FaultSpec) -> Result<BTreeMap<String, PlannedArgument>, Diagnostic> {
        let given = self.fault.get(&spec.name).map(|given| given.params.clone()).unwrap_or_default();
        let read = |(name, value): (String, serde_json::Value)| {
            let param = spec.params.iter().find(|param| param.name == name);
            let param = param.ok_or_else(|| self.wrong(&no_parameter(spec, &name)))?;
            let read = argument(param.kind, &value).map_err(|why| self.wrong(&format!("`{name}`: {why}")))?;
            Ok((name, read))
        };
        given.into_iter().map(read).collect()
    }

    /// All that the component may do.
    pub(super) fn granted(&self) -> Result<Grant, Diagnostic> {
        let origin = |text: &String| {
            let url = Url::parse(text).map_err(|why| self.wrong(&format!("`{text}`: {why}")))?;
            Ok(Origin { secure: url.secure, address: url.address.to_string(), token: None })
        };
        let pattern = |text: &String| ProgramPattern::parse(text).map_err(|why| self.wrong(&why));
        let mut http: Vec<Origin> = self.grant.http.iter().map(origin).collect::<Result<_, Diagnostic>>()?;
        if let Some(admin) = &self.target.admin {
            http.push(Origin { secure: false, address: admin.clone(), token: self.token()? });
        }
        Ok(Grant {
            http,
            tcp: self.grant.tcp.clone(),
            programs: self.grant.exec.iter().map(pattern).collect::<Result<_, _>>()?,
            processes: Vec::new(),
            files: self.grant.files.clone(),
        })
    }

    fn token(&self) -> Result<Option<String>, Diagnostic> {
        let read = |file: &PathBuf| {
            let text = std::fs::read_to_string(file);
            text.map(|text| text.trim().to_owned())
                .map_err(|error| self.wrong(&format!("`{}`: {error}", file.display())))
        };
        self.target.token_file.as_ref().map(read).transpose()
    }

    /// Something that it says is wrong.
    pub fn wrong(&self, why: &str) -> Diagnostic {
        untried(&self.path, why)
    }
}

fn no_parameter(spec: &FaultSpec, name: &str) -> String {
    format!("there is no parameter `{name}` in {spec}")
}
