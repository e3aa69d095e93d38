//! What an environment lets components do, and which processes are a service's.

use super::Checker;
use crate::base::files::plain;
use crate::names::component::{CAPABILITIES, is_file};
use crate::names::{ModuleId, stdlib};
use crate::syntax::tree::{self, Expr, Name};
use crate::types::address::{Address, Url};
use crate::types::errors;
use crate::types::expression::Context;
use crate::types::model::{CGROUPS, ComponentName, Granted, Permit, ProcessSource, System, is_controller};
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
        if let Some(path) = self.program.module(module).and_then(|module| module.own.get(&name.text)) {
            return Some(ComponentName::File(path.clone()));
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
        let read = match kind.text.as_str() {
            "unit" => unit(&text).map(ProcessSource::Unit),
            "user-unit" => unit(&text).map(ProcessSource::UserUnit),
            "pidfile" => folder(&text).map(ProcessSource::PidFile),
            "cgroup" => folder(&text).and_then(group).map(ProcessSource::Cgroup),
            other => {
                self.report(errors::unknown(
                    "way to find processes",
                    other,
                    kind.span,
                    PROCESS_SOURCES.iter().copied(),
                ));
                return None;
            }
        };
        let help = match kind.text.as_str() {
            "pidfile" => "write an absolute path, like `/run/nginx.pid`",
            "cgroup" => "write its path in the hierarchy, like `/system.slice/nginx.service`",
            _ => "write its name, like `nginx.service`",
        };
        read.map_err(|why| self.report(errors::grant(why, value.span, help))).ok()
    }
}

/// How processes can be found.
pub const PROCESS_SOURCES: &[&str] = &["pidfile", "unit", "user-unit", "cgroup"];

/// A unit that has processes: its name, with its kind.
fn unit(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    if text.is_empty() || !text.chars().all(fits) || text.starts_with(['.', '-']) {
        return Err(format!("`{text}` is no unit of systemd"));
    }
    match text.rsplit_once('.') {
        Some((_, "service" | "scope" | "slice")) => Ok(text.to_owned()),
        Some((_, kind @ ("socket" | "timer" | "target" | "mount" | "path" | "device" | "swap" | "automount"))) => {
            Err(format!("a {kind} of systemd has no processes"))
        }
        // As systemd itself reads it.
        _ => Ok(format!("{text}.service")),
    }
}

/// A control group that is not the root of a hierarchy, in which everything is.
fn group(path: PathBuf) -> Result<PathBuf, String> {
    let roots = ["", "systemd", "unified"].map(|name| Path::new(CGROUPS).join(name));
    let of_version_1 = path.strip_prefix(CGROUPS).ok().and_then(Path::to_str).is_some_and(is_controller);
    if of_version_1 || roots.contains(&path) {
        return Err(format!("`{}` holds every process of the machine", path.display()));
    }
    let elsewhere = ["/sys", "/proc", "/dev"].iter().any(|root| path.starts_with(root));
    if elsewhere && !path.starts_with(CGROUPS) {
        return Err(format!("`{}` is no control group", path.display()));
    }
    Ok(path)
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
