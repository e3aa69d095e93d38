//! A plan's graph as a drawing: Mermaid for Markdown pages, DOT for Graphviz.
//!
//! Faults stand out; a step that begins so long after another's start hangs on a broken line; the ways of a choice say which
//! they are.

use super::label;
use crate::base::unit;
use crate::plan::graph::{Graph, StepId};
use crate::plan::{Edge, Plan, Step, StepKind, words};

/// A language of drawings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// Mermaid, which many Markdown viewers draw.
    Mermaid,
    /// DOT, the language of Graphviz.
    Dot,
}

/// The drawing of a plan's graph.
pub fn draw(plan: &Plan, drawing: Drawing) -> String {
    let boxes = plan.graph.order().into_iter().filter_map(|id| Some((id, plan.graph.step(id)?)));
    let boxes = boxes.map(|(id, step)| drawing.node(id, step));
    let arrows = plan.graph.order().into_iter().flat_map(|id| arrows(&plan.graph, id));
    let arrows = arrows.map(|arrow| drawing.arrow(&arrow));
    let lines: Vec<String> = boxes.chain(arrows).collect();
    let (head, foot) = drawing.frame(plan);
    format!("{head}\n{}{foot}\n", lines.iter().map(|line| format!("  {line}\n")).collect::<String>())
}

/// What a box stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Fault,
    Choice,
    Mark,
    Other,
}

impl Role {
    fn of(step: &Step) -> Role {
        match step.kind {
            StepKind::Inject(_) => Role::Fault,
            StepKind::Choose { .. } => Role::Choice,
            StepKind::Mark => Role::Mark,
            _ => Role::Other,
        }
    }
}

/// From a step to one that waits for it.
struct Arrow {
    from: StepId,
    to: StepId,
    /// Whether it leaves from the start of a step, not from its end.
    starts: bool,
    label: Option<String>,
}

/// The arrows to a step, by the steps they come from.
fn arrows(graph: &Graph, to: StepId) -> Vec<Arrow> {
    let Some(step) = graph.step(to) else { return Vec::new() };
    let mut before = graph.before(to);
    before.sort_by_key(|(from, _)| *from);
    let arrow = |(from, edge)| {
        let way = step.guards.iter().find(|(choice, _)| *choice == from).map(|(_, way)| *way);
        let label = match (edge, way) {
            (Edge::End, None) => None,
            (Edge::End, Some(true)) => Some("holds".to_owned()),
            (Edge::End, Some(false)) => Some("else".to_owned()),
            (Edge::Start(0.0), _) => Some("starts".to_owned()),
            (Edge::Start(offset), _) => Some(format!("starts + {}", unit::show_duration(offset))),
        };
        Arrow { from, to, starts: edge != Edge::End, label }
    };
    before.into_iter().map(arrow).collect()
}

fn node(id: StepId) -> String {
    format!("s{}", id.index())
}

impl Drawing {
    fn frame(self, plan: &Plan) -> (String, &'static str) {
        match self {
            Drawing::Mermaid => {
                ("flowchart TD".to_owned(), "  classDef fault fill:#fde2e1,stroke:#b42318,stroke-width:2px,color:#000")
            }
            Drawing::Dot => {
                let name = label::dot(&plan.experiment);
                (format!("digraph \"{name}\" {{\n  node [shape=box, fontname=\"sans-serif\"];"), "}")
            }
        }
    }

    fn node(self, id: StepId, step: &Step) -> String {
        let (id, role) = (node(id), Role::of(step));
        let (name, what) = (step.name.as_str(), words::what(step));
        match self {
            Drawing::Mermaid => {
                let text = match role {
                    Role::Mark => label::mermaid(name),
                    _ => format!("{}<br/>{}", label::mermaid(name), label::mermaid(&what)),
                };
                match role {
                    Role::Fault => format!("{id}[\"{text}\"]:::fault"),
                    Role::Choice => format!("{id}{{\"{text}\"}}"),
                    Role::Mark => format!("{id}([\"{text}\"])"),
                    Role::Other => format!("{id}[\"{text}\"]"),
                }
            }
            Drawing::Dot => {
                let text = match role {
                    Role::Mark => label::dot(name),
                    _ => format!("{}\\n{}", label::dot(name), label::dot(&what)),
                };
                let look = match role {
                    Role::Fault => ", style=\"filled,bold\", fillcolor=\"#fde2e1\", color=\"#b42318\"",
                    Role::Choice => ", shape=diamond",
                    Role::Mark => ", shape=oval",
                    Role::Other => "",
                };
                format!("{id} [label=\"{text}\"{look}];")
            }
        }
    }

    fn arrow(self, arrow: &Arrow) -> String {
        let (from, to) = (node(arrow.from), node(arrow.to));
        match self {
            Drawing::Mermaid => {
                let line = if arrow.starts { "-.->" } else { "-->" };
                let label = arrow.label.as_ref().map_or_else(String::new, |it| format!("|\"{}\"|", label::mermaid(it)));
                format!("{from} {line}{label} {to}")
            }
            Drawing::Dot => {
                let label = arrow.label.iter().map(|it| format!("label=\"{}\"", label::dot(it)));
                let style = arrow.starts.then(|| "style=dashed".to_owned());
                let attributes: Vec<String> = label.chain(style).collect();
                match attributes.is_empty() {
                    true => format!("{from} -> {to};"),
                    false => format!("{from} -> {to} [{}];", attributes.join(", ")),
                }
            }
        }
    }
}
