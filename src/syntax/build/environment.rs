//! `environment`.

use super::Builder;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::{
    Allowance, Binding, Environment, Grant, Matcher, MetricSource, Name, PlacedService, Restarts, Silence,
};

impl Builder<'_> {
    pub(super) fn environment(&mut self, node: Node) -> Option<Environment> {
        let mut environment = Environment {
            name: self.first_name(node)?,
            system: self.find_path(node)?,
            tier: None,
            services: Vec::new(),
            sources: Vec::new(),
            bindings: Vec::new(),
            allowances: Vec::new(),
            grants: Vec::new(),
            secrets: Vec::new(),
            requirements: Vec::new(),
            silences: Vec::new(),
            limits: None,
            damaged: false,
        };
        let before = self.findings.len();
        let block = node.find(Rule::environment_block)?;
        for item in self.statements(block, Rule::environment_item, Rule::strict_environment) {
            let Some(item) = Self::inner(item) else { continue };
            self.environment_item(item, &mut environment);
        }
        environment.damaged = self.findings.len() > before;
        Some(environment)
    }

    fn environment_item(&mut self, item: Node, environment: &mut Environment) {
        match item.rule {
            Rule::tier => {
                let tier = self.first_name(item);
                self.once(&mut environment.tier, tier, |name| name.span, "tier");
            }
            Rule::placed_service => environment.services.extend(self.placed_service(item)),
            Rule::metric_source => environment.sources.extend(self.metric_source(item)),
            Rule::binding => environment.bindings.extend(self.binding(item)),
            Rule::secrets => environment.secrets.extend(self.all_expr(item)),
            Rule::requirement => environment.requirements.extend(self.find_expr(item)),
            Rule::silence => environment.silences.extend(self.silence(item)),
            Rule::grant => environment.grants.extend(self.grant(item)),
            Rule::allowance => environment.allowances.push(self.allowance(item)),
            _ => {
                let limits = self.limits(item);
                self.once(&mut environment.limits, limits, |limits| limits.span, "limit");
            }
        }
    }

    fn placed_service(&mut self, node: Node) -> Option<PlacedService> {
        let mut service = PlacedService {
            name: self.first_name(node)?,
            url: None,
            instances: Vec::new(),
            through: None,
            admin: None,
            admin_arguments: Vec::new(),
            toxiproxy: None,
            start: None,
            processes: None,
            selector: None,
            namespace: None,
            restarts: None,
        };
        let block = node.find(Rule::placed_block)?;
        for item in self.statements(block, Rule::placed_item, Rule::strict_placed) {
            let Some(item) = Self::inner(item) else { continue };
            match item.rule {
                Rule::url => self.once_expr(&mut service.url, item, "url"),
                Rule::through => self.once_expr(&mut service.through, item, "through"),
                Rule::admin => {
                    self.once_expr(&mut service.admin, item, "admin");
                    service.admin_arguments.extend(item.each(Rule::named_argument, |named| self.named_argument(named)));
                }
                Rule::toxiproxy => {
                    let mut parts = self.all_expr(item).into_iter();
                    let toxiproxy = parts.next().zip(parts.next());
                    self.once(&mut service.toxiproxy, toxiproxy, |(name, _)| name.span, "toxiproxy");
                }
                Rule::start => self.once_expr(&mut service.start, item, "start"),
                Rule::processes => {
                    let processes = self.first_name(item).zip(self.find_expr(item));
                    self.once(&mut service.processes, processes, |(kind, _)| kind.span, "processes");
                }
                Rule::selector => self.once_expr(&mut service.selector, item, "selector"),
                Rule::namespace => self.once_expr(&mut service.namespace, item, "namespace"),
                Rule::instances => service.instances.extend(self.all_expr(item)),
                _ => {
                    let restarts = self.restarts(item);
                    self.once(&mut service.restarts, restarts, |restarts| restarts.by.span, "restarts");
                }
            }
        }
        Some(service)
    }

    fn restarts(&mut self, node: Node) -> Option<Restarts> {
        Some(Restarts { by: self.first_name(node)?, after: self.find_expr(node) })
    }

    fn silence(&mut self, node: Node) -> Option<Silence> {
        let matchers = node.find(Rule::matchers)?;
        let matchers = matchers.all(Rule::matcher).filter_map(|one| self.matcher(one)).collect();
        Some(Silence { at: self.find_expr(node)?, matchers, span: self.span(node) })
    }

    fn matcher(&mut self, node: Node) -> Option<Matcher> {
        let value = self.text_name(node.find(Rule::text)?)?;
        let operator = node.find(Rule::match_operator)?.text.to_owned();
        Some(Matcher { label: self.first_name(node)?, operator, value: value.text, span: value.span })
    }

    fn metric_source(&mut self, node: Node) -> Option<MetricSource> {
        Some(MetricSource { name: self.first_name(node)?, value: self.find_expr(node)? })
    }

    fn binding(&mut self, node: Node) -> Option<Binding> {
        Some(Binding { metric: self.find_path(node)?, value: self.find_expr(node)?, span: self.span(node) })
    }

    fn allowance(&mut self, node: Node) -> Allowance {
        let patterns = node.all(Rule::pattern).filter_map(|pattern| self.pattern(pattern)).collect();
        Allowance { patterns, services: self.names(node) }
    }

    fn grant(&mut self, node: Node) -> Option<Grant> {
        Some(Grant {
            capability: self.first_name(node)?,
            values: self.all_expr(node),
            component: self.text_name(node.find(Rule::text)?)?,
            services: self.names(node),
        })
    }

    fn pattern(&self, node: Node) -> Option<(Option<Name>, Option<Name>)> {
        let mut names = node.all(Rule::name).map(|name| self.name(name));
        let (first, second) = (names.next()?, names.next());
        let qualified = second.is_some() || node.find(Rule::any).is_some();
        Some(if qualified { (Some(first), second) } else { (None, Some(first)) })
    }
}
