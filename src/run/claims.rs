//! What a plan claims: of the runs on one store, and of those that go through one proxy.

use super::error::RunError;
use super::halt::Stop;
use super::intent::ClaimIntent;
use super::keys::proxy_from_anywhere;
use super::shared::Shared;
use super::verdict::Verdict;
use crate::diagnostics::codes;
use crate::journal::{Amount, Claims};
use crate::plan::{Plan, Proxy};
use crate::radius::Bounds;
use crate::types::model::Place;
use crate::types::term::LimitName;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A claim is renewed this often.
const RENEWAL: Duration = Duration::from_secs(3);

/// What a run claims before it does anything.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// In its own store.
    pub store: Claims,
    /// At the proxies of the services that it faults, in the order of their addresses.
    pub proxies: Vec<ClaimIntent>,
}

impl Claimed {
    /// What the run of a plan may do at most, by what was proven of it.
    pub fn of(plan: &Plan, bounds: &Bounds, run: &str) -> Self {
        let alone = plan.processes.iter().filter_map(|process| process.address.clone()).collect();
        let scope = plan.places.iter().flat_map(|(service, place)| addresses(plan, service, place)).collect();
        let store = Claims { alone, scope, amounts: amounts(plan, bounds) };
        Self { store, proxies: proxies(plan, bounds, run) }
    }

    /// What is claimed by whoever only looks: the places where it starts processes.
    pub fn to_look_at(plan: &Plan) -> Self {
        let alone = plan.processes.iter().filter_map(|process| process.address.clone()).collect();
        Self { store: Claims { alone, ..Claims::default() }, proxies: Vec::new() }
    }
}

/// How a run stops that may not keep its claim.
pub fn stops(error: &RunError) -> Option<Stop> {
    let stops = [codes::E0809, codes::E0817].contains(&error.code);
    stops.then(|| Stop { verdict: Verdict::Aborted, reason: error.message.clone() })
}

/// Renews a run's claims at proxies until it is aborted. Where all faults were stopped, or another run has taken what a
/// proxy forgot when it was started anew, the run stops; what cannot be reached is asked again.
pub(super) async fn keep(shared: Arc<Shared>, claims: Vec<ClaimIntent>) {
    while !claims.is_empty() {
        shared.clock.sleep_until(shared.clock.now() + RENEWAL).await;
        for claim in &claims {
            let staked = shared.world.stake(claim).await;
            if let Some(stop) = staked.err().as_ref().and_then(stops) {
                return shared.halt.stop(stop.verdict, stop.reason);
            }
        }
    }
}

/// Where a service is: what two runs on the same system have in common. Where callers go through a proxy, that is the
/// proxy: another one before the same instances has traffic of its own.
fn addresses(plan: &Plan, service: &str, place: &Place) -> Vec<String> {
    let proxy: Vec<String> = place.through.iter().chain(&place.admin).cloned().collect();
    let known = if proxy.is_empty() { place.instances.clone() } else { proxy };
    let on_a_cluster = || {
        let parts = [place.namespace.as_deref(), place.selector.as_deref()];
        format!("{} {} in {}", service, parts.map(Option::unwrap_or_default).join(" "), plan.environment)
    };
    if known.is_empty() { vec![on_a_cluster()] } else { known }
}

/// The name of a service that every run on its system has for it.
fn name(plan: &Plan, service: &str) -> String {
    let place = plan.places.get(service);
    let addresses = place.map(|place| addresses(plan, service, place)).unwrap_or_default();
    addresses.into_iter().min().unwrap_or_else(|| service.to_owned())
}

fn amounts(plan: &Plan, bounds: &Bounds) -> BTreeMap<String, Amount> {
    let most = |limit: LimitName| plan.limits.bound(limit).map(|bound| bound.value);
    let count = |what: String, claimed, most| Amount { what, is_share: false, claimed, most };
    let share = |what: String, claimed, most| Amount { what, is_share: true, claimed, most };
    let concurrent = count("`concurrent`".to_owned(), bounds.concurrent as f64, most(LimitName::Concurrent));
    let traffic = bounds.traffic.iter().map(|(service, touched)| {
        let what = format!("`traffic` on {service}");
        (format!("traffic {}", name(plan, service)), share(what, *touched, most(LimitName::Traffic)))
    });
    let instances = bounds.instances.iter().map(|(service, hit)| {
        let share = most(LimitName::InstanceShare).zip(hit.of).map(|(share, of)| (share * f64::from(of)).floor());
        let fewest = most(LimitName::Instances).into_iter().chain(share).reduce(f64::min);
        let what = format!("`instances` of {service}");
        (format!("instances {}", name(plan, service)), count(what, hit.most, fewest))
    });
    let budgets = bounds.budgets.iter().map(|(metric, spent)| {
        let most = plan.limits.budgets.get(metric).map(|bound| bound.value);
        let what = format!("the spend on the budget of {}", spent.slo);
        (format!("budget {} {}", name(plan, &metric.service), metric.metric), count(what, spent.share, most))
    });
    [("concurrent".to_owned(), concurrent)].into_iter().chain(traffic).chain(instances).chain(budgets).collect()
}

/// A claim at each proxy through which faults go.
fn proxies(plan: &Plan, bounds: &Bounds, run: &str) -> Vec<ClaimIntent> {
    let most = plan.limits.bound(LimitName::Traffic).map_or(1.0, |bound| bound.value);
    let concurrent = u32::try_from(bounds.concurrent).unwrap_or(u32::MAX);
    let faults = (concurrent, plan.limits.bound(LimitName::Concurrent).map(|bound| bound.value as u32));
    let used = plan.injections().filter_map(|(_, injection)| injection.proxy.clone());
    let by_address: BTreeMap<String, Proxy> = used.map(|proxy| (proxy.admin.clone(), proxy)).collect();
    let claim = |proxy: Proxy| ClaimIntent {
        run: run.to_owned(),
        experiment: plan.experiment.clone(),
        share: bounds.traffic.get(&proxy.service).copied().unwrap_or_default().clamp(0.0, 1.0),
        most: most.clamp(0.0, 1.0),
        faults,
        proxy: proxy_from_anywhere(&proxy),
    };
    by_address.into_values().map(claim).collect()
}
