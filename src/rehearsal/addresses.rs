//! Whether what the environment starts comes up, and somebody takes connections at every address it names.

use super::Scene;
use super::check::Check;
use crate::diagnostics::codes;
use crate::run::RunError;
use crate::types::address::Url;
use crate::types::model::Place;

const KIND: &str = "address";

pub fn check(scene: Scene) -> Vec<Check> {
    let mut checks: Vec<Check> = scene.seen.failed.iter().map(|(name, error)| of_error("start", name, error)).collect();
    for (service, place) in scene.plan.places.iter() {
        checks.extend(of_service(scene, service, place));
    }
    if let Some(stop) = &scene.seen.stopped {
        let fix = "what is not told below was not looked at; run it again";
        checks.push(Check::fail("look", "whole", codes::E0729, format!("it was stopped: {}", stop.reason), fix));
    }
    checks.extend(scene.seen.left.iter().map(|left| {
        Check::fail("take down", left.split(':').next().unwrap_or_default(), codes::E0713, left, "run `chaos recover`")
    }));
    checks
}

/// A failure of the run's own, with its code.
pub fn of_error(kind: &'static str, of: &str, error: &RunError) -> Check {
    Check::fail(kind, of, error.code, error.to_string(), error.help.as_deref().unwrap_or_default())
}

fn of_service(scene: Scene, service: &str, place: &Place) -> Vec<Check> {
    if place.instances.is_empty() {
        let why = match place.start {
            Some(_) => "it has no address in this environment; that its process runs is all that is known",
            None => "no address of it is known here, and clusters are not asked",
        };
        return vec![Check::not_looked_at(KIND, service, why)];
    }
    let one = |url: &String| {
        let of = format!("{service} at {url}");
        let checked = match Url::parse(url).ok().and_then(|it| *scene.seen.answers.get(&it.address.to_string())?) {
            Some(true) => Check::ok(KIND, of, "takes connections"),
            Some(false) => {
                let fix = "start the service, or mend its `url` in the environment; is a firewall between?";
                Check::fail(KIND, of, codes::E0721, "nobody takes connections there within 2s", fix)
            }
            None => Check::not_looked_at(KIND, of, "the look ended before"),
        };
        place.span.map_or(checked.clone(), |span| checked.at(span))
    };
    place.instances.iter().map(one).collect()
}
