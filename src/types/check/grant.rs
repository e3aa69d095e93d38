//! What an environment lets components do, and which processes are a service's.

use super::Checker;
use crate::base::files::plain;
use crate::names::component::{CAPABILITIES, is_file};
use crate::names::{ModuleId, stdlib};
use crate::syntax::tree::{self, Expr, Name};
use crate::types::address::{Address, Url};
use crate::types::errors;
use crate::types::expression::Context;
use crate::types::model::{ComponentName, Granted, Permit, ProcessSource, System};
use crate::types::program::ProgramPattern;
use std::path::{Component, Path, PathBuf};

impl Checker<'_> {
    pub(super) fn grants(&mut self, written: &tree::Environment, system: &System, module: ModuleId) -> Vec<Granted> {
        let mut all = Vec::new();
        for grant in &written.grants {
            self.distinct("service", grant.services.iter());
            let known = grant.services.iter().filter(|name| self.known_service(system, name)).count();
            let Some(to) = self.granted_component(&grant.component, module) else { continue };
            let capability = &grant.capability;
            if !CAPABILITIES.contains(&capability.text.as_str()) || capability.text == "process" {
                let grantable = CAPABILITIES.iter().copied().filter(|name| *name != "process");
                self.report(errors::unknown("capability", &capability.text, capability.span, grantable));
                continue;
            }
            if known < grant.services.len() {
                continue;
            }
            for value in &grant.values {
                let Some(permit) = self.permit(&capability.text, value) else { continue };
                let services = grant.services.iter().map(|name| name.text.clone()).collect();
                all.push(Granted { permit, capability: capability.text.clone(), to: to.clone(), services });
            }
        }
        all
    }

    fn granted_component(&mut self, name: &Name, module: ModuleId) -> Option<ComponentName> {
        if is_file(&name.text) {
            let folder = self.program.module(module).map(|module| module.folder.clone())?;
            return Some(ComponentName::File(plain(&folder.join(&name.text))));
        }
        if let Some(read) = self.program.module(module).and_then(|module| module.plugins.get(&name.text)) {
            return match read.as_ref() {
                Ok(added) => Some(ComponentName::File(added.path.clone())),
                Err(trouble) => {
                    self.report(trouble.finding(&name.text).at(name.span, "granted to here"));
                    None
                }
            };
        }
        if stdlib::component(&name.text).is_none() {
            self.unknown_component(&name.text, name.span);
            return None;
        }
        Some(ComponentName::Standard(name.text.clone()))
    }

    fn permit(&mut self, capability: &str, written: &Expr) -> Option<Permit> {
        let text = self.typing(Context::default()).text(written)?;
        let read = match capability {
            "http" => origin(&text).map(Permit::Http),
            "tcp" => Address::parse(&text).map(|address| Permit::Tcp(address.to_string())),
            "exec" => ProgramPattern::parse(&text).map(|pattern| Permit::Exec(pattern.to_string())),
            _ => folder(&text).map(|folder| Permit::Files(folder.display().to_string())),
        };
        let help = match capability {
            "http" => "write an origin, like `http://127.0.0.1:8474`",
            "tcp" => "write it like `127.0.0.1:6379`",
            "exec" => "write a program by its absolute path and its arguments, like `/opt/shop/pause inject *`",
            _ => "write the absolute path of a folder",
        };
        read.map_err(|why| self.report(errors::grant(why, written.span, help))).ok()
    }

    /// `processes pidfile "/run/nginx.pid"`.
    pub(super) fn processes(&mut self, kind: &Name, value: &Expr) -> Option<ProcessSource> {
        let text = self.typing(Context::default()).text(value)?;
        match kind.text.as_str() {
            "unit" => {
                let fits = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
                let wrong = text.is_empty() || !text.chars().all(fits) || text.starts_with('.');
                if wrong {
                    let why = format!("`{text}` is no unit of systemd");
                    self.report(errors::grant(why, value.span, "write its name, like `nginx.service`"));
                }
                (!wrong).then_some(ProcessSource::Unit(text))
            }
            "pidfile" | "cgroup" => {
                let path = folder(&text);
                let path = path.map_err(|why| self.report(errors::grant(why, value.span, "write an absolute path")));
                let found = if kind.text == "cgroup" { ProcessSource::Cgroup } else { ProcessSource::PidFile };
                path.ok().map(found)
            }
            other => {
                self.report(errors::unknown("way to find processes", other, kind.span, ["pidfile", "unit", "cgroup"]));
                None
            }
        }
    }
}

/// `http://host:port`, without a path.
fn origin(text: &str) -> Result<String, String> {
    let url = Url::parse(text)?;
    if !matches!(url.path.as_str(), "" | "/") {
        return Err("an origin has no path: what is granted is all of it".to_owned());
    }
    Ok(url.base())
}

/// An absolute path without detours that is not the root itself.
fn folder(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(text);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !path.is_absolute() || !plain || path.components().count() < 2 || text.contains(char::is_control) {
        return Err(format!("`{text}` is no absolute path of something under the root"));
    }
    Ok(path.to_path_buf())
}
