//! `system`.

use super::Checker;
use crate::diagnostics::codes;
use crate::names::DeclarationId;
use crate::syntax::tree;
use crate::types::expression::Context;
use crate::types::model::{Metric, Service, Slo, System};
use crate::types::{Type, errors};

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
        let ty = self.ty(&written.ty);
        let value = match &ty {
            Type::Distribution(of) => of.as_ref(),
            own => own,
        };
        if !(value.is_quantity() || ty == Type::Counter) {
            self.report(errors::no_metric_type(&ty, written.ty.span));
        }
        let (range, _) = self.typing(Context::default()).range(written.range.as_ref(), &ty);
        Metric { name: written.name.text.clone(), ty, range, span: written.name.span }
    }

    fn slo(&mut self, system: &System, service: &str, written: &tree::Expr) -> Option<Slo> {
        let context = Context { system: Some(system), service: Some(service), ..Context::default() };
        let sources = &self.program.sources;
        let condition = self.typing(context).condition(written, sources)?;
        let compares = |it: &crate::types::term::Comparison| it.left.has_baseline() || it.right.has_baseline();
        if condition.comparisons().into_iter().any(compares) {
            self.report(errors::baseline_in_slo(written.span));
            return None;
        }
        if condition.readings().is_empty() {
            self.report(errors::missing(codes::E0407, "this SLO reads no metric", written.span, "name a metric in it"));
            return None;
        }
        Some(Slo { service: service.to_owned(), condition, text: self.text(written.span), span: written.span })
    }
}
