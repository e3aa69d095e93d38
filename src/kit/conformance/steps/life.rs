//! The life of a fault: prepared, injected, looked at, reverted; each also twice, out of order, and cut off.

use crate::injector::{Call, Phase, is_change_refused};
use crate::kit::conformance::report::Came;
use crate::kit::conformance::trial::{Prepared, Trial, of};
use std::time::Duration;
use tokio::time::timeout;

/// After so many milliseconds an inject is cut off.
pub const CUTS: &[u64] = &[0, 1, 3, 10, 30, 100, 300];
/// So often is looked for what came after a revert, as in a run.
const REVERTS: usize = 3;

pub async fn prepared(trial: &Trial<'_>) -> Came {
    let by = trial.call();
    let first = trial.prepared_by(&trial.injector(), by.clone()).await?;
    let again = trial.prepared_by(&trial.injector(), by).await.map_err(|why| format!("asked again, {why}"))?;
    if first.handle != again.handle {
        return Err("asked again, `prepare` gives another handle; the host may ask more than once".to_owned());
    }
    Ok(())
}

/// The host refuses what would change something; a component must not even ask.
pub async fn dry_run(trial: &Trial<'_>) -> Came {
    let injector = trial.injector();
    let it = trial.prepared(&injector).await?;
    let dry = Call { dry_run: true, ..it.by.clone() };
    let injected = injector.inject(&trial.grant, &dry, &it.handle).await.map_err(of("inject"));
    let looked = trial.status(&injector, &it).await;
    let reverted = injector.revert(&trial.grant, &dry, &it.handle).await.map_err(of("revert"));
    let asked = trial.asked(&it.by.step);
    if let Some(change) = asked.iter().find(|asked| is_change_refused(&asked.outcome)) {
        return Err(format!(
            "`{}` asked for {} {}: {}",
            change.function, change.capability, change.what, change.outcome
        ));
    }
    let dry = |why: String| format!("in a dry run, {why}");
    injected.map_err(dry)?;
    looked?;
    reverted.map_err(dry)?;
    trial.must_be_gone(&injector, &it, "after a dry run").await
}

pub async fn before(trial: &Trial<'_>) -> Came {
    let injector = trial.injector();
    let it = trial.prepared(&injector).await?;
    let evidence = trial.status(&injector, &it).await?;
    let in_force = trial.lasts() && evidence.phase == Phase::Active;
    if in_force || evidence.acted > 0 {
        let (phase, acted) = (evidence.phase, evidence.acted);
        return Err(format!(
            "nothing was injected, and `status` says {phase:?}, acted {acted} times: {}",
            evidence.message
        ));
    }
    trial.must_be_gone(&injector, &it, "after `prepare`").await
}

pub async fn injected(trial: &Trial<'_>) -> Came {
    let injector = trial.injector();
    let it = trial.prepared(&injector).await?;
    let seen = trial.inject(&injector, &it).await?;
    trial.must_act(&injector, &it).await?;
    if seen == 0 {
        return Err("`inject` asked nothing of the host that changes anything; its own word is no evidence".to_owned());
    }
    Ok(())
}

pub async fn injected_twice(trial: &Trial<'_>) -> Came {
    let injector = trial.injector();
    let it = trial.prepared(&injector).await?;
    trial.inject(&injector, &it).await?;
    trial.inject(&trial.injector(), &it).await.map_err(|why| format!("the second time, {why}"))?;
    trial.must_act(&injector, &it).await?;
    trial.revert(&injector, &it).await?;
    trial.must_be_gone(&injector, &it, "injected twice and reverted once").await
}

pub async fn reverted_twice(trial: &Trial<'_>) -> Came {
    let injector = trial.injector();
    let it = trial.prepared(&injector).await?;
    trial.inject(&injector, &it).await?;
    trial.revert(&injector, &it).await?;
    trial.must_be_gone(&injector, &it, "after `revert`").await?;
    trial.revert(&injector, &it).await.map_err(|why| format!("the second time, {why}"))?;
    trial.must_be_gone(&injector, &it, "reverted twice").await
}

pub async fn never_injected(trial: &Trial<'_>) -> Came {
    let injector = trial.injector();
    let it = trial.prepared(&injector).await?;
    trial.revert(&injector, &it).await.map_err(|why| format!("never injected, {why}"))?;
    trial.must_be_gone(&injector, &it, "reverted without having been injected").await
}

pub async fn restarted(trial: &Trial<'_>) -> Came {
    let injector = trial.injector();
    let it = trial.prepared(&injector).await?;
    trial.inject(&injector, &it).await?;
    let afterwards = trial.restarted()?;
    trial.revert(&afterwards, &it).await.map_err(|why| format!("after a restart, {why}"))?;
    trial.must_be_gone(&afterwards, &it, "reverted after a restart").await
}

/// A run that is killed, and a call that takes too long, cut an inject off in the same way.
pub async fn cancelled(trial: &Trial<'_>, round: usize) -> Came {
    let after = CUTS.get(round).copied().unwrap_or_default();
    let it = trial.prepared(&trial.injector()).await?;
    let injector = trial.injector();
    let _whatever_came = timeout(Duration::from_millis(after), trial.inject(&injector, &it)).await;
    taken_back(trial, &it, after).await
}

/// What was cut off may be done later all the same: so it is looked at more than once.
async fn taken_back(trial: &Trial<'_>, it: &Prepared, after: u64) -> Came {
    let (injector, cut) = (trial.injector(), format!("cut off after {after} ms and reverted"));
    let mut left = Ok(());
    for _ in 0..REVERTS {
        trial.revert(&injector, it).await.map_err(|why| format!("cut off after {after} ms, {why}"))?;
        left = trial.must_be_gone(&injector, it, &cut).await;
        if left.is_ok() {
            break;
        }
    }
    left
}
