//! What stands behind the first words of a statement, list by list.

use super::Place;
use super::names::RESOURCES;
use crate::lsp::completion::offers::Offers;
use crate::names::Kind;
use crate::names::component::CAPABILITIES;
use crate::syntax::{List, is_keyword};
use crate::types::model::Class;
use crate::types::toy::Measure;
use crate::types::trial::{Happening, Outcome};
use crate::types::{PROCESS_SOURCES, TIERS, Type, VERDICTS};
use gen_lsp_types::CompletionItemKind as Item;

impl Place<'_> {
    /// Behind the first words of a statement.
    pub(super) fn inside(&self, offers: &mut Offers) {
        let known = match self.list() {
            List::File => self.in_file(offers),
            List::Service | List::Limit => self.of_services(offers),
            List::Environment | List::Placed => self.in_environment(offers),
            List::Model | List::Modelled => self.in_model(offers),
            List::Steps | List::Expectations => self.in_steps(offers),
            List::Test | List::Schedule => self.in_test(offers),
            List::Policy => self.in_policy(offers),
            List::Fault | List::Probe => self.in_fault(offers),
            List::Experiment => self.in_experiment(offers),
            List::System | List::Steady => false,
        };
        // Where a number can stand, any value can; where only a text can, nothing is known of it.
        if !known && self.takes("1") {
            if self.is_text() { self.text(offers) } else { self.expression(offers) }
        } else if !known && self.takes("\"\"") {
            self.text(offers);
        }
        self.words(offers);
    }

    /// Whether only a text makes sense.
    fn is_text(&self) -> bool {
        let last = self.context.last();
        TEXTS.contains(&last) || last == "," && TEXTS.contains(&self.context.first())
    }

    /// Names of types.
    pub(super) fn types(&self, offers: &mut Offers) {
        for name in Type::NAMES {
            match *name {
                "enum" => offers.snippet(name, Item::Class, "type", "enum(${1:one}, ${2:other})"),
                "list" | "distribution" | "signal" => {
                    offers.snippet(name, Item::Class, "type", &format!("{name}<${{1:duration}}>"));
                }
                _ => offers.word(name, Item::Class, "type"),
            }
        }
    }

    fn in_file(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("use", "use") => offers.words(self.modules().iter().map(String::as_str), Item::Module, ""),
            ("experiment", "on") | ("environment", "for") => self.in_scope(self.kinds(), offers),
            ("model" | "test" | "schedule", "of") | ("test" | "schedule", "in") => self.in_scope(self.kinds(), offers),
            (_, ":" | "<") if self.context.first() != "policy" => self.types(offers),
            _ => return false,
        }
        true
    }

    /// Statements that name services, and the types of metrics.
    fn of_services(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("calls" | "services" | "bends", last) if is_in_list(last) => self.services(offers),
            ("metric", ":" | "<") => self.types(offers),
            ("budget", "of") => self.metrics(offers),
            _ => return false,
        }
        true
    }

    fn in_environment(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("tier", "tier") => offers.words(TIERS.iter().copied(), Item::EnumMember, "tier"),
            ("service", "service") => self.services(offers),
            ("allow" | "grant", last) if self.context.has("on") && is_in_list(last) => self.services(offers),
            ("allow", "allow" | ",") => self.in_scope(self.kinds(), offers),
            ("grant", "grant") => offers.words(CAPABILITIES.iter().copied(), Item::EnumMember, ""),
            ("grant", last) if last == "to" || CAPABILITIES.contains(&last) => self.text(offers),
            ("admin", ",") => offers.snippet("token", Item::Field, "", "token: secret(\"$1\")"),
            ("bind", "bind") => self.metrics(offers),
            ("bind", "=") => {
                offers.words(self.scene.sources.iter().map(|it| it.name.text.as_str()), Item::Variable, "source");
                offers.word("proxy", Item::Variable, "the fault proxy's own view");
                self.in_scope(&[Kind::Probe], offers);
            }
            ("source", "=") => {
                offers.snippet("scrape", Item::Function, "", "scrape(\"$1\", every: ${2:1s})");
                offers.snippet("prometheus", Item::Function, "", "prometheus(\"$1\", every: ${2:5s})");
            }
            ("silence", "silence") => offers.snippet("alertmanager", Item::Function, "", "alertmanager(\"$1\")"),
            ("restarts", "by") => offers.words(["runner", "orchestrator"], Item::EnumMember, ""),
            ("processes", "processes") => offers.words(PROCESS_SOURCES.iter().copied(), Item::EnumMember, ""),
            _ => return false,
        }
        true
    }

    fn in_experiment(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("param", ":" | "<") => self.types(offers),
            ("consent", "consent") => offers.word("irreversible", Item::EnumMember, ""),
            (_, "of") => self.behind_of(offers),
            _ => return false,
        }
        true
    }

    /// A part of the traffic, or what a share is of.
    fn behind_of(&self, offers: &mut Offers) {
        let is_share = self.context.before.iter().rev().nth(1).is_some_and(|word| word.ends_with('%'));
        if is_share {
            offers.words(["baseline", "block"], Item::Keyword, "");
            self.metrics(offers);
        } else {
            offers.words(["affected", "others"], Item::EnumMember, "a part of the traffic");
        }
    }

    fn in_model(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("service" | "arrivals", "service" | "arrivals") => self.services(offers),
            ("metric", "metric") => self.metrics(offers),
            ("metric", "=") => offers.words(Measure::ALL.iter().map(|(word, _)| *word), Item::EnumMember, ""),
            ("metric", "of") | (_, "to") => self.services(offers),
            ("tolerates", last) if is_in_list(last) => self.services(offers),
            (_, ",") if self.context.has("to") => self.services(offers),
            _ => return false,
        }
        true
    }

    fn in_steps(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("inject", "inject") | ("call", "call") => self.in_scope(self.kinds(), offers),
            (_, "after") => self.steps(offers),
            (_, ",") if self.context.has("after") => self.steps(offers),
            (_, "of") => self.behind_of(offers),
            _ => return false,
        }
        true
    }

    fn in_test(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("given", last) => return self.given(last, offers),
            ("model", _) => self.in_scope(&[Kind::Model], offers),
            ("expect", last) => return self.expected(last, offers),
            ("set", "set") => {
                let all = self.scene.parameters.iter().map(|it| it.name.text.as_str());
                offers.words(all, Item::Variable, "parameter");
            }
            _ => return false,
        }
        true
    }

    /// What a test gives.
    fn given(&self, last: &str, offers: &mut Offers) -> bool {
        match last {
            "given" => {
                self.metrics(offers);
                self.steps(offers);
                offers.snippet("no data of", Item::Keyword, "", "no data of ${1:service.metric}");
                offers.snippet("no evidence of", Item::Keyword, "", "no evidence of ${1:step}");
                offers.snippet("traffic of", Item::Keyword, "", "traffic of ${1:service} = ${2:20/s}");
            }
            "of" if self.context.has("data") => self.metrics(offers),
            "of" if self.context.has("evidence") => self.steps(offers),
            "of" if self.context.has("traffic") => self.services(offers),
            "of" => offers.words(["affected", "others"], Item::EnumMember, "a part of the traffic"),
            "into" | "after" => self.steps(offers),
            _ if self.context.sentence.len() == 2 && !is_keyword(last) => {
                offers.words(Happening::SAID.iter().map(|(word, _)| *word), Item::EnumMember, "");
            }
            _ => return false,
        }
        true
    }

    /// What a test expects.
    fn expected(&self, last: &str, offers: &mut Offers) -> bool {
        match last {
            "expect" => self.steps(offers),
            "verdict" => offers.words(VERDICTS.iter().copied(), Item::EnumMember, "verdict"),
            "because" => self.metrics(offers),
            "of" => {
                offers.word("abort", Item::Keyword, "when the run is stopped");
                self.steps(offers);
            }
            _ if self.context.sentence.len() == 2 => {
                offers.words(Outcome::ALL.iter().map(|(word, _)| *word), Item::EnumMember, "");
            }
            _ => return false,
        }
        true
    }

    fn in_policy(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("require", "require") => {
                self.facts(None, offers);
                offers.snippet("approval", Item::Keyword, "", "approval from \"$0\"");
                offers.snippet("confirmed", Item::Keyword, "", "confirmed on ${1:staging} within ${2:14d}");
            }
            ("deny", "deny") => {
                self.facts(None, offers);
                offers.snippet("time outside", Item::Keyword, "", "time outside \"$0\"");
            }
            ("require", "from") => self.text(offers),
            ("require", "on") => self.in_scope(&[Kind::Environment], offers),
            _ => return false,
        }
        true
    }

    fn in_fault(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("class", "class") => offers.words(Class::ALL.iter().map(|(word, _)| *word), Item::EnumMember, "class"),
            ("resource", "resource") => {
                RESOURCES.iter().for_each(|it| offers.word(&format!("target.{it}"), Item::Property, "of the target"));
            }
            ("touches" | "fails", "of") => offers.words(["target.requests", "target.instances"], Item::Property, ""),
            _ => return false,
        }
        true
    }
}

/// Words behind which only a text makes sense.
const TEXTS: &[&str] = &[
    "id",
    "hypothesis",
    "owner",
    "tags",
    "because",
    "outside",
    "cron",
    "timezone",
    "url",
    "through",
    "admin",
    "start",
    "selector",
    "namespace",
    "namespaces",
    "hosts",
    "secrets",
    "label",
    "component",
    "action",
    "approve",
    "toxiproxy",
    "pidfile",
    "unit",
    "user-unit",
    "cgroup",
];

/// Whether another name of a list comes next.
fn is_in_list(last: &str) -> bool {
    matches!(last, "calls" | "services" | "bends" | "on" | "tolerates" | ",")
}
