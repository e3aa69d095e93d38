//! What stands inside statements.

use super::Offers;
use super::context::{Block, Context};
use super::statements;
use crate::base::unit::UNITS;
use crate::diagnostics::lints;
use crate::lsp::asked::Asked;
use crate::lsp::index::{Scene, called};
use crate::lsp::signature::{callable, shown};
use crate::names::{Kind, Program, stdlib};
use crate::syntax::tree::{Name, Parameter, TypeKind};
use crate::types::model::Class;
use crate::types::policy::facts;
use crate::types::term::LimitName;
use crate::types::toy::Measure;
use crate::types::trial::{Happening, Outcome};
use crate::types::{TIERS, Type, VERDICTS};
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
            for parameter in called.iter().flat_map(|it| it.parameters) {
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

    /// Behind the first words of a statement.
    fn inside(&self, offers: &mut Offers) {
        let (block, first, last) = (self.context.block, self.context.first(), self.context.last());
        match (block, first, last) {
            (_, "use", "use") => {
                offers.words(self.modules().iter().map(String::as_str), Item::Module, "");
            }
            (Block::File, "experiment", "on") | (Block::File, "environment", "for") | (Block::File, "model", "of") => {
                self.in_scope(&[Kind::System], offers);
            }
            (Block::File, "test" | "schedule", "of") => self.in_scope(&[Kind::Experiment], offers),
            (Block::File, "test" | "schedule", "in") => self.in_scope(&[Kind::Environment], offers),
            (_, "tier", _) => offers.words(TIERS.iter().copied(), Item::EnumMember, "tier"),
            (_, "class", _) => offers.words(Class::ALL.iter().map(|(word, _)| *word), Item::EnumMember, "class"),
            (_, "restarts", "by") => offers.words(["runner", "orchestrator"], Item::EnumMember, ""),
            (_, "metric" | "param", ":") | (Block::File, _, ":") => {
                offers.words(Type::NAMES.iter().copied(), Item::Class, "type")
            }
            (Block::Service | Block::Limit, "calls" | "services" | "bends", _) => self.services(offers),
            (Block::System | Block::Environment | Block::Model, "service" | "arrivals", _) => self.services(offers),
            (Block::Environment, "allow", last) => match self.context.has("on") {
                true => self.services(offers),
                false if last == "allow" || last == "," => self.in_scope(&[Kind::Fault], offers),
                false => offers.word("on", Item::Keyword, "the services"),
            },
            (Block::Environment, "bind", "bind") | (Block::Model, "metric", "metric") => self.metrics(offers),
            (Block::Model, "metric", "=") => {
                offers.words(Measure::ALL.iter().map(|(word, _)| *word), Item::EnumMember, "")
            }
            (Block::Environment, "bind", _) => {
                offers.words(self.scene.sources.iter().map(|it| it.name.text.as_str()), Item::Variable, "source");
                offers.word("proxy", Item::Variable, "the fault proxy's own view");
                self.in_scope(&[Kind::Probe], offers);
            }
            (Block::Environment, "source", "=") => {
                offers.snippet("scrape", Item::Function, "", "scrape(\"$1\", every: ${2:1s})".to_owned());
                offers.snippet("prometheus", Item::Function, "", "prometheus(\"$1\", every: ${2:5s})".to_owned());
            }
            (Block::Steps, "inject", "inject") => self.in_scope(&[Kind::Fault], offers),
            (Block::Steps, "call", "call") => self.in_scope(&[Kind::Probe], offers),
            (Block::Steps, _, "after") => self.steps(offers),
            (Block::Test, "given", "given") => {
                self.metrics(offers);
                self.steps(offers);
                offers.words(["steady", "stop", "no data of", "no evidence of", "traffic of"], Item::Keyword, "");
            }
            (Block::Test, "given", _) => {
                offers.words(Happening::SAID.iter().map(|(word, _)| *word), Item::EnumMember, "");
                offers.words(["from", "for", "into", "over", "every"], Item::Keyword, "");
                self.steps(offers);
            }
            (Block::Test, "model", _) => self.in_scope(&[Kind::Model], offers),
            (Block::Test, "set", "set") | (Block::Schedule, "set", "set") => {
                let all = self.scene.parameters.iter().map(|it| it.name.text.as_str());
                offers.words(all, Item::Variable, "parameter");
            }
            (Block::Test, "expect", "expect") => {
                offers.word("verdict", Item::Keyword, "how the run ends");
                self.steps(offers);
            }
            (Block::Test, "expect", "verdict") => offers.words(VERDICTS.iter().copied(), Item::EnumMember, "verdict"),
            (Block::Test, "expect", "because") => self.metrics(offers),
            (Block::Test, "expect", _) => {
                offers.words(Outcome::ALL.iter().map(|(word, _)| *word), Item::EnumMember, "");
                offers.words(["because", "within"], Item::Keyword, "");
            }
            (Block::Policy, "require", "require") => {
                self.expression(offers);
                offers.snippet("approval", Item::Keyword, "", "approval from \"$0\"".to_owned());
                offers.snippet("confirmed", Item::Keyword, "", "confirmed on ${1:staging} within ${2:14d}".to_owned());
            }
            (Block::Policy, "deny", "deny") => {
                self.expression(offers);
                offers.snippet("time outside", Item::Keyword, "", "time outside \"$0\"".to_owned());
            }
            (Block::Policy, _, _) if is_operator(last) => self.words_of_fact(offers),
            (_, _, "of") => {
                offers.words(["affected", "others"], Item::EnumMember, "a part of the traffic");
                self.expression(offers);
            }
            _ => {
                offers.words(GOING_ON.iter().copied(), Item::Keyword, "");
                self.expression(offers);
            }
        }
    }

    /// What the fact before an operator can be.
    fn words_of_fact(&self, offers: &mut Offers) {
        let fact = self.context.before.iter().rev().nth(1);
        let ty = facts().into_iter().find(|(name, _)| Some(*name) == fact.map(String::as_str)).map(|(_, ty)| ty);
        if let Some(Type::Enum(words)) = ty {
            offers.words(words.iter().map(String::as_str), Item::EnumMember, "");
        }
        self.expression(offers);
    }
}

/// Words with which a statement goes on.
const GOING_ON: &[&str] = &[
    "always",
    "never",
    "within",
    "holding",
    "for",
    "until",
    "after",
    "as",
    "and",
    "or",
    "not",
    "because",
    "no lower than",
    "no higher than",
    "unchanged by",
    "stable",
    "if",
    "over",
    "every",
];

fn is_operator(word: &str) -> bool {
    ["==", "!=", "<", "<=", ">", ">="].contains(&word)
}

fn hole(number: usize, parameter: &Parameter) -> String {
    let is_first = number == 1;
    let name = &parameter.name.text;
    if is_first { format!("${{{number}:{name}}}") } else { format!("{name}: ${{{number}:{name}}}") }
}
