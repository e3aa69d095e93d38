//! What a test gives: values of metrics over time, silences, and what becomes of steps.

use super::Checker;
use super::experiment::About;
use super::test::{StepSort, Steps};
use super::test_errors;
use crate::base::{Interval, Span};
use crate::syntax::tree::{self, Expr, ExprKind, GivenWhat, Name, Operator, Path};
use crate::types::expression::Context;
use crate::types::model::{Argument, Experiment, System, Test};
use crate::types::term::{Condition, Known, MetricId};
use crate::types::trial::{Course, Given, Happening, Since, What};
use crate::types::{Type, errors};
use std::collections::{BTreeMap, BTreeSet};

/// What a given value must be.
struct Wanted<'a> {
    ty: Type,
    range: Interval,
    /// The metric that it is a value of.
    metric: Option<&'a Path>,
}

/// What givens are about.
pub(super) struct Subject<'a> {
    pub steps: &'a Steps,
    pub about: &'a About<'a>,
}

impl Checker<'_> {
    /// What is given, in order. Two that say different things of the same from the same moment on contradict each other.
    pub(super) fn givens(&mut self, written: &[tree::Given], of: &Subject) -> Vec<Given> {
        let mut places: BTreeMap<String, Span> = BTreeMap::new();
        let mut givens = Vec::new();
        for one in written {
            let Some(given) = self.one_given(one, of) else { continue };
            let key = format!("{} {:?}", subject(&given.what), given.since);
            if let Some(first) = places.insert(key, given.span) {
                self.report(test_errors::contradictory(&about(&given.what), first, given.span));
            }
            givens.push(given);
        }
        givens
    }

    fn one_given(&mut self, written: &tree::Given, of: &Subject) -> Option<Given> {
        let what = self.what(&written.what, of);
        let since = match &written.since {
            Some(since) => self.since(since, of),
            None => Some(Since::default()),
        };
        let lasting = match &written.lasting {
            Some(lasting) => Some(self.typing(of.about.context()).positive(lasting, "for")?),
            None => None,
        };
        let (what, since) = (what?, since?);
        let since_of_none =
            written.since.as_ref().filter(|_| what == What::Steady).map(|since| ("steady", since.offset.span));
        let lasts_of_none = written.lasting.as_ref().and_then(|lasting| Some((lasts_not(&what)?, lasting.span)));
        for (word, at) in since_of_none.into_iter().chain(lasts_of_none) {
            self.report(test_errors::has_no_time(word, at));
        }
        Some(Given { what, since, lasting, span: written.span })
    }

    fn since(&mut self, written: &tree::Since, of: &Subject) -> Option<Since> {
        let offset = self.time_constant(&written.offset, "from", of.about);
        let step = match &written.step {
            Some(step) => Some((self.known_step(step, of.steps)?.0, written.after)),
            None => None,
        };
        Some(Since { offset: offset?, step })
    }

    fn what(&mut self, written: &GivenWhat, of: &Subject) -> Option<What> {
        match written {
            GivenWhat::Steady => Some(What::Steady),
            GivenWhat::Stop => Some(What::Stop),
            GivenWhat::Silence(path) => self.no_data_of(path, of),
            GivenWhat::Unseen(step) => self.happening(step, Happening::Unseen, of),
            GivenWhat::Happening(step, word) => {
                let Some((_, happening)) = Happening::SAID.iter().find(|(known, _)| *known == word.text) else {
                    let known = Happening::SAID.iter().map(|(known, _)| *known);
                    self.report(errors::unknown("happening", &word.text, word.span, known));
                    return None;
                };
                self.happening(step, *happening, of)
            }
            GivenWhat::Traffic(service, course) => {
                let wanted = Wanted { ty: Type::Frequency, range: Type::Frequency.range(), metric: None };
                let course = self.course(course, &wanted, of);
                let system = of.about.system?;
                if system.service(&service.text).is_none() {
                    let known = system.services.iter().map(|service| service.name.as_str());
                    // The traffic of one that is near may be given, too.
                    let finding = errors::unknown("service", &service.text, service.span, known.clone());
                    self.report(finding.unsure_of(known));
                    return None;
                }
                Some(What::Traffic(service.text.clone(), course?))
            }
            GivenWhat::Value(path, part, course) => self.value_of_path(path, part.as_ref(), course, of),
        }
    }

    /// A metric, by its path; else a source, whose name only the environment knows.
    fn no_data_of(&mut self, path: &Path, of: &Subject) -> Option<What> {
        match path.parts.as_slice() {
            [source] => Some(What::SilentSource(source.text.clone())),
            _ => Some(What::NoData(self.metric_at(path, None, of)?.1)),
        }
    }

    fn metric_at(&mut self, path: &Path, part: Option<&Name>, of: &Subject) -> Option<(Type, MetricId)> {
        let whole = Expr { kind: ExprKind::Path(path.clone()), span: path.span };
        let written = match part {
            None => whole,
            Some(part) => {
                let named = Path { parts: vec![part.clone()], span: part.span };
                let part = Expr { kind: ExprKind::Path(named), span: part.span };
                let span = path.span.to(part.span);
                Expr { kind: ExprKind::Binary(Operator::Of, Box::new(whole), Box::new(part)), span }
            }
        };
        let (ty, reading) = self.typing(of.about.context()).metric_argument(&written)?;
        let metric = reading.cohort.map_or_else(|| reading.metric.clone(), |cohort| reading.metric.of_part(cohort));
        Some((ty, metric))
    }

    fn value_of_path(&mut self, path: &Path, part: Option<&Name>, course: &tree::Course, of: &Subject) -> Option<What> {
        let text = path.text();
        let step = of.steps.get(&crate::types::trial::without_rounds(&text));
        if let (Some(StepSort::Call(returns)), None, tree::Course::One(value)) = (step, part, course) {
            return self.answer(text, returns, value);
        }
        let (ty, metric) = self.metric_at(path, part, of)?;
        let ty = match ty {
            Type::Distribution(of) => *of,
            Type::Counter => Type::Count,
            other => other,
        };
        let range = declared_range(&metric, of).unwrap_or_else(|| ty.range());
        let wanted = Wanted { ty, range, metric: Some(path) };
        Some(What::Metric(metric, self.course(course, &wanted, of)?))
    }

    /// What a call of a probe finds.
    fn answer(&mut self, step: String, returns: &Type, value: &Expr) -> Option<What> {
        let typed = self.typing(Context::default()).value(value);
        if typed.ty == Type::Error {
            return None;
        }
        if !typed.ty.fits(returns) {
            self.report(errors::mismatch_at(returns, &typed.ty, value, None));
            return None;
        }
        let value = match typed.value {
            Argument::Term(term) => {
                Argument::Term(crate::types::term::Term::Constant(term.bounds(&Known::default()).lo))
            }
            other => other,
        };
        Some(What::Answer(step, value))
    }

    fn happening(&mut self, step: &Path, happening: Happening, of: &Subject) -> Option<What> {
        let (name, sort) = self.known_step(step, of.steps)?;
        match sort {
            StepSort::Fault => {}
            StepSort::Call(_) if happening.is_of_calls() => {}
            StepSort::Call(_) => {
                self.report(test_errors::not_of_step("this", &name, "a call of a probe", step.span));
                return None;
            }
            StepSort::Other => {
                self.report(test_errors::not_of_step("this", &name, "no inject, and no call of a probe", step.span));
                return None;
            }
        }
        Some(What::Happening(name, happening))
    }

    fn course(&mut self, written: &tree::Course, wanted: &Wanted, of: &Subject) -> Option<Course> {
        Some(match written {
            tree::Course::One(value) => Course::One(self.given_quantity(value, wanted, of)?),
            tree::Course::Ramp { from, to, over } => {
                let from = self.given_quantity(from, wanted, of);
                let to = self.given_quantity(to, wanted, of);
                let over = self.typing(of.about.context()).positive(over, "over");
                Course::Ramp { from: from?, to: to?, over: over? }
            }
            tree::Course::Levels { values, every } => {
                let every = self.typing(of.about.context()).positive(every, "every");
                let ExprKind::List(items) = &values.kind else {
                    self.report(test_errors::no_levels(values.span));
                    return None;
                };
                if items.is_empty() {
                    self.report(test_errors::no_levels(values.span));
                }
                let items: Vec<Option<f64>> = items.iter().map(|item| self.given_quantity(item, wanted, of)).collect();
                let values: Vec<f64> = items.into_iter().collect::<Option<_>>()?;
                Course::Levels { values, every: every? }
            }
        })
    }

    fn given_quantity(&mut self, value: &Expr, wanted: &Wanted, of: &Subject) -> Option<f64> {
        let ty = &wanted.ty;
        let (found, term) = self.typing(of.about.context()).quantity(value);
        if found == Type::Error {
            return None;
        }
        if !found.fits(ty) {
            let why = wanted.metric.map(|metric| (metric.span, "this metric's type"));
            self.report(errors::mismatch_at(ty, &found, value, why));
            return None;
        }
        let bounds = self.typing(of.about.context()).bounds(&term);
        if !term.is_constant() || !bounds.is_point() {
            self.report(errors::not_constant("given", value.span));
            return None;
        }
        if !bounds.within(wanted.range) {
            self.report(errors::outside(Interval::point(bounds.hi), value.span, wanted.range, ty, None));
            return None;
        }
        Some(bounds.lo)
    }

    /// Where a model stands for the system and nothing is given `steady`, every metric that counts must be shown by the
    /// model or be given.
    pub(super) fn all_shown(&mut self, test: &Test, experiment: &Experiment, system: &System) {
        let Some(model) = test.model.as_ref().filter(|_| !test.expects_refusal()) else { return };
        for given in &test.givens {
            if let What::Traffic(service, _) = &given.what {
                self.report(test_errors::traffic_of_model(service, &model.name, given.span));
            }
        }
        if test.givens.iter().any(|given| given.what == What::Steady) {
            return;
        }
        let said: BTreeSet<&MetricId> = test.givens.iter().filter_map(|given| metric_of(&given.what)).collect();
        let slos = system.services.iter().flat_map(|service| &service.slos).map(|slo| &slo.condition);
        let conditions: Vec<&Condition> = experiment.conditions().into_iter().chain(slos).collect();
        let needed: BTreeSet<&MetricId> =
            conditions.iter().flat_map(|condition| condition.readings()).map(|reading| &reading.metric).collect();
        for metric in needed.into_iter().filter(|metric| !model.shows.contains_key(*metric) && !said.contains(metric)) {
            self.report(test_errors::not_shown(metric, &model.name, test.span));
        }
    }
}

/// The range that is declared of a metric.
fn declared_range(metric: &MetricId, of: &Subject) -> Option<Interval> {
    let service = of.about.system?.service(&metric.service)?;
    let name = metric.of_all().metric;
    service.metrics.iter().find(|it| it.name == name).map(|it| it.range)
}

/// What has no length, by its word.
fn lasts_not(what: &What) -> Option<&'static str> {
    match what {
        What::Steady => Some("steady"),
        What::Stop => Some("stop"),
        _ => None,
    }
}

fn metric_of(what: &What) -> Option<&MetricId> {
    match what {
        What::Metric(metric, _) | What::NoData(metric) => Some(metric),
        _ => None,
    }
}

/// What a given is about: two of one subject from one moment on contradict each other.
fn subject(what: &What) -> String {
    match what {
        What::Steady => "steady".to_owned(),
        What::Stop => "stop".to_owned(),
        What::Metric(metric, _) | What::NoData(metric) => format!("metric {metric}"),
        What::SilentSource(source) => format!("source {source}"),
        What::Traffic(service, _) => format!("traffic {service}"),
        What::Answer(step, _) => format!("start {step}"),
        What::Happening(step, Happening::Fails | Happening::Hangs) => format!("start {step}"),
        What::Happening(step, Happening::Unseen | Happening::Vanishes) => format!("course {step}"),
        What::Happening(step, Happening::Sticks) => format!("end {step}"),
    }
}

/// The same for people.
fn about(what: &What) -> String {
    match what {
        What::Steady => "`steady`".to_owned(),
        What::Stop => "`stop`".to_owned(),
        What::Metric(metric, _) | What::NoData(metric) => format!("`{metric}`"),
        What::SilentSource(source) => format!("`{source}`"),
        What::Traffic(service, _) => format!("the traffic of `{service}`"),
        What::Answer(step, _) | What::Happening(step, _) => format!("`{step}`"),
    }
}
