//! `system`.

use super::Builder;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::{Metric, Service, Slo, System};

impl Builder<'_> {
    pub(super) fn system(&mut self, node: Node) -> Option<System> {
        let name = self.first_name(node)?;
        let block = node.find(Rule::system_block)?;
        let services = self.statements(block, Rule::service, Rule::strict_system);
        let services = services.into_iter().filter_map(|service| self.service(service)).collect();
        Some(System { name, services, doc: self.doc(node) })
    }

    fn service(&mut self, node: Node) -> Option<Service> {
        let mut service = Service {
            name: self.first_name(node)?,
            calls: Vec::new(),
            metrics: Vec::new(),
            slos: Vec::new(),
            external: false,
            damaged: false,
        };
        let before = self.findings.len();
        let block = node.find(Rule::service_block)?;
        for item in self.statements(block, Rule::service_item, Rule::strict_service) {
            let Some(item) = Self::inner(item) else { continue };
            match item.rule {
                Rule::calls => service.calls.extend(self.names(item)),
                Rule::metric => service.metrics.extend(self.metric(item)),
                Rule::slo => service.slos.extend(self.slo(item)),
                _ => service.external = true,
            }
        }
        service.damaged = self.findings.len() > before;
        Some(service)
    }

    fn slo(&mut self, node: Node) -> Option<Slo> {
        let mut parts = self.all_expr(node).into_iter();
        Some(Slo { condition: parts.next()?, over: parts.next(), span: self.span(node) })
    }

    fn metric(&mut self, node: Node) -> Option<Metric> {
        let (name, ty) = (self.first_name(node)?, self.find_type(node)?);
        Some(Metric { name, ty, range: self.bounds(node), doc: self.doc(node) })
    }
}
