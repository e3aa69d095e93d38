//! Whether what aborts a run holds already, or may come true by chance.

use super::Scene;
use super::check::Check;
use super::expectations::bounded;
use crate::diagnostics::codes;
use crate::types::model::Trigger;
use crate::types::term::Condition;

const KIND: &str = "trigger";

pub fn check(scene: Scene) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for trigger in &scene.plan.aborts {
        let checked = of_trigger(scene, trigger).at(trigger.span);
        if !checks.iter().any(|known| known.of == checked.of) {
            checks.push(checked);
        }
    }
    checks
}

fn of_trigger(scene: Scene, trigger: &Trigger) -> Check {
    let of = trigger.text.as_str();
    let comparison = match &trigger.condition {
        Condition::Compare(comparison) => &**comparison,
        Condition::Likely(inner) if matches!(**inner, Condition::Compare(_)) => match inner.comparisons().first() {
            Some(comparison) => comparison,
            None => return Check::not_looked_at(KIND, of, "it compares nothing"),
        },
        _ => return Check::not_looked_at(KIND, of, "it is put together of several conditions"),
    };
    match bounded(scene, comparison) {
        Err(why) => Check::not_looked_at(KIND, of, why),
        Ok(told) if told.holds => {
            let fix = "a run would be aborted as soon as it has held for its time: mend the system, or the condition";
            Check::fail(KIND, of, codes::E0729, told.found, fix)
        }
        Ok(told) => match told.fix {
            Some((_, fix)) => Check::warn(KIND, of, codes::E0727, told.found, &fix),
            None => Check::ok(KIND, of, told.found),
        },
    }
}
