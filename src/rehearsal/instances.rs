//! Whether there are as many instances as the limits count on.

use super::Scene;
use super::check::Check;
use crate::base::unit;
use crate::diagnostics::codes;
use crate::types::address::Url;
use crate::types::model::Place;
use crate::types::term::LimitName;

const KIND: &str = "instances";

pub fn check(scene: Scene) -> Vec<Check> {
    let limited =
        [LimitName::Instances, LimitName::InstanceShare].iter().any(|it| scene.plan.limits.bound(*it).is_some());
    let matters = |place: &Place| limited || place.instances.len() > 1 || place.count.is_some();
    let places = scene.plan.places.iter().filter(|(_, place)| matters(place));
    places
        .map(|(service, place)| {
            let checked = of_service(scene, service, place);
            place.span.map_or(checked.clone(), |span| checked.at(span))
        })
        .collect()
}

fn of_service(scene: Scene, service: &str, place: &Place) -> Check {
    let addresses: Vec<String> =
        place.instances.iter().filter_map(|url| Url::parse(url).ok()).map(|url| url.address.to_string()).collect();
    let seen: Vec<bool> = addresses.iter().filter_map(|it| *scene.seen.answers.get(it)?).collect();
    let said = place.count.map_or(addresses.len(), |count| usize::try_from(count).unwrap_or(usize::MAX));
    if addresses.is_empty() || seen.len() < addresses.len() {
        let why = match place.count {
            Some(count) => format!("the environment says {count}, and no address at which to count them"),
            None => "no address at which to count them was looked at".to_owned(),
        };
        return Check::not_looked_at(KIND, service, why);
    }
    let found = seen.iter().filter(|there| **there).count();
    if let Some(cause) = exceeded(scene, found) {
        let fix = "start more instances, or lower the limit";
        let told = format!("{found} of {said} found: {cause}");
        let few = found < said || said > 1;
        return if few {
            Check::fail(KIND, service, codes::E0728, told, fix)
        } else {
            Check::warn(KIND, service, codes::E0728, told, fix)
        };
    }
    if found < said {
        let told = format!("{found} of {said} found");
        let fix = "start the others, or mend `instances` in the environment: what is proven counts on them";
        return Check::fail(KIND, service, codes::E0728, told, fix);
    }
    Check::ok(KIND, service, format!("{found} of {said} found"))
}

/// What the limits come to with so many instances, where that is not what they are meant for.
fn exceeded(scene: Scene, found: usize) -> Option<String> {
    let bound = |name| scene.plan.limits.bound(name).map(|it| it.value);
    let found = found as f64;
    let number = bound(LimitName::Instances).filter(|most| *most >= found && found > 0.0);
    let share = bound(LimitName::InstanceShare).filter(|share| *share < 1.0 && (share * found + 1e-9).floor() < 1.0);
    match (number, share) {
        (Some(most), _) => Some(format!("`instances <= {}` allows all of them to be hit", unit::show_number(most))),
        (_, Some(share)) => Some(format!("{} of them is not a single one", unit::show_ratio(share))),
        _ => None,
    }
}
