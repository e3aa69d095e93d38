//! Leases: what is renewed goes on, what is not ends by itself.

use crate::injector::{Call, Phase};
use crate::kit::conformance::report::Came;
use crate::kit::conformance::trial::{Trial, of};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Short enough to wait for, long enough to be renewed in time.
const LEASE: Duration = Duration::from_secs(3);
const RENEWAL: Duration = Duration::from_millis(700);
/// Past so many leases, an unrenewed fault would have ended.
const LEASES: u32 = 2;
/// An end may be seen so much later.
const GRACE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);
/// A machine that is too busy to renew in time says nothing about a component.
const ATTEMPTS: usize = 5;

pub async fn renewed(trial: &Trial<'_>) -> Came {
    for _ in 0..ATTEMPTS {
        if let Some(came) = renewed_in_time(trial).await {
            return came;
        }
        trial.tidy().await;
    }
    Err(format!("this machine was too busy to renew a lease of {} s in time", LEASE.as_secs()))
}

/// None: a renewal came too late to say anything.
async fn renewed_in_time(trial: &Trial<'_>) -> Option<Came> {
    let trying = async {
        let injector = trial.injector();
        let it = trial.prepared_by(&injector, Call { lease: Some(LEASE), ..trial.call() }).await?;
        let (began, mut last, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
        trial.inject(&injector, &it).await?;
        let mut came: Came = Ok(());
        while came.is_ok() && began.elapsed() < LEASE * LEASES {
            sleep(RENEWAL).await;
            came = injector.renew(&trial.grant, &it.by, &it.handle).await.map_err(of("renew"));
            longest = longest.max(last.elapsed());
            last = Instant::now();
        }
        if came.is_ok() {
            let evidence = trial.status(&injector, &it).await?;
            longest = longest.max(last.elapsed());
            if evidence.phase != Phase::Active {
                let (phase, leases) = (evidence.phase, LEASES);
                came = Err(format!("renewed over {leases} leases, `status` says {phase:?}: {}", evidence.message));
            }
        }
        Ok::<_, String>((came, longest))
    };
    match trying.await {
        Ok((Err(_), longest)) if longest >= LEASE => None,
        Ok((came, _)) => Some(came),
        Err(why) => Some(Err(why)),
    }
}

pub async fn expired(trial: &Trial<'_>) -> Came {
    let injector = trial.injector();
    let it = trial.prepared_by(&injector, Call { lease: Some(LEASE), ..trial.call() }).await?;
    let began = Instant::now();
    trial.inject(&injector, &it).await?;
    while trial.status(&injector, &it).await?.phase == Phase::Active {
        if began.elapsed() > LEASE + GRACE {
            return Err(format!("{} s after its lease, `status` still says Active", GRACE.as_secs()));
        }
        sleep(POLL).await;
    }
    trial.must_be_gone(&injector, &it, "after its lease").await?;
    trial.revert(&injector, &it).await.map_err(|why| format!("after its lease, {why}"))
}
