//! What is not written, but holds: types, windows, the limits in force.

use super::asked::Asked;
use crate::base::Span;
use crate::base::unit::show_duration;
use crate::lint::walk;
use crate::names::{DeclarationId, ModuleId};
use crate::plan::Plan;
use crate::syntax::tree::{Arguments, Constant, Experiment, Expr, ExprKind, TypeKind};
use crate::types::term::LimitName;
use crate::types::{Typed, model};
use gen_lsp_types::{InlayHint, InlayHintKind, Label};
use std::ops::Range;

/// The hints in a part of a document.
pub fn hints(asked: &Asked, bytes: Range<usize>) -> Vec<InlayHint> {
    let Some(known) = asked.known else { return Vec::new() };
    let Some(module) = known.analysis.program.modules.first() else { return Vec::new() };
    let checked = &known.analysis.checked;
    let typed = |index| checked.constants.get(&DeclarationId { module: ModuleId(0), index });
    let constants = module.file.constants.iter().enumerate();
    let mut found: Vec<(usize, String, InlayHintKind)> =
        constants.filter_map(|(index, it)| constant(it, typed(index)?)).collect();
    for (index, experiment) in module.file.experiments.iter().enumerate() {
        let id = DeclarationId { module: ModuleId(0), index };
        let plan = known.plans(id).next().map(|planned| &planned.plan);
        if let Some((model, _)) = checked.experiments.get(&id) {
            of_experiment(experiment, model, plan, &mut found);
        }
    }
    found.retain(|(at, ..)| bytes.contains(at) || *at == bytes.end);
    found.sort_by_key(|(at, ..)| *at);
    let hint = |(at, text, kind): (usize, String, InlayHintKind)| {
        let (position, label) = (asked.page.position(at), Label::String(text));
        InlayHint::new(position, label, Some(kind), None, None, None, None, None)
    };
    found.into_iter().map(hint).collect()
}

fn end(span: Span) -> usize {
    span.end as usize
}

/// The type of a constant.
fn constant(it: &Constant, typed: &Typed) -> Option<(usize, String, InlayHintKind)> {
    (!typed.ty.is_wrong()).then(|| (end(it.name.span), format!(": {}", typed.ty), InlayHintKind::Type))
}

fn of_experiment(
    written: &Experiment,
    model: &model::Experiment,
    plan: Option<&Plan>,
    found: &mut Vec<(usize, String, InlayHintKind)>,
) {
    for (parameter, model) in written.parameters.iter().zip(&model.parameters) {
        if parameter.ty.kind == TypeKind::Inferred {
            found.push((end(parameter.name.span), format!(": {}", model.ty), InlayHintKind::Type));
        }
    }
    for expr in walk::all_inside(walk::of_experiment(written)) {
        found.extend(window(expr, model.window));
        found.extend(plan.and_then(|plan| limit(expr, plan)));
    }
}

/// The window of an aggregate that says none.
fn window(expr: &Expr, window: f64) -> Option<(usize, String, InlayHintKind)> {
    let ExprKind::Call(function, arguments) = &expr.kind else { return None };
    let Arguments { list, span } = &**arguments;
    let [argument] = list.as_slice() else { return None };
    let text = function.text();
    let quantile = text.strip_prefix('p').is_some_and(|digits| digits.parse::<u8>().is_ok());
    let is_aggregate = quantile || ["mean", "avg", "min", "max", "sum", "rate"].contains(&text.as_str());
    let hint = || (end(*span).saturating_sub(1), format!(" over {}", show_duration(window)), InlayHintKind::Parameter);
    (is_aggregate && argument.over.is_none()).then(hint)
}

/// The limit in force, where it is named.
fn limit(expr: &Expr, plan: &Plan) -> Option<(usize, String, InlayHintKind)> {
    let ExprKind::Path(path) = &expr.kind else { return None };
    let ["limit", name] = path.names()[..] else { return None };
    let (limit, ty) = LimitName::named(name)?;
    let bound = plan.limits.bound(limit)?;
    Some((end(path.span), format!(" = {}", ty.show(bound.value)), InlayHintKind::Parameter))
}
