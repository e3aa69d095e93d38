//! Values: numbers with their units, words, texts, and what can be calculated with.

use super::Place;
use super::wanted::COMPARATORS;
use crate::base::unit::{Measure, UNITS};
use crate::lsp::completion::offers::Offers;
use crate::lsp::signature::callable;
use crate::names::Kind;
use crate::syntax::List;
use crate::syntax::tree::Service;
use crate::types::Type;
use crate::types::term::LimitName;
use gen_lsp_types::CompletionItemKind as Item;

impl<'a> Place<'a> {
    /// Behind digits: the units that fit.
    pub(super) fn units(&self, offers: &mut Offers) {
        let whole = self.asked.page.text.get(self.context.word.range.clone()).unwrap_or_default();
        let wanted = self.wanted_types();
        let digits = whole.trim_end_matches(|c: char| !c.is_ascii_digit());
        let fits = |measure: Measure| wanted.is_empty() || wanted.iter().any(|ty| measures(ty).contains(&measure));
        for (unit, measure, _) in UNITS.iter().filter(|(_, measure, _)| fits(*measure)) {
            offers.word(&format!("{digits}{unit}"), Item::Unit, &format!("{measure:?}").to_lowercase());
        }
    }

    /// Where a value or a condition stands.
    pub(super) fn expression(&self, offers: &mut Offers) {
        let wanted = self.wanted();
        self.wanted_types().iter().for_each(|ty| self.values(ty, offers));
        if self.judges() {
            if !matches!(wanted, Some(Type::Enum(_))) {
                self.facts(wanted.as_ref(), offers);
            }
            return;
        }
        let own = self.scene.parameters.iter().map(|parameter| parameter.name.text.as_str());
        offers.words(own.chain(self.scene.variables.iter().map(|it| it.text.as_str())), Item::Variable, "parameter");
        self.in_scope(&[Kind::Constant], offers);
        let compares = COMPARATORS.contains(&self.context.last()) && self.list() != List::Limit;
        if (wanted.is_none() || compares) && !self.context.in_list {
            self.readings(compares, offers);
        }
    }

    /// What metrics show.
    fn readings(&self, compares: bool, offers: &mut Offers) {
        if matches!(self.list(), List::File | List::System | List::Placed | List::Modelled | List::Fault) {
            return;
        }
        let called = self.context.called.as_deref().and_then(|name| callable(self.program, name));
        if called.as_ref().is_some_and(|called| called.word != Kind::Scenario.word()) {
            return;
        }
        self.metrics(offers);
        if let Some(service) = self.own_service() {
            offers.words(service.metrics.iter().map(|it| it.name.text.as_str()), Item::Property, "metric");
        }
        if self.context.called.is_some() {
            return;
        }
        for name in ["p50", "p95", "p99", "mean", "min", "max", "sum", "rate", "increase", "spike"] {
            offers.snippet(name, Item::Function, "aggregate", &format!("{name}(${{1:service.metric}})"));
        }
        if !compares {
            offers.snippet("not", Item::Keyword, "", "not ${1:condition}");
        }
        if compares || ["of", "than"].contains(&self.context.last()) {
            offers.word("baseline", Item::Keyword, "what it was before the first fault");
        } else {
            offers.word("steady", Item::Keyword, "every SLO, and the experiment's own conditions");
        }
    }

    /// The service of a system that the place is in.
    pub(super) fn own_service(&self) -> Option<&'a Service> {
        let before = |service: &&Service| service.name.span.start as usize <= self.context.word.start;
        self.all_services().iter().rfind(before).filter(|_| self.list() == List::Service)
    }

    /// Values of a type.
    pub(super) fn values(&self, ty: &Type, offers: &mut Offers) {
        match ty {
            Type::Bool => offers.words(["true", "false"], Item::Keyword, ""),
            Type::Enum(words) => offers.words(words.iter().map(String::as_str), Item::EnumMember, ""),
            Type::Service => self.services(offers),
            Type::String => self.text(offers),
            Type::List(inner) => {
                let first =
                    examples(inner).first().map_or("\"\"".to_owned(), |(number, unit)| format!("{number}{unit}"));
                offers.snippet(&format!("[{first}]"), Item::Value, "a list", &format!("[${{1:{first}}}]"));
            }
            _ => {
                for (number, unit) in examples(ty) {
                    let text = format!("${{1:{number}}}{unit}");
                    offers.snippet(&format!("{number}{unit}"), Item::Unit, &ty.to_string(), &text);
                }
            }
        }
        let fits = |limit: LimitName, word| LimitName::named(word) == Some((limit, ty));
        let is_given = self.context.called.as_deref().is_some_and(|name| callable(self.program, name).is_some());
        let fits = LimitName::ALL.iter().filter(|(limit, word, _)| is_given && fits(*limit, word));
        fits.for_each(|(_, word, ty)| offers.word(&format!("limit.{word}"), Item::Property, &ty.to_string()));
    }

    /// A quoted text.
    pub(super) fn text(&self, offers: &mut Offers) {
        if self.context.is_last() {
            offers.snippet("\"\"", Item::Value, "a text", "\"$1\"");
        }
    }
}

/// Numbers of a type as one would write them.
fn examples(ty: &Type) -> &'static [(&'static str, &'static str)] {
    match ty {
        Type::Duration => &[("100", "ms"), ("30", "s"), ("5", "m"), ("1", "h")],
        Type::Ratio => &[("5", "%")],
        Type::Points => &[("2", "pp")],
        Type::Bytes => &[("10", "MiB")],
        Type::Frequency => &[("20", "/s"), ("20", "/m"), ("20", "/h")],
        Type::Count | Type::Int => &[("1", "")],
        Type::Float => &[("1.0", "")],
        _ => &[],
    }
}

/// What the units of a type's values measure.
fn measures(ty: &Type) -> &'static [Measure] {
    match ty {
        Type::Duration => &[Measure::Duration],
        Type::Ratio => &[Measure::Ratio],
        Type::Points => &[Measure::Points],
        Type::Bytes | Type::Throughput => &[Measure::Bytes],
        Type::Frequency => &[Measure::Frequency],
        Type::List(inner) | Type::Distribution(inner) | Type::Signal(inner) => measures(inner),
        _ => &[],
    }
}
