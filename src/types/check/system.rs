//! `system`.

use super::Checker;
use crate::diagnostics::codes;
use crate::names::DeclarationId;
use crate::syntax::tree;
use crate::types::expression::Context;
use crate::types::model::{Metric, Service, Slo, System};
use crate::types::{Type, errors};

/// The period of an error budget where it is not said, in seconds: 30 days.
const DEFAULT_PERIOD: f64 = 30.0 * 86_400.0;

impl Checker<'_> {
    pub(super) fn system(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.systems.get(id.index)) else { return };
        self.distinct("service", written.services.iter().map(|service| &service.name));
        let services = written.services.iter().map(|service| self.service(written, service)).collect();
        let mut system = System { name: written.name.text.clone(), services };
        for service in &written.services {
            let slos = service.slos.iter().filter_map(|slo| self.slo(&system, &service.name.text, slo)).collect();
            if let Some(found) = system.services.iter_mut().find(|found| found.name == service.name.text) {
                found.slos = slos;
            }
        }
        self.checked.systems.insert(id, system);
    }

    fn service(&mut self, system: &tree::System, written: &tree::Service) -> Service {
        self.distinct("metric", written.metrics.iter().map(|metric| &metric.name));
        self.distinct("called service", written.calls.iter());
        let known = || system.services.iter().map(|service| service.name.text.as_str());
        for called in &written.calls {
            if !known().any(|name| name == called.text) {
                self.report(errors::unknown("service", &called.text, called.span, known()));
            }
        }
        Service {
            name: written.name.text.clone(),
            calls: written.calls.iter().map(|called| called.text.clone()).collect(),
            metrics: written.metrics.iter().map(|metric| self.metric(metric)).collect(),
            slos: Vec::new(),
            damaged: written.damaged,
        }
    }

    fn metric(&mut self, written: &tree::Metric) -> Metric {
        let ty = self.metric_type(&written.ty);
        let range = self.range(written.range.as_ref(), &ty, Context::default()).range;
        Metric { name: written.name.text.clone(), ty, range, span: written.name.span }
    }

    /// A metric is a signal, so `signal<ratio>` is `ratio`.
    pub(super) fn metric_type(&mut self, written: &tree::TypeName) -> Type {
        let ty = match self.ty(written) {
            Type::Signal(of) => *of,
            other => other,
        };
        let value = match &ty {
            Type::Distribution(of) => of.as_ref(),
            own => own,
        };
        if !(value.is_quantity() || ty == Type::Counter) {
            self.report(errors::no_metric_type(&ty, written.span));
        }
        ty
    }

    fn slo(&mut self, system: &System, service: &str, slo: &tree::Slo) -> Option<Slo> {
        let written = &slo.condition;
        let period = self.period(slo.over.as_ref());
        let context = Context { system: Some(system), service: Some(service), ..Context::default() };
        let sources = &self.program.sources;
        let condition = self.typing(context).condition(written, sources)?;
        let compares = |it: &crate::types::term::Comparison| it.left.has_baseline() || it.right.has_baseline();
        if condition.comparisons().into_iter().any(compares) {
            self.report(errors::baseline_in_slo(written.span));
            return None;
        }
        if self.only_reacts(&condition, written.span) {
            return None;
        }
        if condition.readings().is_empty() {
            self.report(errors::missing(codes::E0407, "this SLO reads no metric", written.span, "name a metric in it"));
            return None;
        }
        let text = self.text(written.span);
        Some(Slo { service: service.to_owned(), condition, period, text, span: written.span })
    }

    /// The period of an error budget, in seconds.
    fn period(&mut self, written: Option<&tree::Expr>) -> f64 {
        let Some(expr) = written else { return DEFAULT_PERIOD };
        match self.typing(Context::default()).constant(expr, &Type::Duration, "over") {
            Some(period) if period > 0.0 => period,
            Some(_) => {
                let headline = "an error budget's period must be longer than nothing".to_owned();
                self.report(errors::time(codes::E0409, headline, expr.span, "", "write a duration like `30d`"));
                DEFAULT_PERIOD
            }
            None => DEFAULT_PERIOD,
        }
    }
}
