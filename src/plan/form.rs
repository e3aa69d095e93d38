//! The graph as it stands in a plan's document: a list of steps, each with what it does and what it waits for by name.

use super::arrange::Edge;
use super::graph::{Graph, StepId, StepKind};
use crate::base::Span;
use crate::types::model::{ComponentPath, Expectation, Permit};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::json;
use std::sync::Arc;

/// What several plans have in common.
pub(super) fn shared<T: Serialize + ?Sized, S: Serializer>(value: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
    T::serialize(value, serializer)
}

/// A step. What it waits for stands before it in the list.
#[derive(serde::Serialize)]
struct Form<'g> {
    name: &'g str,
    does: &'g StepKind,
    /// It is skipped unless each of these choices went this way.
    guards: Vec<Guard<'g>>,
    after: Vec<After<'g>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    escalations: &'g [super::graph::Level],
}

#[derive(serde::Serialize)]
struct Guard<'g> {
    choice: &'g str,
    holds: bool,
}

#[derive(serde::Serialize)]
struct After<'g> {
    step: &'g str,
    /// So many seconds after its start; without, its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<f64>,
}

impl Serialize for Graph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for id in self.order() {
            if let Some(form) = form(self, id) {
                list.serialize_element(&form)?;
            }
        }
        list.end()
    }
}

fn form(graph: &Graph, id: StepId) -> Option<Form<'_>> {
    let step = graph.step(id)?;
    let name = |id: StepId| graph.step(id).map(|step| step.name.as_str());
    let guard = |(choice, holds): &(StepId, bool)| Some(Guard { choice: name(*choice)?, holds: *holds });
    let after = |(before, edge)| {
        let start = match edge {
            Edge::End => None,
            Edge::Start(offset) => Some(offset),
        };
        Some(After { step: name(before)?, start })
    };
    let mut before = graph.before(id);
    before.sort_by_key(|(id, _)| *id);
    Some(Form {
        name: &step.name,
        does: &step.kind,
        guards: step.guards.iter().filter_map(guard).collect(),
        after: before.into_iter().filter_map(after).collect(),
        escalations: &step.escalations,
    })
}

impl Serialize for StepKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            StepKind::Inject(injection) => map.serialize_entry("inject", injection)?,
            // The step has its name already.
            StepKind::Expect(it) => map.serialize_entry("expect", &Expectation { name: None, ..it.clone() })?,
            StepKind::Wait(duration) => map.serialize_entry("wait", &json!({ "duration": duration }))?,
            StepKind::Stable(deadline) => map.serialize_entry("stable", &json!({ "deadline": deadline }))?,
            StepKind::Call { probe, arguments, .. } => {
                map.serialize_entry("call", &json!({ "probe": probe, "arguments": arguments }))?;
            }
            StepKind::Approve(text, within) => {
                map.serialize_entry("approve", &json!({ "text": text, "within": within }))?;
            }
            StepKind::Choose { condition, text } => {
                map.serialize_entry("choose", &json!({ "condition": condition, "written": text }))?;
            }
            StepKind::Mark => map.serialize_entry("mark", &json!({}))?,
        }
        map.end()
    }
}

/// The words of what has a place.
pub fn words<S: Serializer>(all: &[(String, Span)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(all.iter().map(|(words, _)| words))
}

/// What a component's file holds, wherever it lies.
pub fn digest<S: Serializer>(file: &Option<ComponentPath>, serializer: S) -> Result<S::Ok, S::Error> {
    match file {
        Some(file) => serializer.collect_str(&format_args!("sha256:{}", file.digest)),
        None => serializer.serialize_none(),
    }
}

/// What a component may do because the environment says so; the rest follows from the plan.
pub fn granted<S: Serializer>(permits: &[Permit], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(permits.iter().filter(|permit| permit.is_granted()))
}

/// Whether nothing of it stands in the document.
pub fn grants_nothing(permits: &[Permit]) -> bool {
    !permits.iter().any(Permit::is_granted)
}
