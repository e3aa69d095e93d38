//! What stands behind the first words of a statement, block by block.

use super::super::Offers;
use super::super::context::Block;
use super::Place;
use crate::names::Kind;
use crate::types::model::Class;
use crate::types::policy::facts;
use crate::types::toy::Measure;
use crate::types::trial::{Happening, Outcome};
use crate::types::{TIERS, Type, VERDICTS};
use gen_lsp_types::CompletionItemKind as Item;

impl Place<'_> {
    /// Behind the first words of a statement.
    pub(super) fn inside(&self, offers: &mut Offers) {
        let known = self.in_any_block(offers)
            || match self.context.block {
                Block::File => self.in_file(offers),
                Block::System | Block::Service | Block::Limit => self.of_services(offers),
                Block::Environment => self.in_environment(offers),
                Block::Model => self.in_model(offers),
                Block::Steps => self.in_steps(offers),
                Block::Test => self.in_test(offers),
                Block::Schedule => self.set(offers),
                Block::Policy => self.in_policy(offers),
                _ => false,
            };
        if known {
            return;
        }
        match self.context.last() {
            "of" => offers.words(["affected", "others"], Item::EnumMember, "a part of the traffic"),
            _ => offers.words(GOING_ON.iter().copied(), Item::Keyword, ""),
        }
        self.expression(offers);
    }

    /// What says the same wherever it stands; whether it does.
    fn in_any_block(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("use", "use") => offers.words(self.modules().iter().map(String::as_str), Item::Module, ""),
            ("tier", _) => offers.words(TIERS.iter().copied(), Item::EnumMember, "tier"),
            ("class", _) => offers.words(Class::ALL.iter().map(|(word, _)| *word), Item::EnumMember, "class"),
            ("restarts", "by") => offers.words(["runner", "orchestrator"], Item::EnumMember, ""),
            ("metric" | "param", ":") => offers.words(Type::NAMES.iter().copied(), Item::Class, "type"),
            _ => return false,
        }
        true
    }

    fn in_file(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("experiment", "on") | ("environment", "for") | ("model", "of") => self.in_scope(&[Kind::System], offers),
            ("test" | "schedule", "of") => self.in_scope(&[Kind::Experiment], offers),
            ("test" | "schedule", "in") => self.in_scope(&[Kind::Environment], offers),
            (_, ":") => offers.words(Type::NAMES.iter().copied(), Item::Class, "type"),
            _ => return false,
        }
        true
    }

    /// Statements that name services.
    fn of_services(&self, offers: &mut Offers) -> bool {
        let names = match self.context.block {
            Block::System => self.context.first() == "service" || self.context.first() == "arrivals",
            _ => ["calls", "services", "bends"].contains(&self.context.first()),
        };
        if names {
            self.services(offers);
        }
        names
    }

    fn in_environment(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("service" | "arrivals", _) => self.services(offers),
            ("allow", last) => match self.context.has("on") {
                true => self.services(offers),
                false if last == "allow" || last == "," => self.in_scope(&[Kind::Fault], offers),
                false => offers.word("on", Item::Keyword, "the services"),
            },
            ("bind", "bind") => self.metrics(offers),
            ("bind", _) => {
                offers.words(self.scene.sources.iter().map(|it| it.name.text.as_str()), Item::Variable, "source");
                offers.word("proxy", Item::Variable, "the fault proxy's own view");
                self.in_scope(&[Kind::Probe], offers);
            }
            ("source", "=") => {
                offers.snippet("scrape", Item::Function, "", "scrape(\"$1\", every: ${2:1s})".to_owned());
                offers.snippet("prometheus", Item::Function, "", "prometheus(\"$1\", every: ${2:5s})".to_owned());
            }
            _ => return false,
        }
        true
    }

    fn in_model(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("service" | "arrivals", _) => self.services(offers),
            ("metric", "metric") => self.metrics(offers),
            ("metric", "=") => offers.words(Measure::ALL.iter().map(|(word, _)| *word), Item::EnumMember, ""),
            _ => return false,
        }
        true
    }

    fn in_steps(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("inject", "inject") => self.in_scope(&[Kind::Fault], offers),
            ("call", "call") => self.in_scope(&[Kind::Probe], offers),
            (_, "after") => self.steps(offers),
            _ => return false,
        }
        true
    }

    fn in_test(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("given", "given") => {
                self.metrics(offers);
                self.steps(offers);
                offers.words(["steady", "stop", "no data of", "no evidence of", "traffic of"], Item::Keyword, "");
            }
            ("given", _) => {
                offers.words(Happening::SAID.iter().map(|(word, _)| *word), Item::EnumMember, "");
                offers.words(["from", "for", "into", "over", "every"], Item::Keyword, "");
                self.steps(offers);
            }
            ("model", _) => self.in_scope(&[Kind::Model], offers),
            ("expect", last) => self.expected(last, offers),
            _ => return self.set(offers),
        }
        true
    }

    /// What a test expects.
    fn expected(&self, last: &str, offers: &mut Offers) {
        match last {
            "expect" => {
                offers.word("verdict", Item::Keyword, "how the run ends");
                self.steps(offers);
            }
            "verdict" => offers.words(VERDICTS.iter().copied(), Item::EnumMember, "verdict"),
            "because" => self.metrics(offers),
            _ => {
                offers.words(Outcome::ALL.iter().map(|(word, _)| *word), Item::EnumMember, "");
                offers.words(["because", "within"], Item::Keyword, "");
            }
        }
    }

    /// The parameters that are set.
    fn set(&self, offers: &mut Offers) -> bool {
        let sets = self.context.first() == "set" && self.context.last() == "set";
        if sets {
            let all = self.scene.parameters.iter().map(|it| it.name.text.as_str());
            offers.words(all, Item::Variable, "parameter");
        }
        sets
    }

    fn in_policy(&self, offers: &mut Offers) -> bool {
        match (self.context.first(), self.context.last()) {
            ("require", "require") => {
                self.expression(offers);
                offers.snippet("approval", Item::Keyword, "", "approval from \"$0\"".to_owned());
                offers.snippet("confirmed", Item::Keyword, "", "confirmed on ${1:staging} within ${2:14d}".to_owned());
            }
            ("deny", "deny") => {
                self.expression(offers);
                offers.snippet("time outside", Item::Keyword, "", "time outside \"$0\"".to_owned());
            }
            (_, last) if is_operator(last) => self.words_of_fact(offers),
            _ => return false,
        }
        true
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
