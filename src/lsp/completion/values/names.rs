//! Names that mean something: declarations, modules, services, metrics, steps.

use super::Place;
use crate::lsp::completion::offers::Offers;
use crate::lsp::index::scene::needs;
use crate::lsp::signature::{callable, shown};
use crate::names::{Kind, stdlib};
use crate::syntax::List;
use crate::syntax::tree::{Name, Parameter, Service};
use crate::types::Type;
use crate::types::policy::facts;
use crate::types::term::LimitName;
use gen_lsp_types::CompletionItemKind as Item;

impl<'a> Place<'a> {
    /// The modules that `use` can name: of the standard library, and of plugins.
    pub(super) fn modules(&self) -> Vec<String> {
        let offered = self.program.modules.first().map(|module| module.offered.clone()).unwrap_or_default();
        let standard = stdlib::MODULES.iter().map(|(path, ..)| *path);
        standard.chain(offered.names()).map(str::to_owned).collect()
    }

    /// Behind a dot.
    pub(super) fn members(&self, offers: &mut Offers) {
        let qualifier = self.context.word.qualifier.as_deref().unwrap_or_default();
        if self.context.first() == "use" {
            let all = self.modules();
            let inside = all.iter().filter_map(|path| path.strip_prefix(qualifier)?.strip_prefix('.'));
            return offers.words(inside, Item::Module, "");
        }
        if self.judges() {
            for (fact, ty) in facts() {
                let inside = fact.strip_prefix(qualifier).and_then(|rest| rest.strip_prefix('.'));
                inside.iter().for_each(|name| offers.word(name, Item::Property, &ty.to_string()));
            }
            return;
        }
        if qualifier == "limit" {
            LimitName::ALL.iter().for_each(|(_, word, ty)| offers.word(word, Item::Property, &ty.to_string()));
        }
        if qualifier == "target" && self.list() == List::Fault {
            let parts: &[&str] =
                if self.context.first() == "resource" { RESOURCES } else { &["requests", "instances"] };
            offers.words(parts.iter().copied(), Item::Property, "of the target");
        }
        self.metrics_of(qualifier, offers);
        if self.scene.source(qualifier).is_some() {
            for (label, doc, snippet) in READS {
                offers.snippet(label, Item::Method, doc, snippet);
            }
        }
        if qualifier == "proxy" && self.context.first() == "bind" {
            for view in ["success", "latency", "requests"] {
                offers.snippet(view, Item::Method, "the fault proxy's own view", &format!("{view}(${{1:service}})"));
            }
        }
        self.of_module(qualifier, offers);
    }

    fn metrics_of(&self, qualifier: &str, offers: &mut Offers) {
        for metric in self.scene.find_service(qualifier).iter().flat_map(|service| &service.metrics) {
            offers.word(&metric.name.text, Item::Property, self.program.sources.text(metric.ty.span));
            offers.documented(&metric.doc);
        }
        for (name, ty) in self.scene.parameter(qualifier).map(needs).unwrap_or_default() {
            offers.word(&name.text, Item::Property, self.program.sources.text(ty.span));
        }
    }

    /// What a module has that can stand here.
    fn of_module(&self, qualifier: &str, offers: &mut Offers) {
        let Some(module) = self.program.modules.first() else { return };
        for kind in self.kinds() {
            for name in module.scope.known(*kind) {
                let inside = name.strip_prefix(qualifier).and_then(|rest| rest.strip_prefix('.'));
                inside.iter().for_each(|inner| self.declared(*kind, name, inner, offers));
            }
        }
        if self.context.first() == "allow" && !self.context.has("on") {
            offers.word("*", Item::Operator, "all of the module");
        }
    }

    /// The kinds of declarations that can be named here.
    pub(super) fn kinds(&self) -> &'static [Kind] {
        if self.context.called.is_some() {
            return &[Kind::Constant];
        }
        match (self.list(), self.context.first(), self.context.last()) {
            (List::Steps, "inject", "inject") => &[Kind::Fault],
            (List::Steps, "call", "call") => &[Kind::Probe],
            (List::Steps, _, _) if self.context.sentence.is_empty() => &[Kind::Scenario],
            (List::Environment, "allow", "allow" | ",") if !self.context.has("on") => &[Kind::Fault],
            (List::Environment, "bind", "=") => &[Kind::Probe, Kind::Constant],
            (List::File, "experiment", "on") | (List::File, "environment", "for") => &[Kind::System],
            (List::File, "model", "of") => &[Kind::System],
            (List::File, "test" | "schedule", "of") => &[Kind::Experiment],
            (List::File, "test" | "schedule", "in") => &[Kind::Environment],
            (List::Test, "model", _) => &[Kind::Model],
            _ => &[Kind::Constant],
        }
    }

    /// A declaration; of what is called with a snippet of the parameters that it needs.
    fn declared(&self, kind: Kind, name: &str, label: &str, offers: &mut Offers) {
        let item = match kind {
            Kind::Fault | Kind::Probe | Kind::Scenario => Item::Function,
            Kind::Constant => Item::Constant,
            _ => Item::Class,
        };
        match callable(self.program, name).filter(|it| it.word == kind.word() && self.context.first() != "allow") {
            Some(it) => {
                let needed = it.parameters.iter().filter(|parameter| parameter.default.is_none());
                let holes: Vec<String> = needed.enumerate().map(|(at, parameter)| hole(at + 1, parameter)).collect();
                let hold = if kind == Kind::Fault { " for ${99:1m} {\n\texpect always ${0:steady}\n}" } else { "" };
                let snippet = format!("{label}({}){hold}", holes.join(", "));
                let all: Vec<String> = it.parameters.iter().map(|parameter| shown(parameter, self.program)).collect();
                offers.snippet(label, item, &format!("{name}({})", all.join(", ")), &snippet);
                offers.documented(it.doc);
            }
            None => offers.word(label, item, kind.word()),
        }
    }

    /// Everything of some kinds that is in scope, and the modules that have more of them.
    pub(super) fn in_scope(&self, kinds: &[Kind], offers: &mut Offers) {
        let Some(module) = self.program.modules.first() else { return };
        for kind in kinds {
            for name in module.scope.known(*kind) {
                self.declared(*kind, name, name, offers);
                if let Some((holder, _)) = name.rsplit_once('.') {
                    offers.word(holder, Item::Module, "");
                }
            }
        }
    }

    /// All services, but for those that the statement names already.
    pub(super) fn services(&self, offers: &mut Offers) {
        let all = self.all_services().iter().map(|service| service.name.text.as_str());
        let named = |name: &&str| self.context.called.is_none() && self.context.has(name);
        offers.words(all.filter(|name| !named(name)), Item::Variable, "service");
    }

    pub(super) fn all_services(&self) -> &'a [Service] {
        self.scene.system.map_or(&[], |system| &system.services)
    }

    /// All metrics, behind the names of their services.
    pub(super) fn metrics(&self, offers: &mut Offers) {
        for service in self.all_services() {
            for metric in &service.metrics {
                let label = format!("{}.{}", service.name.text, metric.name.text);
                offers.word(&label, Item::Property, self.program.sources.text(metric.ty.span));
                offers.documented(&metric.doc);
            }
        }
        for parameter in &self.scene.parameters {
            for (name, ty) in needs(parameter) {
                let label = format!("{}.{}", parameter.name.text, name.text);
                offers.word(&label, Item::Property, self.program.sources.text(ty.span));
            }
        }
    }

    pub(super) fn steps(&self, offers: &mut Offers) {
        let mut names: Vec<&Name> = Vec::new();
        let mut open: Vec<_> = self.scene.steps.iter().collect();
        while let Some(step) = open.pop() {
            names.extend(&step.name);
            open.extend(step.blocks().into_iter().flatten());
        }
        offers.words(names.into_iter().map(|name| name.text.as_str()), Item::Event, "step");
    }

    /// What policies may read: of a type, where one is wanted.
    pub(super) fn facts(&self, wanted: Option<&Type>, offers: &mut Offers) {
        let all = facts();
        let all = all.iter().filter(|(_, ty)| wanted.is_none_or(|wanted| ty == wanted));
        all.for_each(|(fact, ty)| offers.word(fact, Item::Property, &ty.to_string()));
        if wanted.is_none() {
            offers.snippet("not", Item::Keyword, "", "not ${1:fact}");
        }
    }

    /// Whether facts are judged here.
    pub(super) fn judges(&self) -> bool {
        self.list() == List::Policy || self.list() == List::File && self.context.first() == "policy"
    }
}

/// What two faults cannot share.
pub(super) const RESOURCES: &[&str] = &["requests", "instance", "host"];

/// What a source can read for a metric.
const READS: &[(&str, &str, &str)] = &[
    ("ratio", "a share: growth of `good` over growth of `all`", "ratio(good: `${1:good}`, all: `${2:all}`)"),
    ("histogram", "a distribution, from a histogram's buckets", "histogram(`${1:metric}`)"),
    ("counter", "a count that only grows", "counter(`${1:metric}`)"),
    ("gauge", "a value that goes up and down", "gauge(`${1:metric}`)"),
    ("query", "a query in PromQL", "query(`${1:query}`)"),
];

fn hole(number: usize, parameter: &Parameter) -> String {
    let is_first = number == 1;
    let name = &parameter.name.text;
    if is_first { format!("${{{number}:{name}}}") } else { format!("{name}: ${{{number}:{name}}}") }
}
