//! Whether an experiment judges that the system heals.

use crate::plan::graph::StepId;
use crate::plan::{Edge, Plan, Step, StepKind};
use std::collections::BTreeSet;

/// The first fault that ends without waiting for the system, and after which nothing surely judges whether it heals.
pub fn unhealed(plan: &Plan) -> Option<&Step> {
    let followed = followed(plan);
    let order = plan.graph.order();
    let faults = order.iter().filter_map(|id| Some((*id, plan.graph.step(*id)?)));
    let open = faults.filter(|(_, step)| matches!(&step.kind, StepKind::Inject(it) if it.until.is_none()));
    let mut unsure = open.filter(|(id, _)| !followed.contains(id));
    unsure.find(|(id, step)| !judged_on_every_way(plan, *id, step)).map(|(_, step)| step)
}

fn judges(step: &Step) -> bool {
    matches!(step.kind, StepKind::Expect(_) | StepKind::Stable(_))
}

/// The steps after whose end a step judges, whichever ways are chosen.
fn followed(plan: &Plan) -> BTreeSet<StepId> {
    let (mut begun, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for id in plan.graph.order().into_iter().rev() {
        let after = plan.graph.after(id);
        if after.iter().any(|(next, edge)| *edge == Edge::End && begun.contains(next)) {
            ended.insert(id);
        }
        let own = plan.graph.step(id).is_some_and(|step| step.guards.is_empty() && judges(step));
        if own || after.iter().any(|(next, _)| begun.contains(next)) {
            begun.insert(id);
        }
    }
    ended
}

/// Whether the choices that a fault does not lie behind itself all lead to a step after its end that judges.
fn judged_on_every_way(plan: &Plan, fault: StepId, step: &Step) -> bool {
    let ends = plan.graph.after(fault).into_iter().filter(|(_, edge)| *edge == Edge::End);
    let mut next: Vec<StepId> = ends.map(|(id, _)| id).collect();
    let (mut seen, mut ways) = (BTreeSet::new(), BTreeSet::new());
    while let Some(id) = next.pop() {
        if !seen.insert(id) {
            continue;
        }
        if let Some(judge) = plan.graph.step(id).filter(|judge| judges(judge)) {
            let open: Vec<_> = judge.guards.iter().filter(|guard| !step.guards.contains(guard)).copied().collect();
            match open[..] {
                [] => return true,
                [(choice, way)] if ways.contains(&(choice, !way)) => return true,
                [only] => drop(ways.insert(only)),
                _ => {}
            }
        }
        next.extend(plan.graph.after(id).into_iter().map(|(id, _)| id));
    }
    false
}
