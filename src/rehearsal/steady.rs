//! Whether the system is in its steady state: else a run ends before anything is injected.

use super::Scene;
use super::check::Check;
use crate::diagnostics::codes;
use crate::run::Verdict;
use crate::types::model::Slo;

const KIND: &str = "steady";

pub fn check(scene: Scene) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for (slo, judged) in scene.plan.steady.iter().zip(&scene.seen.steady) {
        let unbound = slo.condition.readings().into_iter().any(|it| !scene.plan.bindings.contains_key(&it.metric));
        let checked = match judged.verdict {
            _ if unbound => Check::not_looked_at(KIND, &slo.text, "a metric in it is not bound"),
            _ if scene.saw_nothing() => Check::not_looked_at(KIND, &slo.text, "the look ended before"),
            Verdict::Inconclusive if scene.length() < 2.0 * window(scene, slo) => {
                let why = "it was watched for less than two of its windows: look for longer, `--for 1m`";
                Check::not_looked_at(KIND, &slo.text, why)
            }
            Verdict::Confirmed => Check::ok(KIND, &slo.text, &judged.detail),
            Verdict::Refuted => {
                let fix = "a run would end as not steady: mend the system first, or the SLO if that is what is wrong";
                Check::fail(KIND, &slo.text, codes::E0729, &judged.detail, fix)
            }
            _ => {
                let fix = "see why its metrics are unknown: their own checks say more";
                Check::fail(KIND, &slo.text, codes::E0729, &judged.detail, fix)
            }
        };
        checks.push(checked.at(slo.span));
    }
    for change in &scene.seen.changes {
        let fix = "wait until nobody deploys, and see why processes end";
        checks.push(Check::fail("change", change.clone(), codes::E0729, change, fix));
    }
    checks
}

/// The widest window in an SLO, in seconds.
fn window(scene: Scene, slo: &Slo) -> f64 {
    let windowed = slo.condition.readings().into_iter().filter(|it| it.is_windowed());
    windowed.map(|it| it.window.unwrap_or(scene.plan.window)).fold(0.0, f64::max)
}
