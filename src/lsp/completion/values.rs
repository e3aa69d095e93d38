//! What stands inside statements.

mod inside;

use super::Offers;
use super::context::{Block, Context};
use super::given::{Given, given_at};
use super::statements;
use crate::base::unit::UNITS;
use crate::diagnostics::lints;
use crate::lsp::asked::Asked;
use crate::lsp::index::{Scene, called};
use crate::lsp::signature::{callable, shown};
use crate::names::{Kind, Program, stdlib};
use crate::syntax::tree::{Name, Parameter, TypeKind};
use crate::types::policy::facts;
use crate::types::term::LimitName;
use gen_lsp_types::CompletionItemKind as Item;

/// Offers all that can stand there.
pub fn offer(context: &Context, asked: &Asked, program: &Program, scene: &Scene, offers: &mut Offers) {
    let place = Place { context, asked, program, scene };
    if context.quoted {
        place.quoted(offers);
    } else if context.word.starts_with(|c: char| c.is_ascii_digit()) {
        place.units(offers);
    } else if context.qualifier.is_some() {
        place.members(offers);
    } else if context.called.is_some() {
        place.argument(offers);
    } else if context.before.is_empty() || context.before == ["@"] {
        place.statement(offers);
    } else {
        place.inside(offers);
    }
}

struct Place<'a> {
    context: &'a Context,
    asked: &'a Asked<'a>,
    program: &'a Program,
    scene: &'a Scene<'a>,
}

impl Place<'_> {
    fn quoted(&self, offers: &mut Offers) {
        if self.context.first() != "use" {
            return;
        }
        let Some(folder) = self.asked.path.parent() else { return };
        for path in self.asked.workspace.siblings(folder).iter().filter(|path| *path != self.asked.path) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let begun = self.context.word.contains('/');
            offers.snippet(&name, Item::File, "", if begun { name.clone() } else { format!("./{name}") });
        }
    }

    fn units(&self, offers: &mut Offers) {
        let digits = self.context.word.trim_end_matches(|c: char| !c.is_ascii_digit());
        for (unit, measure, _) in UNITS {
            offers.word(&format!("{digits}{unit}"), Item::Unit, &format!("{measure:?}").to_lowercase());
        }
    }

    /// The modules that `use` can name: of the standard library, and of plugins.
    fn modules(&self) -> Vec<String> {
        let offered = self.program.modules.first().map(|module| module.offered.clone()).unwrap_or_default();
        let standard = stdlib::MODULES.iter().map(|(path, ..)| *path);
        standard.chain(offered.names()).map(str::to_owned).collect()
    }

    /// Behind a dot.
    fn members(&self, offers: &mut Offers) {
        let qualifier = self.context.qualifier.as_deref().unwrap_or_default();
        if self.context.first() == "use" {
            let all = self.modules();
            let inside = all.iter().filter_map(|path| path.strip_prefix(qualifier)?.strip_prefix('.'));
            offers.words(inside, Item::Module, "");
            return;
        }
        if self.context.block == Block::Policy {
            for (fact, ty) in facts() {
                let inside = fact.strip_prefix(qualifier).and_then(|rest| rest.strip_prefix('.'));
                inside.iter().for_each(|name| offers.word(name, Item::Property, &ty.to_string()));
            }
            return;
        }
        if qualifier == "limit" {
            self.limits(offers);
        }
        if let Some(service) = self.scene.find_service(qualifier) {
            for metric in &service.metrics {
                offers.word(&metric.name.text, Item::Property, self.program.sources.text(metric.ty.span));
                offers.documented(&metric.doc);
            }
        }
        let needed = self.scene.parameter(qualifier).map(crate::lsp::index::scene::needs).unwrap_or_default();
        needed
            .iter()
            .for_each(|(name, ty)| offers.word(&name.text, Item::Property, self.program.sources.text(ty.span)));
        if self.scene.source(qualifier).is_some() {
            offers.words(["ratio", "histogram", "counter", "gauge", "query"], Item::Method, "");
        }
        if qualifier == "proxy" {
            offers.words(["success", "latency", "requests"], Item::Method, "");
        }
        self.of_module(qualifier, offers);
    }

    /// Faults, probes, scenarios and constants behind the name of a module.
    fn of_module(&self, qualifier: &str, offers: &mut Offers) {
        let Some(module) = self.program.modules.first() else { return };
        let all = [Kind::Fault, Kind::Probe, Kind::Scenario, Kind::Constant, Kind::System, Kind::Experiment];
        let kinds = match self.context.statement.as_str() {
            "inject" | "allow" if self.context.called.is_none() => &all[..1],
            "call" if self.context.called.is_none() => &all[1..2],
            _ => &all,
        };
        for kind in kinds.iter().copied() {
            for name in module.scope.known(kind) {
                let inside = name.strip_prefix(qualifier).and_then(|rest| rest.strip_prefix('.'));
                inside.iter().for_each(|inner| self.declared(kind, name, inner, offers));
            }
        }
        if self.context.first() == "allow" {
            offers.word("*", Item::Operator, "all of the module");
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
                let hold = if kind == Kind::Fault { " for ${99:1m} {\n\texpect always $0\n}" } else { "" };
                let snippet = format!("{label}({}){hold}", holes.join(", "));
                let all: Vec<String> = it.parameters.iter().map(|parameter| shown(parameter, self.program)).collect();
                offers.snippet(label, item, &format!("{name}({})", all.join(", ")), snippet);
                offers.documented(it.doc);
            }
            None => offers.word(label, item, kind.word()),
        }
    }

    /// Everything of some kinds that is in scope, and the modules behind which there is more.
    fn in_scope(&self, kinds: &[Kind], offers: &mut Offers) {
        let Some(module) = self.program.modules.first() else { return };
        for kind in kinds {
            module.scope.known(*kind).for_each(|name| self.declared(*kind, name, name, offers));
        }
        offers.words(module.file.uses.iter().filter_map(called).map(|name| name.text.as_str()), Item::Module, "");
    }

    fn services(&self, offers: &mut Offers) {
        let all = self.scene.system.iter().flat_map(|system| &system.services);
        offers.words(all.map(|service| service.name.text.as_str()), Item::Variable, "service");
    }

    fn metrics(&self, offers: &mut Offers) {
        for service in self.scene.system.iter().flat_map(|system| &system.services) {
            for metric in &service.metrics {
                let label = format!("{}.{}", service.name.text, metric.name.text);
                offers.word(&label, Item::Property, self.program.sources.text(metric.ty.span));
                offers.documented(&metric.doc);
            }
        }
    }

    fn limits(&self, offers: &mut Offers) {
        LimitName::ALL.iter().for_each(|(_, word, ty)| offers.word(word, Item::Property, &ty.to_string()));
    }

    fn steps(&self, offers: &mut Offers) {
        let mut names: Vec<&Name> = Vec::new();
        let mut open: Vec<_> = self.scene.steps.iter().collect();
        while let Some(step) = open.pop() {
            names.extend(&step.name);
            open.extend(step.blocks().into_iter().flatten());
        }
        offers.words(names.into_iter().map(|name| name.text.as_str()), Item::Event, "step");
    }

    /// Where a value or condition stands.
    fn expression(&self, offers: &mut Offers) {
        if self.context.block == Block::Policy {
            facts().iter().for_each(|(fact, ty)| offers.word(fact, Item::Property, &ty.to_string()));
            return;
        }
        self.metrics(offers);
        if self.context.block == Block::Service {
            let line = self.asked.page.text.get(..self.context.word_start).unwrap_or("").len();
            let own =
                self.scene.system.iter().flat_map(|it| &it.services).rfind(|it| it.name.span.start as usize <= line);
            own.iter().flat_map(|it| &it.metrics).for_each(|it| offers.word(&it.name.text, Item::Property, "metric"));
        }
        let aggregates = ["p50", "p95", "p99", "mean", "min", "max", "sum", "rate", "increase", "spike"];
        for name in aggregates {
            offers.snippet(name, Item::Function, "aggregate", format!("{name}(${{1:service.metric}})"));
        }
        let own = self.scene.parameters.iter().map(|parameter| parameter.name.text.as_str());
        offers.words(own.chain(self.scene.variables.iter().map(|it| it.text.as_str())), Item::Variable, "parameter");
        offers.words(["steady", "baseline"], Item::Keyword, "");
        offers.word("limit", Item::Keyword, "the limits in force");
        self.in_scope(&[Kind::Constant], offers);
    }

    /// Among the arguments of a call.
    fn argument(&self, offers: &mut Offers) {
        let name = self.context.called.as_deref().unwrap_or_default();
        if name == "allow" && self.context.statement == "@" {
            offers.words(lints::allowable(), Item::EnumMember, "rule");
            return;
        }
        let called = callable(self.program, name);
        let given = self.context.before.iter().rev().nth(1).filter(|_| self.context.last() == ":");
        if let Some(parameter) = called.iter().flat_map(|it| it.parameters).find(|it| Some(&it.name.text) == given) {
            if let TypeKind::Enum(words) = &parameter.ty.kind {
                offers.words(words.iter().map(|word| word.text.as_str()), Item::EnumMember, "");
            }
            offers.words(["true", "false"].into_iter().filter(|_| self.is_bool(parameter)), Item::Keyword, "");
        }
        if given.is_none() {
            let written = given_at(self.asked.page.text, self.context.word_start);
            let all = called.iter().flat_map(|it| it.parameters).enumerate();
            for (_, parameter) in all.filter(|(at, parameter)| !is_given(&written, *at, parameter)) {
                let text = format!("{}: $0", parameter.name.text);
                offers.snippet(&parameter.name.text, Item::Field, &shown(parameter, self.program), text);
                offers.documented(&parameter.doc);
            }
        }
        self.services(offers);
        self.expression(offers);
    }

    fn is_bool(&self, parameter: &Parameter) -> bool {
        self.program.sources.text(parameter.ty.span) == "bool"
    }

    /// At the start of a statement.
    fn statement(&self, offers: &mut Offers) {
        if self.context.before == ["@"] {
            offers.snippet("allow", Item::Keyword, "allows what a rule finds", "allow($0)".to_owned());
            return;
        }
        for (label, snippet, doc) in statements::of(self.context.block) {
            offers.snippet(label, Item::Keyword, doc, (*snippet).to_owned());
        }
        match self.context.block {
            Block::Steps => self.in_scope(&[Kind::Scenario], offers),
            Block::Steady => self.expression(offers),
            _ => {}
        }
    }
}

/// Whether a parameter has its argument already.
fn is_given(written: &Given, at: usize, parameter: &Parameter) -> bool {
    written.places.contains(&at) || written.names.contains(&parameter.name.text.as_str())
}

fn hole(number: usize, parameter: &Parameter) -> String {
    let is_first = number == 1;
    let name = &parameter.name.text;
    if is_first { format!("${{{number}:{name}}}") } else { format!("{name}: ${{{number}:{name}}}") }
}
