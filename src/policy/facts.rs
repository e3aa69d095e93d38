//! The facts that rules read: what each is, in words, and where that stands.

use super::{About, Case, recovery};
use crate::base::{Interval, Span};
use crate::plan::{Effective, Plan, StepKind};
use crate::types::Type;
use crate::types::model::Limits;
use crate::types::policy::{self, Fact};
use crate::types::term::{LimitName, Term};
use std::cell::OnceCell;

/// The facts of one case.
pub struct Facts<'a> {
    case: Case<'a>,
    /// The limits, each bound with the most that it can be.
    most: Effective,
    /// What one fault alone touches at least.
    least_traffic: f64,
    /// Whether a share or a time of the plan depends on a parameter that is left open.
    varies: bool,
    healed: OnceCell<Option<Span>>,
}

impl<'a> Facts<'a> {
    pub fn new(case: Case<'a>) -> Self {
        let at_most = |limits: &Limits| {
            let constant = |term: &Term| Term::Constant(term.bounds(case.known).hi);
            let bounds = limits.bounds.iter().map(|(name, (term, span))| (*name, (constant(term), *span)));
            Limits { bounds: bounds.collect(), ..limits.clone() }
        };
        let most = Effective::meet(&at_most(&case.experiment.limits), &at_most(&case.environment.limits), case.known);
        let faults = case.plan.injections().filter(|(_, it)| it.resource == "requests");
        let least_traffic = faults.map(|(_, it)| it.touches.lo).fold(0.0, f64::max);
        Self { case, most, least_traffic, varies: varies(case.plan), healed: OnceCell::new() }
    }

    /// What is known of a fact; nothing of a fault's where the rule is about none.
    pub fn of(&self, name: &str, about: About) -> Option<Fact> {
        let (plan, word) = (self.case.plan, |text: &str| Some(Fact::Word(text.to_owned())));
        let said = |text: &Option<String>| Some(Fact::Bool(text.as_ref().is_some_and(|text| !text.trim().is_empty())));
        let text = |text: &Option<String>| word(text.as_deref().unwrap_or(""));
        match name {
            "abort" => Some(Fact::Bool(!plan.aborts.is_empty())),
            "recovery" => Some(Fact::Bool(self.unhealed().is_none())),
            "hypothesis" => said(&plan.hypothesis),
            "owner" => said(&self.case.experiment.owner),
            "id" => said(&plan.id),
            "environment.name" => word(&plan.environment),
            "environment.tier" => word(&plan.tier),
            "experiment.name" => word(&plan.experiment),
            "experiment.id" => text(&plan.id),
            "experiment.owner" => text(&self.case.experiment.owner),
            "fault.name" => word(&about?.1.fault),
            "fault.class" => word(about?.1.class.word()),
            "fault.target" => word(&about?.1.target),
            _ => self.quantity(name).map(Fact::Number),
        }
    }

    fn quantity(&self, name: &str) -> Option<Interval> {
        let (kind, name) = name.split_once('.')?;
        let (limit, _) = LimitName::named(name)?;
        if kind == "limit" { Some(self.limit(limit)) } else { self.proven(limit) }
    }

    /// The limit that holds; infinite where there is none.
    fn limit(&self, name: LimitName) -> Interval {
        let value = |limits: &Effective| limits.bound(name).map_or(f64::INFINITY, |bound| bound.value);
        Interval::new(value(&self.case.plan.limits), value(&self.most))
    }

    /// What was proven, from the least that it can come to.
    fn proven(&self, name: LimitName) -> Option<Interval> {
        let bounds = self.case.bounds;
        let (least, most) = match name {
            LimitName::Traffic => (self.least_traffic, bounds.traffic.values().copied().fold(0.0, f64::max)),
            LimitName::Concurrent => ((bounds.concurrent as f64).min(1.0), bounds.concurrent as f64),
            LimitName::Exposure => (0.0, bounds.exposure),
            LimitName::Timeout => (0.0, bounds.length),
            LimitName::CancelGrace => (0.0, bounds.cancel.unleased),
            LimitName::Requests | LimitName::Instances | LimitName::InstanceShare => return None,
        };
        let limit = self.limit(name);
        // A fault may be as large as a limit that is itself left open.
        let most = if limit.is_point() { most } else { most.max(limit.hi) };
        Some(if self.varies || !limit.is_point() { Interval::new(least, most) } else { Interval::point(most) })
    }

    fn unhealed(&self) -> Option<Span> {
        *self.healed.get_or_init(|| recovery::unhealed(self.case.plan).map(|step| step.span))
    }

    /// What a fact is, as a sentence.
    pub fn told(&self, name: &str, about: About) -> String {
        match self.of(name, about) {
            Some(Fact::Bool(value)) => truth(name, value),
            Some(Fact::Word(word)) if word.is_empty() => format!("`{name}` is not said"),
            Some(Fact::Word(word)) => format!("`{name}` is `{word}`"),
            Some(Fact::Number(range)) => amount(name, range),
            None => format!("`{name}` is not known"),
        }
    }

    /// Where that stands, or where it is missing; and what is there.
    pub fn place(&self, name: &str, about: About) -> (Span, String) {
        let plan = self.case.plan;
        let told = self.told(name, about);
        let limit = name.strip_prefix("limit.").and_then(LimitName::named).and_then(|(it, _)| plan.limits.bound(it));
        match (name, about, limit) {
            ("recovery", ..) => (self.unhealed().unwrap_or(plan.span), told),
            ("plan.traffic", ..) => (self.most_traffic().unwrap_or(plan.span), told),
            (_, _, Some(bound)) => match bound.span {
                Some(span) => (span, format!("{told}, set by the {}", bound.origin.word())),
                None => (plan.span, format!("{told} by default")),
            },
            ("fault.target", Some((_, injection)), _) => (injection.target_span, told),
            (_, Some((step, _)), _) if name.starts_with("fault.") => (step.span, told),
            _ => (plan.span, told),
        }
    }

    /// The fault that touches the most of the service that is touched the most.
    fn most_traffic(&self) -> Option<Span> {
        let (service, _) = self.case.bounds.traffic.iter().max_by(|a, b| a.1.total_cmp(b.1))?;
        let here = self.case.plan.injections().filter(|(_, it)| it.target == *service && it.resource == "requests");
        here.max_by(|a, b| a.1.touches.hi.total_cmp(&b.1.touches.hi)).map(|(step, _)| step.span)
    }
}

fn varies(plan: &Plan) -> bool {
    plan.graph.steps().any(|step| match &step.kind {
        StepKind::Inject(it) => !it.touches.is_point() || it.until.is_none() && !it.duration.is_point(),
        StepKind::Wait(duration) => !duration.is_point(),
        _ => false,
    })
}

fn truth(name: &str, value: bool) -> String {
    let what = match name {
        "abort" => "abort condition",
        "recovery" if value => return "recovery is judged after every fault".to_owned(),
        "recovery" => return "nothing judges whether the system recovers from every fault".to_owned(),
        other => other,
    };
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    if value { format!("there is {article} {what}") } else { format!("there is no {what}") }
}

fn amount(name: &str, range: Interval) -> String {
    let ty = policy::facts().into_iter().find(|(known, _)| *known == name).map_or(Type::Float, |(_, ty)| ty);
    if range.lo.is_infinite() {
        return format!("`{name}` is not set");
    }
    match range.is_point() {
        true => format!("`{name}` is {}", ty.show(range.lo)),
        false if range.hi.is_infinite() => format!("`{name}` can be {} or more", ty.show(range.lo)),
        false => format!("`{name}` can be {} to {}", ty.show(range.lo), ty.show(range.hi)),
    }
}
