//! Whether a changed experiment can be judged by a recording: it must do the same to the same system.

use crate::document::same;
use crate::plan::graph::StepId;
use crate::plan::{Edge, Plan, Step, StepKind};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What keeps `changed` from being judged by the recording of a run of `recorded`, in one line each. Nothing: what differs
/// only judges.
pub fn unfit(recorded: &Plan, changed: &Plan) -> Vec<String> {
    let mut found = steps(recorded, changed);
    found.extend(environment(recorded, changed));
    if recorded.baseline != changed.baseline {
        found.push("the steady state is judged for another time, so everything would come at another time".to_owned());
    }
    found
}

/// The steps that do something or let time pass, and their order.
fn steps(recorded: &Plan, changed: &Plan) -> Vec<String> {
    let (was, is) = (acting(recorded), acting(changed));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let difference = |name: &String| match (was.get(name), is.get(name)) {
        (Some(_), None) => Some(format!("`{name}` is left out")),
        (None, Some(_)) => Some(format!("`{name}` was not in that run")),
        (Some((did, came)), Some((does, comes))) => match (same("", did, does), came == comes) {
            (false, _) => Some(format!("`{name}` does something else")),
            (true, false) => Some(format!("`{name}` comes at another place in the order")),
            (true, true) => None,
        },
        (None, None) => None,
    };
    names.into_iter().filter_map(difference).collect()
}

/// What a step does, and what it waits for.
type Acting = (Value, BTreeSet<String>);

fn acting(plan: &Plan) -> BTreeMap<String, Acting> {
    let mut before: BTreeMap<StepId, BTreeSet<String>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for id in plan.graph.order() {
        let Some(step) = plan.graph.step(id) else { continue };
        let waits = plan.graph.before(id).into_iter().flat_map(|(earlier, edge)| match edge {
            Edge::Start(offset) => {
                let name = plan.graph.step(earlier).map_or("", |step| &step.name);
                BTreeSet::from([format!("{name} starts + {offset}")])
            }
            Edge::End => before.get(&earlier).cloned().unwrap_or_default(),
        });
        let waits: BTreeSet<String> = waits.collect();
        let own = match acts(plan, step) {
            Some(does) => {
                found.insert(step.name.clone(), (does, waits));
                BTreeSet::from([step.name.clone()])
            }
            None => waits,
        };
        before.insert(id, own);
    }
    found
}

/// What a step does to the system, or for how long it lets it alone; nothing where it only judges.
fn acts(plan: &Plan, step: &Step) -> Option<Value> {
    let mut does = match &step.kind {
        StepKind::Inject(injection) => value(injection),
        StepKind::Wait(duration) => json!({ "wait": duration }),
        StepKind::Call { probe, arguments, .. } => json!({ "call": probe, "arguments": arguments }),
        _ => return None,
    };
    if let Some(fields) = does.as_object_mut() {
        fields.remove("expectations");
        // A condition that ends a fault judges as well; when it ends it shows in the replay.
        if !fields.remove("until").unwrap_or_default().is_null() {
            fields.remove("duration");
        }
        let choice = |(id, way): &(StepId, bool)| json!([plan.graph.step(*id).map(|step| &step.name), way]);
        fields.insert("guards".to_owned(), step.guards.iter().map(choice).collect());
    }
    Some(does)
}

/// What the run starts, and where its metrics come from.
fn environment(recorded: &Plan, changed: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    if !same("processes", &value(&*recorded.processes), &value(&*changed.processes)) {
        found.push("the environment has other processes".to_owned());
    }
    if !same("proxies", &value(&*recorded.proxies), &value(&*changed.proxies)) {
        found.push("the environment has other proxies".to_owned());
    }
    for (metric, binding) in &changed.bindings {
        let was = recorded.bindings.get(metric);
        let unread = was.is_none().then(|| format!("`{metric}` was not read in that run"));
        let otherwise = was.filter(|was| !same("", &value(was), &value(binding)));
        found.extend(unread.or(otherwise.map(|_| format!("`{metric}` was read from elsewhere in that run"))));
    }
    for (source, is) in &changed.sources {
        let was = recorded.sources.get(source);
        if was.is_some_and(|was| !same("", &value(was), &value(is))) {
            found.push(format!("the source {source} was another in that run"));
        }
    }
    found
}

fn value(of: &(impl Serialize + ?Sized)) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}
