//! The `toxiproxy` injector: faults of connections, by the toxics of a Toxiproxy that stands before a service.
//!
//! A toxic is called after its fault, so it is found again from the handle alone, and nobody else's is touched. Toxiproxy has no
//! leases: what was added stays until it is taken away.

mod api;
mod toxic;

mod bindings {
    wit_bindgen::generate!({ path: "../../wit/v0.2", world: "plugin", generate_all });
}

use api::{Proxy, Server};
use bindings::chaos::injector::types::{Error, ErrorCode, Param};
use bindings::exports::chaos::injector::injector::{Context, Guest, Handle, Phase, Report, Target};
use serde::{Deserialize, Serialize};
use toxic::Toxic;

struct Toxiproxy;

/// All that inject, revert and status need.
#[derive(Serialize, Deserialize)]
struct Prepared {
    server: Server,
    proxy: String,
    effect: Effect,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Effect {
    /// A toxic, without its name.
    Toxic(Toxic),
    /// The proxy is down.
    Down,
}

impl Guest for Toxiproxy {
    fn prepare(_: Context, fault: String, target: Target, params: Vec<Param>) -> Result<Vec<u8>, Error> {
        let attribute = |name: &str| target.attributes.iter().find(|(known, _)| known == name).map(|(_, it)| it.clone());
        let place = attribute("toxiproxy.server").zip(attribute("toxiproxy.proxy"));
        let (server, proxy) = place.ok_or_else(|| {
            failure(ErrorCode::UnsupportedTarget, format!("no Toxiproxy stands before `{}`", target.name))
        })?;
        let effect = if fault == "down" { Effect::Down } else { Effect::Toxic(Toxic::of(&fault, &params)?) };
        let prepared = Prepared { server: Server(server), proxy, effect };
        let found = prepared.found()?.ok_or_else(|| prepared.no_proxy())?;
        if !found.enabled {
            let message = format!("the proxy `{}` is down already", prepared.proxy);
            return Err(failure(ErrorCode::UnsupportedTarget, message));
        }
        Ok(serde_json::to_vec(&prepared).unwrap_or_default())
    }

    fn inject(ctx: Context, handle: Handle) -> Result<(), Error> {
        let prepared = Prepared::read(&handle)?;
        if ctx.dry_run {
            return Ok(());
        }
        match &prepared.effect {
            Effect::Toxic(toxic) => prepared.server.add(&prepared.proxy, &name(&handle), toxic),
            Effect::Down => match prepared.found()? {
                None => Err(prepared.no_proxy()),
                Some(found) if !found.enabled => Ok(()),
                Some(found) => prepared.server.enable(&found, false),
            },
        }
    }

    fn renew(_: Context, handle: Handle) -> Result<(), Error> {
        Prepared::read(&handle).map(|_| ())
    }

    fn revert(ctx: Context, handle: Handle) -> Result<(), Error> {
        let prepared = Prepared::read(&handle)?;
        if ctx.dry_run {
            return Ok(());
        }
        match &prepared.effect {
            Effect::Toxic(_) => prepared.server.remove(&prepared.proxy, &name(&handle)),
            // It was up when the fault was prepared; one that is gone meanwhile needs nothing.
            Effect::Down => match prepared.found()? {
                Some(found) if !found.enabled => prepared.server.enable(&found, true),
                _ => Ok(()),
            },
        }
    }

    fn status(_: Context, handle: Handle) -> Result<Report, Error> {
        let prepared = Prepared::read(&handle)?;
        let proxy = &prepared.proxy;
        let Some(found) = prepared.found()? else {
            return Ok(report(Phase::Lost, format!("there is no proxy `{proxy}` any more")));
        };
        Ok(match &prepared.effect {
            Effect::Down if found.enabled => report(Phase::Reverted, format!("the proxy `{proxy}` is up")),
            Effect::Down => report(Phase::Active, format!("the proxy `{proxy}` is down")),
            Effect::Toxic(toxic) => of_toxic(toxic, &name(&handle), &found),
        })
    }
}

/// What became of a toxic, by what its proxy lists.
fn of_toxic(toxic: &Toxic, name: &str, found: &Proxy) -> Report {
    let proxy = &found.name;
    match found.toxics.iter().find(|listed| listed.is_called(name)) {
        None => report(Phase::Reverted, format!("the proxy `{proxy}` has no toxic `{name}`")),
        Some(listed) if !listed.is(toxic) => report(Phase::Lost, format!("the toxic `{name}` is not what it was")),
        Some(_) if !found.enabled => {
            report(Phase::Lost, format!("the proxy `{proxy}` is down, so the toxic `{name}` acts on nobody"))
        }
        Some(_) => report(Phase::Active, format!("the proxy `{proxy}` has the toxic `{name}`")),
    }
}

impl Prepared {
    fn read(handle: &Handle) -> Result<Self, Error> {
        serde_json::from_slice(&handle.data)
            .map_err(|error| failure(ErrorCode::UnknownHandle, format!("the handle cannot be read: {error}")))
    }

    fn found(&self) -> Result<Option<Proxy>, Error> {
        self.server.proxy(&self.proxy)
    }

    fn no_proxy(&self) -> Error {
        let message = format!("the Toxiproxy at {} has no proxy `{}`", self.server.0, self.proxy);
        failure(ErrorCode::UnsupportedTarget, message)
    }
}

/// Each fault is called so once in a store, and so is its toxic.
fn name(handle: &Handle) -> String {
    format!("chaos-{}", handle.id)
}

fn report(phase: Phase, message: String) -> Report {
    Report { phase, message, acted: u64::from(phase == Phase::Active), metrics: Vec::new() }
}

fn failure(code: ErrorCode, message: String) -> Error {
    Error { code, message, retryable: false }
}

bindings::export!(Toxiproxy with_types_in bindings);
