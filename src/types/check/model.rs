//! `model`: a toy system, for tests.

use super::Checker;
use crate::base::{Interval, Span};
use crate::diagnostics::{Diagnostic, codes};
use crate::names::{DeclarationId, Kind};
use crate::syntax::tree::{self, ModelUse, Name, Trait, TraitKind};
use crate::types::expression::Context;
use crate::types::model::{Metric, System};
use crate::types::stable;
use crate::types::term::MetricId;
use crate::types::toy::{
    Breaker, Call, DEFAULT_QUEUE, DEFAULT_TAKES, DEFAULT_TIMEOUT, DEFAULT_WORKERS, Measure, Model, Modelled, Shown,
};
use crate::types::{Type, errors};
use std::collections::BTreeMap;
use std::sync::Arc;

const HOUR: f64 = 3_600.0;

impl Checker<'_> {
    pub(super) fn model(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.models.get(id.index)) else { return };
        let Some(path) = &written.system else { return };
        let Some(own) = self.resolve(Kind::System, path, id.module) else { return };
        let Some(system) = self.checked.systems.get(&own).cloned() else { return };
        if let Some(model) = self.toy(written, &system) {
            self.checked.models.insert(id, (Arc::new(model), own));
        }
    }

    /// The model that a test is run in: of the same system as its experiment.
    pub(super) fn model_of(
        &mut self,
        used: Option<&ModelUse>,
        id: DeclarationId,
        system: Option<(DeclarationId, &System)>,
    ) -> Option<Arc<Model>> {
        match used? {
            ModelUse::Written(written, _) => self.toy(written, system?.1).map(Arc::new),
            ModelUse::Named(path) => {
                let own = self.resolve(Kind::Model, path, id.module)?;
                let (model, of) = self.checked.models.get(&own)?.clone();
                let (wanted, system) = system?;
                if of != wanted {
                    self.report(errors::model_of_another(&model, &system.name, path.span));
                    return None;
                }
                Some(model)
            }
        }
    }

    /// A model that is understood and can last; nothing where a mistake was reported.
    fn toy(&mut self, written: &tree::Model, system: &System) -> Option<Model> {
        let before = self.checked.findings.len();
        self.distinct("service", written.services.iter().map(|it| &it.name));
        self.distinct("service with `arrivals`", written.arrivals.iter().map(|it| &it.service));
        let arrivals = self.arrivals(written, system);
        let mut services = Vec::new();
        for service in &system.services {
            let said = written.services.iter().find(|it| it.name.text == service.name);
            services.push(self.modelled(service, said, system, written.name.span));
        }
        self.services_exist(written, system);
        for (service, (rate, _)) in services.iter_mut().zip(&arrivals) {
            service.arrivals = *rate;
        }
        let shows = self.shows(written, system);
        let model = Model {
            name: written.name.text.clone(),
            system: system.name.clone(),
            services,
            shows,
            span: written.name.span,
        };
        if written.damaged || self.checked.findings.len() > before {
            return None;
        }
        self.lasts(model, written, &arrivals)
    }

    fn services_exist(&mut self, written: &tree::Model, system: &System) {
        for service in written.services.iter().filter(|it| system.service(&it.name.text).is_none()) {
            let taken = written.services.iter().map(|it| it.name.text.as_str());
            self.report(unknown_service(&service.name, system).unsure_of(taken));
        }
    }

    /// Requests per second from outside, by service, with the place.
    fn arrivals(&mut self, written: &tree::Model, system: &System) -> Vec<(f64, Option<Span>)> {
        let mut found = vec![(0.0, None); system.services.len()];
        for one in &written.arrivals {
            let rate =
                self.within(&one.rate, &Type::Frequency, "arrivals", Interval::new(0.001, stable::MOST_REQUESTS));
            match system.services.iter().position(|it| it.name == one.service.text) {
                Some(at) => found[at] = (rate.unwrap_or(0.0), Some(one.rate.span)),
                None => {
                    let taken = written.arrivals.iter().map(|it| it.service.text.as_str());
                    self.report(unknown_service(&one.service, system).unsure_of(taken));
                }
            }
        }
        if written.arrivals.is_empty() && !written.damaged {
            let help = "say where requests come from, like `arrivals checkout 100/s`";
            self.report(errors::missing(codes::E0208, "nothing arrives in this model", written.name.span, help));
        }
        found
    }

    fn lasts(&mut self, model: Model, written: &tree::Model, arrivals: &[(f64, Option<Span>)]) -> Option<Model> {
        let Err(unstable) = stable::load(&model) else { return Some(model) };
        let place = unstable.span();
        let mut finding = Diagnostic::error(codes::E0416, format!("this model has no stable point: {unstable}"));
        finding = finding.at(place, "");
        let from = arrivals.iter().filter_map(|(_, span)| *span).find(|span| *span != place);
        if let Some(from) = from {
            finding = finding.at(from, "this is what arrives");
        }
        if place != written.name.span && from.is_none() {
            finding = finding.at(written.name.span, "in this model");
        }
        self.report(finding.help(unstable.help()));
        None
    }

    fn modelled(
        &mut self,
        service: &crate::types::model::Service,
        said: Option<&tree::Modelled>,
        system: &System,
        model: Span,
    ) -> Modelled {
        let span = said.map_or(model, |it| it.name.span);
        let mut found = Modelled {
            name: service.name.clone(),
            arrivals: 0.0,
            workers: DEFAULT_WORKERS,
            takes: DEFAULT_TAKES,
            queue: DEFAULT_QUEUE,
            fails: 0.0,
            instances: 1,
            calls: calls(service, system, span),
            span,
        };
        if let Some(said) = said {
            self.said_of_callees(said, service);
            // What is said of all comes first, so that what is said of one stands.
            let (of_all, of_some): (Vec<_>, Vec<_>) = said.traits.iter().partition(|it| it.to.is_empty());
            of_all.into_iter().chain(of_some).for_each(|it| self.put(it, &mut found, system));
            for call in &mut found.calls {
                call.tolerated = said.tolerates.iter().any(|it| it.text == system.services[call.to].name);
            }
            self.contradicts(&found, said);
        }
        found
    }

    /// Every trait once for each callee, and only of callees.
    fn said_of_callees(&mut self, said: &tree::Modelled, service: &crate::types::model::Service) {
        let known = || service.calls.iter().map(String::as_str);
        let mut first: BTreeMap<(TraitKind, Option<&str>), Span> = BTreeMap::new();
        for one in &said.traits {
            let whom: Vec<Option<&str>> = match one.to.as_slice() {
                [] => vec![None],
                some => some.iter().map(|it| Some(it.text.as_str())).collect(),
            };
            for to in whom {
                if let Some(earlier) = first.insert((one.kind, to), one.word) {
                    let what = to.map_or_else(String::new, |to| format!(" to {to}"));
                    self.report(errors::said_twice(&format!("{}{what}", one.kind.word()), earlier, one.word));
                }
            }
        }
        self.distinct("tolerated service", said.tolerates.iter());
        for name in said.traits.iter().flat_map(|it| &it.to).chain(&said.tolerates) {
            if !known().any(|it| it == name.text) {
                let kind = format!("service that `{}` calls:", service.name);
                self.report(errors::unknown(&kind, &name.text, name.span, known()));
            }
        }
        let calling = |it: &&Trait| it.kind >= TraitKind::Calls && it.to.is_empty();
        if let Some(one) = said.traits.iter().find(calling).filter(|_| service.calls.is_empty()) {
            self.report(errors::calls_nobody(&service.name, one.kind.word(), one.word));
        }
    }

    /// Givens that cannot be true together.
    fn contradicts(&mut self, found: &Modelled, said: &tree::Modelled) {
        let place = |kind: TraitKind| said.traits.iter().find(|it| it.kind == kind).map(|it| it.word);
        if let Some(at) = place(TraitKind::Instances).filter(|_| found.instances > found.workers) {
            let headline = format!("{} instances cannot share {} workers", found.instances, found.workers);
            let workers = place(TraitKind::Workers);
            self.report(errors::contradiction(headline, at, workers, "give each instance a worker at least"));
        }
        for one in said.traits.iter().filter(|it| it.kind == TraitKind::Pool) {
            let most = found.calls.iter().filter_map(|call| call.pool).max().unwrap_or(0);
            if most > found.workers {
                let headline = format!("a pool of {most} is never used up by {} workers", found.workers);
                let help = "each worker makes one call at a time: write a smaller pool, or leave it out";
                self.report(errors::contradiction(headline, one.word, place(TraitKind::Workers), help));
                return;
            }
        }
    }

    fn put(&mut self, one: &Trait, found: &mut Modelled, system: &System) {
        let Some(first) = one.values.first() else { return };
        let count = |low: f64, high: f64| Interval::new(low, high);
        let word = one.kind.word();
        match one.kind {
            TraitKind::Workers => self.number(first, word, count(1.0, 10_000.0), |it| found.workers = it),
            TraitKind::Queue => self.number(first, word, count(0.0, 100_000.0), |it| found.queue = it),
            TraitKind::Instances => self.number(first, word, count(1.0, 1_000.0), |it| found.instances = it),
            TraitKind::Takes => {
                found.takes = self.within(first, &Type::Duration, word, count(1e-6, HOUR)).unwrap_or(found.takes);
            }
            TraitKind::Fails => {
                found.fails = self.within(first, &Type::Ratio, word, count(0.0, 1.0)).unwrap_or(found.fails);
            }
            _ => {
                let Some(rule) = self.call_rule(one, first) else { return };
                let named = |call: &Call| one.to.iter().any(|to| to.text == system.services[call.to].name);
                for call in found.calls.iter_mut().filter(|call| one.to.is_empty() || named(call)) {
                    rule.apply(call, one.word);
                }
            }
        }
    }

    fn call_rule(&mut self, one: &Trait, first: &tree::Expr) -> Option<CallRule> {
        let word = one.kind.word();
        let mut number = 0;
        Some(match one.kind {
            TraitKind::Calls => CallRule::Share(self.within(first, &Type::Ratio, word, Interval::new(0.0, 1.0))?),
            TraitKind::Timeout => {
                CallRule::Timeout(self.within(first, &Type::Duration, word, Interval::new(1e-6, HOUR))?)
            }
            TraitKind::Pool => {
                self.number(first, word, Interval::new(1.0, 10_000.0), |it| number = it);
                CallRule::Pool(number.max(1))
            }
            TraitKind::Retries => {
                self.number(first, word, Interval::new(0.0, 10.0), |it| number = it);
                let after = one.values.get(1);
                let after = after.map(|it| self.within(it, &Type::Duration, "after", Interval::new(0.0, HOUR)));
                CallRule::Retries(number, after.flatten().unwrap_or(0.0))
            }
            _ => {
                let [_, over, rests] = one.values.as_slice() else { return None };
                let span = Interval::new(0.1, HOUR);
                CallRule::Breaker(Breaker {
                    share: self.within(first, &Type::Ratio, word, Interval::new(0.01, 1.0))?,
                    over: self.within(over, &Type::Duration, "over", span)?,
                    rests: self.within(rests, &Type::Duration, "rests", Interval::new(0.001, HOUR))?,
                })
            }
        })
    }

    fn number(&mut self, written: &tree::Expr, what: &str, range: Interval, mut put: impl FnMut(u32)) {
        if let Some(value) = self.within(written, &Type::Int, what, range) {
            put(value as u32);
        }
    }

    /// A constant of a type in a range, in base units.
    fn within(&mut self, written: &tree::Expr, ty: &Type, what: &str, range: Interval) -> Option<f64> {
        let value = self.typing(Context::default()).constant(written, ty, what)?;
        if Interval::point(value).within(range) {
            return Some(value);
        }
        self.report(errors::outside(Interval::point(value), written.span, range, ty, None));
        None
    }

    /// What metrics show: as it is said, else as their types and names tell.
    fn shows(&mut self, written: &tree::Model, system: &System) -> BTreeMap<MetricId, Shown> {
        let mut shows = BTreeMap::new();
        for (at, service) in system.services.iter().enumerate() {
            for metric in &service.metrics {
                let id = MetricId { service: service.name.clone(), metric: metric.name.clone() };
                shows.extend(usual(metric).map(|measure| (id, Shown { measure, service: at })));
            }
        }
        let mut said: BTreeMap<MetricId, Span> = BTreeMap::new();
        for one in &written.shown {
            let Some((id, shown)) = self.shown(one, system) else { continue };
            if let Some(first) = said.insert(id.clone(), one.metric.span) {
                self.report(errors::said_twice(&format!("metric {id}"), first, one.metric.span));
            }
            shows.insert(id, shown);
        }
        shows
    }

    fn shown(&mut self, one: &tree::Shown, system: &System) -> Option<(MetricId, Shown)> {
        let context = Context { system: Some(system), ..Context::default() };
        let name = tree::Expr { kind: tree::ExprKind::Path(one.metric.clone()), span: one.metric.span };
        let (ty, reading) = self.typing(context).metric_argument(&name)?;
        let Some(measure) = Measure::named(&one.measure.text) else {
            let known = Measure::ALL.iter().map(|(word, _)| *word);
            self.report(errors::unknown("measure", &one.measure.text, one.measure.span, known));
            return None;
        };
        let of = one.of.as_ref().map_or(reading.metric.service.as_str(), |of| of.text.as_str());
        let Some(service) = system.services.iter().position(|it| it.name == of) else {
            self.report(unknown_service(one.of.as_ref()?, system));
            return None;
        };
        if !fits(measure, &ty) {
            self.report(errors::shows_no(measure, &ty, one.measure.span, one.metric.span));
            return None;
        }
        Some((reading.metric, Shown { measure, service }))
    }
}

fn unknown_service(name: &Name, system: &System) -> Diagnostic {
    errors::unknown("service", &name.text, name.span, system.services.iter().map(|it| it.name.as_str()))
}

/// What is said of calls.
enum CallRule {
    Share(f64),
    Timeout(f64),
    Pool(u32),
    Retries(u32, f64),
    Breaker(Breaker),
}

impl CallRule {
    fn apply(&self, call: &mut Call, at: Span) {
        match self {
            CallRule::Share(share) => call.share = *share,
            CallRule::Timeout(timeout) => (call.timeout, call.span) = (*timeout, at),
            CallRule::Pool(pool) => (call.pool, call.span) = (Some(*pool), at),
            CallRule::Retries(retries, after) => (call.retries, call.after) = (*retries, *after),
            CallRule::Breaker(breaker) => call.breaker = Some(*breaker),
        }
    }
}

/// The calls of a service of which nothing is said.
fn calls(service: &crate::types::model::Service, system: &System, span: Span) -> Vec<Call> {
    let place = |name: &String| system.services.iter().position(|it| it.name == *name);
    let plain = |to: usize| Call {
        to,
        share: 1.0,
        timeout: DEFAULT_TIMEOUT,
        retries: 0,
        after: 0.0,
        breaker: None,
        pool: None,
        tolerated: false,
        span,
    };
    service.calls.iter().filter_map(place).map(plain).collect()
}

/// What a metric shows of which nothing is said, where its type and its name leave no doubt.
fn usual(metric: &Metric) -> Option<Measure> {
    let has = |words: &[&str]| words.iter().any(|word| metric.name.to_ascii_lowercase().contains(word));
    let bad = has(&["error", "fail"]);
    match &metric.ty {
        Type::Ratio if bad => Some(Measure::Errors),
        Type::Ratio if has(&["success", "availab", "good", "ok"]) => Some(Measure::Success),
        Type::Distribution(of) if **of == Type::Duration && has(&["latency", "duration", "time", "response"]) => {
            Some(Measure::Latency)
        }
        Type::Counter | Type::Frequency if bad => Some(Measure::Failures),
        Type::Counter | Type::Frequency if has(&["request", "traffic"]) => Some(Measure::Requests),
        _ => None,
    }
}

/// Whether a metric of a type can show it.
fn fits(measure: Measure, ty: &Type) -> bool {
    match measure {
        Measure::Success | Measure::Errors => *ty == Type::Ratio,
        Measure::Latency => *ty == Type::Distribution(Box::new(Type::Duration)),
        Measure::Requests | Measure::Failures | Measure::Retried => matches!(ty, Type::Counter | Type::Frequency),
        Measure::Waiting | Measure::Busy | Measure::Open => ty.is_plain_number(),
    }
}
