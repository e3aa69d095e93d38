//! Whether each injector would take its inject: its own check is made, and nothing is created. Also the calls of probes.

use super::Scene;
use super::addresses::of_error;
use super::check::Check;
use crate::diagnostics::codes;
use crate::plan::StepKind;

pub fn check(scene: Scene) -> Vec<Check> {
    if !scene.is_of_experiment() {
        let why = "an environment names no fault with its arguments; `chaos exec FILE --dry-run` asks the injectors";
        return vec![Check::not_looked_at("inject", "all", why)];
    }
    scene
        .plan
        .graph
        .steps()
        .filter_map(|step| {
            let checked = match &step.kind {
                StepKind::Inject(injection) => {
                    let what = format!("{} on {}", injection.fault, injection.target);
                    inject(scene, &step.name, &what)
                }
                StepKind::Call { probe, .. } => call(scene, &step.name, probe),
                _ => return None,
            };
            Some(checked.at(step.span))
        })
        .collect()
}

fn inject(scene: Scene, step: &str, what: &str) -> Check {
    const KIND: &str = "inject";
    match scene.seen.prepared.get(step) {
        Some(Some(Ok(handle))) => {
            Check::ok(KIND, step, format!("{what}: its injector would take it, as {}; nothing was created", handle.id))
        }
        Some(Some(Err(error))) => of_error(KIND, step, error),
        Some(None) => Check::not_looked_at(KIND, step, format!("{what}: an argument is known only in the run")),
        None => Check::not_looked_at(KIND, step, "the look ended before"),
    }
}

fn call(scene: Scene, step: &str, probe: &str) -> Check {
    const KIND: &str = "call";
    match scene.seen.called.get(step) {
        Some(Some(Ok(found))) => {
            Check::ok(KIND, step, format!("{probe} found {}", found.shown(&crate::types::Type::Float)))
        }
        Some(Some(Err(why))) => {
            let fix = "try what the probe looks at by hand; is it something that only the fault brings about?";
            Check::warn(KIND, step, codes::E0722, format!("{probe} found nothing: {why}"), fix)
        }
        Some(None) => {
            Check::not_looked_at(KIND, step, format!("{probe}: a program may do anything, so it is left to the run"))
        }
        None => Check::not_looked_at(KIND, step, "the look ended before"),
    }
}
