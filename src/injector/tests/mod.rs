//! The host with the standard components, and with one that does what no component should.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod escapes;
mod limits;
mod outside;
mod rogue;

use super::call::{Call, Handle, Target};
use super::{Grant, Host, Injector, InjectorError};
use crate::journal::Journal;
use crate::names::stdlib;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The `http` component as it was when the interface was of version 0.1.
const OLDEST: &[u8] = include_bytes!("../../../tests/components/http-0.1.wasm");

fn call() -> Call {
    let lease = Some(Duration::from_secs(10));
    Call { run: "r".to_owned(), experiment: "e".to_owned(), step: "s".to_owned(), fence: 1, lease, dry_run: false }
}

fn host() -> Host {
    Host::new(None, Arc::new(Journal::in_memory().unwrap())).unwrap()
}

/// The `http` component of every version that is spoken.
fn http() -> [Injector; 2] {
    let host = host();
    [host.load("http").unwrap(), host.load_bytes("http-0.1", OLDEST).unwrap()]
}

#[tokio::test]
async fn refusals_come_through_with_their_reasons() {
    for http in http() {
        let target = Target { service: "payment".to_owned(), ..Target::default() };
        let refused = http.prepare(&Grant::default(), &call(), "error", &target, &BTreeMap::new()).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("no proxy stands before `payment`")));
        let nonsense = Handle { id: "x".to_owned(), data: b"{".to_vec() };
        let refused = http.revert(&Grant::default(), &call(), &nonsense).await;
        assert!(refused.is_err_and(|error| error.is_unknown_handle()));
    }
}

#[tokio::test]
async fn nothing_is_reached_without_a_grant() {
    for http in http() {
        let data = br#"{"admin":"127.0.0.1:1","effect":{"type":"error","status":503},"share":1,"rate":1}"#;
        let handle = Handle { id: "r.s".to_owned(), data: data.to_vec() };
        let refused = http.inject(&Grant::default(), &call(), &handle).await.expect_err("no grant was given");
        assert!(matches!(refused, InjectorError::Refused { code, .. } if code == "permission-denied"));
    }
}

#[test]
fn what_is_no_component_of_ours_is_refused_with_the_reason() {
    let host = host();
    assert!(matches!(host.load("nope").err(), Some(InjectorError::Unknown(_))));
    let whole = super::component("http").unwrap();
    let hosts = include_bytes!("../../../tests/components/hosts.wasm");
    let wrong: [(&[u8], &str); 3] = [(b"", ""), (hosts, ""), (&whole[..whole.len() / 2], "")];
    for (bytes, reason) in wrong {
        let Err(InjectorError::Unloadable(_, why)) = host.load_bytes("x", bytes) else {
            panic!("{} bytes", bytes.len())
        };
        assert!(why.contains(reason), "{why}");
    }
    // Another version of the interface, in place of the one it speaks.
    let later = replaced(whole, b"chaos:injector/injector@0.2.0", b"chaos:injector/injector@0.9.0");
    let Err(InjectorError::Unloadable(_, why)) = host.load_bytes("x", &later) else { panic!("it was loaded") };
    assert!(why.contains("it exports 0.9.0"), "{why}");
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for at in 0..=out.len() - from.len() {
        if &out[at..at + from.len()] == from {
            out[at..at + to.len()].copy_from_slice(to);
        }
    }
    out
}

#[test]
fn every_component_that_is_said_to_be_there_loads() {
    let cache = tempfile::tempdir().unwrap();
    for _compiled_then_cached in 0..2 {
        let journal = Arc::new(Journal::in_memory().unwrap());
        let host = Host::new(Some(cache.path().join("private")), journal).unwrap();
        for component in stdlib::COMPONENTS.iter().filter(|component| component.manifest().is_some()) {
            host.load(component.name).unwrap();
        }
    }
}
