//! Whether callers really go through the proxies: a fault at a proxy that nobody uses acts on nothing.

use super::Scene;
use super::check::Check;
use super::traffic::{counted, rounded};
use crate::diagnostics::codes;
use crate::plan::Proxy;
use crate::types::model::SourceRef;

const KIND: &str = "proxy";
/// The proxy sees at least this share of what the service counts itself; else some callers go around it.
const MOST_OF_IT: f64 = 0.9;
/// Below this share the callers that matter go around it.
const HALF: f64 = 0.5;

pub fn check(scene: Scene) -> Vec<Check> {
    scene.plan.proxies.iter().map(|proxy| of_proxy(scene, proxy)).collect()
}

fn of_proxy(scene: Scene, proxy: &Proxy) -> Check {
    let of = format!("{} on {}", proxy.service, proxy.listen);
    let counts = scene.seen.passed.get(&proxy.service).copied();
    let Some((Some(before), Some(after))) = counts else {
        return Check::not_looked_at(KIND, of, "its admin API gave no counts, so nobody knows whether callers use it");
    };
    let length = scene.length();
    let seen = after.saturating_sub(before) as f64;
    let rate = |count: f64| format!("{}/s", rounded(count / length));
    let own = own_requests(scene, &proxy.service);
    let fix = format!(
        "let the callers of `{}` use http://{}: `{{{}}}` in a `start` command is that URL",
        proxy.service, proxy.listen, proxy.service
    );
    match own {
        Some((metric, own)) if own > 0.0 => {
            let share = seen / own;
            let told = format!("the proxy saw {} requests, {metric} counts {}", rate(seen), rate(own));
            match share {
                share if share < HALF => {
                    Check::fail(KIND, of, codes::E0725, format!("callers go around it: {told}"), &fix)
                }
                share if share < MOST_OF_IT => {
                    Check::warn(KIND, of, codes::E0725, format!("some callers go around it: {told}"), &fix)
                }
                share if share > 1.0 / HALF => {
                    let fix = "is an instance not read, or does the metric count only a part of the requests?";
                    Check::warn(KIND, of, codes::E0725, told, fix)
                }
                _ => Check::ok(KIND, of, told),
            }
        }
        _ if seen == 0.0 => {
            let cause = "no request passed it: do its callers use that address, and is there traffic?";
            Check::fail(KIND, of, codes::E0725, cause, &fix)
        }
        Some((metric, _)) => {
            let told = format!("the proxy saw {}, and {metric} counts none", rate(seen));
            Check::warn(KIND, of, codes::E0725, told, "is the metric of another instance, or of other requests?")
        }
        None => {
            let told = format!(
                "{} pass it; `{}` has no request metric of its own, so nobody knows of calls around it",
                rate(seen),
                proxy.service
            );
            Check::ok(KIND, of, told)
        }
    }
}

/// What the service counts of its own requests: those of the metric that has the most.
fn own_requests(scene: Scene, service: &str) -> Option<(String, f64)> {
    let own = scene
        .plan
        .bindings
        .iter()
        .filter(|(id, it)| id.service == service && matches!(it.source, SourceRef::Declared(_)));
    let counts = own.filter_map(|(id, binding)| Some((id.to_string(), counted(scene, id, &binding.how)?)));
    counts.max_by(|a, b| a.1.total_cmp(&b.1))
}
