//! What a fault's component is and may do, made out of a plan, and again out of what the journal holds.

use super::error::RunError;
use super::intent::{Intent, Means};
use crate::diagnostics::codes;
use crate::injector::{Declared, Deed, FoundBy, Grant, Origin};
use crate::plan::{Injection, Plan, Process, Proxy};
use crate::types::address::Url;
use crate::types::model::{CGROUPS, ComponentPath, Permit, ProcessSource, Toxiproxy};
use crate::types::program::ProgramPattern;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The processes of a run: which the plan starts, and the markers of those that it has started.
#[derive(Default)]
pub struct Started {
    processes: Arc<[Process]>,
    markers: Mutex<BTreeMap<String, String>>,
}

impl Started {
    /// Of a plan, before anything was started.
    pub fn of(plan: &Plan) -> Self {
        Self { processes: plan.processes.clone(), markers: Mutex::default() }
    }

    /// Notes that a process is about to be started.
    pub fn note(&self, intent: &Intent) {
        let Intent::Process(process) = intent else { return };
        let mut markers = self.markers.lock().unwrap_or_else(PoisonError::into_inner);
        markers.insert(process.name.clone(), process.marker.clone());
    }

    /// The addresses of the instances of a service that the run starts, by their names.
    pub fn instances(&self, service: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
        let of = self.processes.iter().filter(move |process| process.service == service);
        of.map(|process| (process.name.as_str(), process.address.as_deref()))
    }

    fn declared(&self, permit: &Permit) -> Option<Declared> {
        let Permit::Processes { of, by } = permit else { return None };
        let by = match by {
            ProcessSource::Started => {
                let markers = self.markers.lock().unwrap_or_else(PoisonError::into_inner);
                FoundBy::Marker(markers.get(of)?.clone())
            }
            ProcessSource::PidFile(file) => FoundBy::PidFile(file.clone()),
            ProcessSource::Cgroup(path) if path.starts_with(CGROUPS) => FoundBy::Cgroup(path.clone()),
            ProcessSource::Cgroup(path) => FoundBy::Group(path.clone()),
            ProcessSource::Unit(unit) => FoundBy::Unit(unit.clone()),
            ProcessSource::UserUnit(unit) => FoundBy::UserUnit(unit.clone()),
        };
        Some(Declared { instance: of.clone(), by })
    }

    /// What is known of an inject's component.
    pub fn means(&self, injection: &Injection) -> Means {
        Means {
            file: injection.file.clone(),
            permits: injection.permits.iter().filter(|permit| permit.is_granted()).cloned().collect(),
            processes: injection.permits.iter().filter_map(|permit| self.declared(permit)).collect(),
            beside_proxy: injection.resource != "requests",
        }
    }
}

/// What a component may do: command the target's proxy with its token, and what the environment grants.
pub fn grant(proxy: Option<&Proxy>, token: Option<String>, means: &Means) -> Grant {
    let admin = proxy.map(|proxy| Origin { secure: false, address: proxy.admin.clone(), token });
    let mut grant = Grant { http: admin.into_iter().collect(), processes: means.processes.clone(), ..Grant::default() };
    for permit in &means.permits {
        match permit {
            Permit::Http(url) => grant.http.extend(origin(url)),
            Permit::Toxiproxy(Toxiproxy { server, .. }) => grant.http.extend(origin(server)),
            Permit::Tcp(address) => grant.tcp.push(address.clone()),
            Permit::Exec(pattern) => grant.programs.extend(ProgramPattern::parse(pattern)),
            Permit::Files(folder) => grant.files.push(PathBuf::from(folder)),
            Permit::Processes { .. } => {}
        }
    }
    grant
}

fn origin(url: &str) -> Option<Origin> {
    let url = Url::parse(url).ok()?;
    Some(Origin { secure: url.secure, address: url.address.to_string(), token: None })
}

/// What a component is told of a target besides its instances: where its Toxiproxy is.
pub fn attributes(permits: &[Permit]) -> impl Iterator<Item = (String, String)> {
    let proxies = permits.iter().filter_map(|permit| match permit {
        Permit::Toxiproxy(toxiproxy) => Some(toxiproxy),
        _ => None,
    });
    proxies.flat_map(|Toxiproxy { proxy, server }| {
        [("toxiproxy.proxy".to_owned(), proxy.clone()), ("toxiproxy.server".to_owned(), server.clone())]
    })
}

/// The bytes of a component that is no standard one. They are kept in the store: a fault must be taken back also when the
/// file has changed or gone meanwhile.
///
/// # Errors
/// The file cannot be read, or is not the one that was checked.
pub fn bytes(store: &Path, file: &ComponentPath) -> Result<Vec<u8>, RunError> {
    let kept = store.join("components").join(format!("{}.wasm", file.digest));
    if let Some(bytes) = std::fs::read(&kept).ok().filter(|bytes| is(bytes, file)) {
        return Ok(bytes);
    }
    let shown = file.path.display();
    let bytes = std::fs::read(&file.path)
        .map_err(|error| RunError::new(codes::E0840, format!("the component `{shown}` cannot be read: {error}")))?;
    if !is(&bytes, file) {
        let message = format!("the component `{shown}` is not the one that was checked");
        return Err(RunError::new(codes::E0840, message).help("check the experiment again: `chaos check`"));
    }
    keep(&kept, &bytes)
        .map_err(|error| RunError::new(codes::E0711, format!("`{}` cannot be written: {error}", kept.display())))?;
    Ok(bytes)
}

fn is(bytes: &[u8], file: &ComponentPath) -> bool {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>() == file.digest
}

/// Whole or not at all.
fn keep(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = file.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&draft, bytes)?;
    std::fs::rename(&draft, file)
}

/// How often what a fault did can still be seen: a signalled process counts once it has ended or stands still.
pub fn acted(deeds: &[Deed]) -> u64 {
    let counts = |deed: &&Deed| match deed {
        Deed::Signal(process, signal) if signal == "STOP" => process.is_stopped(),
        Deed::Signal(process, _) => !process.is_alive(),
        Deed::Request | Deed::Program | Deed::File | Deed::Bytes => true,
    };
    u64::try_from(deeds.iter().filter(counts).count()).unwrap_or(u64::MAX)
}
