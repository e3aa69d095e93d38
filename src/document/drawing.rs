//! A plan's graph as a drawing: Mermaid for Markdown pages, DOT for Graphviz.
//!
//! Faults stand out; a step that begins so long after another's start hangs on a broken line; the ways of a choice say which
//! they are.

use super::{Document, label, show};
use crate::base::unit;
use serde_json::Value;
use std::collections::BTreeMap;

/// A language of drawings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// Mermaid, which many Markdown viewers draw.
    Mermaid,
    /// DOT, the language of Graphviz.
    Dot,
}

/// The drawing of a plan's graph.
pub fn draw(document: &Document, drawing: Drawing) -> String {
    let steps = document.plan["steps"].as_array().map_or(&[][..], Vec::as_slice);
    let places: BTreeMap<&str, usize> = steps.iter().enumerate().map(|(at, step)| (name(step), at)).collect();
    let boxes = steps.iter().enumerate().map(|(at, step)| drawing.node(at, step));
    let arrows = steps.iter().enumerate().flat_map(|(at, step)| arrows(&places, at, step));
    let lines: Vec<String> = boxes.chain(arrows.map(|arrow| drawing.arrow(&arrow))).collect();
    let (head, foot) = drawing.frame(document);
    format!("{head}\n{}{foot}\n", lines.iter().map(|line| format!("  {line}\n")).collect::<String>())
}

fn name(step: &Value) -> &str {
    step["name"].as_str().unwrap_or_default()
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
    fn of(step: &Value) -> Role {
        match show::wrapped(&step["does"]) {
            Some(("inject", _)) => Role::Fault,
            Some(("choose", _)) => Role::Choice,
            Some(("mark", _)) => Role::Mark,
            _ => Role::Other,
        }
    }
}

/// From a step to one that waits for it, by their places in the list.
struct Arrow {
    from: usize,
    to: usize,
    /// Whether it leaves from the start of a step, not from its end.
    starts: bool,
    label: Option<String>,
}

/// The arrows to a step, by the steps they come from.
fn arrows(places: &BTreeMap<&str, usize>, to: usize, step: &Value) -> Vec<Arrow> {
    let list = |key: &str| step[key].as_array().into_iter().flatten();
    let arrow = |after: &Value| {
        let before = after["step"].as_str()?;
        let way = list("guards").find(|guard| guard["choice"] == before).map(|guard| guard["holds"] == true);
        let start = after["start"].as_f64();
        let label = match (start, way) {
            (None, None) => None,
            (None, Some(true)) => Some("holds".to_owned()),
            (None, Some(false)) => Some("else".to_owned()),
            (Some(0.0), _) => Some("starts".to_owned()),
            (Some(offset), _) => Some(format!("starts + {}", unit::show_duration(offset))),
        };
        Some(Arrow { from: *places.get(before)?, to, starts: start.is_some(), label })
    };
    list("after").filter_map(arrow).collect()
}

fn node(at: usize) -> String {
    format!("s{at}")
}

impl Drawing {
    fn frame(self, document: &Document) -> (String, &'static str) {
        match self {
            Drawing::Mermaid => {
                ("flowchart TD".to_owned(), "  classDef fault fill:#fde2e1,stroke:#b42318,stroke-width:2px,color:#000")
            }
            Drawing::Dot => {
                let name = label::dot(&document.made_from.experiment);
                (format!("digraph \"{name}\" {{\n  node [shape=box, fontname=\"sans-serif\"];"), "}")
            }
        }
    }

    fn node(self, at: usize, step: &Value) -> String {
        let (id, role) = (node(at), Role::of(step));
        let (name, what) = (name(step), show::whole_step(&step["does"]));
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
