//! What a component gets that it did not expect: wrong parameters, handles of others, no grant; and how much it says itself.

use crate::injector::{Grant, Handle, InjectorError, LOG_LINES, REQUESTS};
use crate::kit::conformance::report::Came;
use crate::kit::conformance::trial::{Trial, of};
use crate::kit::conformance::value::other_kind;
use crate::plan::PlannedArgument;
use std::collections::BTreeMap;

/// A text for people is no longer, in bytes.
const LONGEST_MESSAGE: usize = 8 << 10;
/// What is no handle of anybody: nothing, half of one, none of text, one as large as a handle may be.
const FOREIGN: &[(&str, &[u8])] = &[
    ("an empty one", b""),
    ("half a document", b"{"),
    ("an empty document", b"{}"),
    ("one that is no text", b"\xff\xfe\x00"),
    ("one of 64 KiB", &[b'x'; 64 << 10]),
];

pub async fn params(trial: &Trial<'_>) -> Came {
    for param in &trial.spec.params {
        if param.default.is_none() {
            let mut without = trial.arguments.clone();
            without.remove(&param.name);
            refused(trial, &without, &format!("without `{}`", param.name)).await?;
        }
        let mut other = trial.arguments.clone();
        other.insert(param.name.clone(), other_kind(param.kind));
        refused(trial, &other, &format!("with a `{}` that is no {}", param.name, param.kind.word())).await?;
    }
    Ok(())
}

async fn refused(trial: &Trial<'_>, arguments: &BTreeMap<String, PlannedArgument>, how: &str) -> Came {
    let (injector, by) = (trial.injector(), trial.call());
    match injector.prepare(&trial.grant, &by, &trial.spec.name, &trial.target, arguments).await {
        Err(InjectorError::Refused { code, .. }) if code == "invalid-params" => Ok(()),
        Err(error) => Err(format!("{how}, {}", of("prepare")(error))),
        Ok(_) => Err(format!("{how}, `prepare` succeeds")),
    }
}

pub async fn foreign_handles(trial: &Trial<'_>) -> Came {
    let injector = trial.injector();
    let own = trial.prepared(&injector).await?;
    // A component that needs no data has none to look at.
    if own.handle.data.is_empty() {
        return Ok(());
    }
    for (what, data) in FOREIGN {
        let by = trial.call();
        let handle = Handle { id: by.fault(), data: data.to_vec() };
        let answers = [
            ("status", injector.status(&trial.grant, &by, &handle).await.map(|_| ())),
            ("renew", injector.renew(&trial.grant, &by, &handle).await),
            ("revert", injector.revert(&trial.grant, &by, &handle).await),
            ("inject", injector.inject(&trial.grant, &by, &handle).await.map(|_| ())),
        ];
        for (function, answer) in answers {
            match answer {
                Err(error) if error.is_unknown_handle() => {}
                Err(error) => return Err(format!("given {what} as a handle, {}", of(function)(error))),
                Ok(()) => return Err(format!("given {what} as a handle, `{function}` succeeds")),
            }
        }
    }
    Ok(())
}

pub async fn not_granted(trial: &Trial<'_>) -> Came {
    if trial.grant == Grant::default() {
        return Ok(());
    }
    let injector = trial.injector();
    let nothing = Grant::default();
    let it = trial.prepared(&injector).await?;
    let without = |function: &str, error| Err(format!("without a grant, {}", of(function)(error)));
    match injector.prepare(&nothing, &trial.call(), &trial.spec.name, &trial.target, &trial.arguments).await {
        Err(error) if !matches!(error, InjectorError::Refused { .. }) => return without("prepare", error),
        _ => {}
    }
    match injector.inject(&nothing, &it.by, &it.handle).await {
        Err(InjectorError::Refused { .. }) => {}
        Err(error) => return without("inject", error),
        Ok(_) => return Err("without a grant, `inject` succeeds".to_owned()),
    }
    trial.must_be_gone(&injector, &it, "refused for want of a grant").await
}

pub async fn limits(trial: &Trial<'_>) -> Came {
    let injector = trial.injector();
    let it = trial.prepared(&injector).await?;
    trial.inject(&injector, &it).await?;
    let evidence = trial.status(&injector, &it).await?;
    trial.revert(&injector, &it).await?;
    if evidence.message.len() > LONGEST_MESSAGE {
        return Err(format!("`status` gives a message of {} bytes", evidence.message.len()));
    }
    let asked = trial.asked(&it.by.step);
    for function in ["prepare", "inject", "status", "revert"] {
        let of_function = || asked.iter().filter(|asked| asked.function == function);
        let lines = of_function().filter(|asked| asked.capability == "log").count();
        if lines >= LOG_LINES {
            return Err(format!("`{function}` writes more than {LOG_LINES} lines of log; the rest is dropped"));
        }
        if of_function().count() >= REQUESTS {
            return Err(format!("`{function}` asks more than {REQUESTS} things of the host"));
        }
    }
    Ok(())
}
