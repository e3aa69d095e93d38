//! Among the arguments of a call.

use super::Place;
use crate::diagnostics::lints;
use crate::lsp::completion::given::{Given, given_at};
use crate::lsp::completion::offers::{Offers, filled_in};
use crate::lsp::signature::{callable, shown};
use crate::syntax::List;
use crate::syntax::tree::Parameter;
use crate::types::Type;
use gen_lsp_types::CompletionItemKind as Item;

impl Place<'_> {
    /// Among the arguments of a call.
    pub(super) fn argument(&self, offers: &mut Offers) {
        let name = self.context.called.as_deref().unwrap_or_default();
        if name == "allow" && self.is_attribute() {
            return offers.words(lints::allowable(), Item::EnumMember, "rule");
        }
        if self.declares() {
            return self.typed_parameter(offers);
        }
        let begins = matches!(self.context.last(), "" | ",");
        if begins {
            self.parameters(name, offers);
        }
        if self.context.rest.starts_with(':') {
            return;
        }
        self.usual(name, offers);
        if self.is_list_of_services(begins) {
            self.services(offers);
        }
        if !self.is_read(name) {
            self.expression(offers);
        }
        self.words(offers);
    }

    /// Whether rules are allowed, and nothing is called.
    fn is_attribute(&self) -> bool {
        let text = self.asked.page.text.get(..self.context.word.start).unwrap_or_default();
        text.rfind('(').is_some_and(|open| text[..open].trim_end().trim_end_matches("allow").trim_end().ends_with('@'))
    }

    /// Whether the parameters of a declaration are written, not the arguments of a call.
    fn declares(&self) -> bool {
        self.list() == List::File && matches!(self.context.first(), "scenario" | "fault" | "probe" | "experiment")
    }

    /// A parameter with its type.
    fn typed_parameter(&self, offers: &mut Offers) {
        match self.context.last() {
            ":" | "<" => self.types(offers),
            "" | "," => {}
            "=" | "in" | ".." => {
                if let Some(ty) = self.declared_type() {
                    self.values(&ty, offers);
                }
            }
            _ => self.words(offers),
        }
    }

    /// The parameters that have no argument yet.
    fn parameters(&self, name: &str, offers: &mut Offers) {
        let written = given_at(self.asked.page.text, self.context.word.range.start);
        if let Some(called) = callable(self.program, name) {
            let all = called.parameters.iter().enumerate();
            for (_, parameter) in all.filter(|(at, parameter)| !is_given(&written, *at, parameter)) {
                let text = format!("{}: $0", parameter.name.text);
                offers.snippet(&parameter.name.text, Item::Field, &shown(parameter, self.program), &text);
                offers.documented(&parameter.doc);
            }
        }
        let own = BUILT_IN.iter().filter(|(function, _)| *function == method(name)).flat_map(|(_, all)| *all);
        for (parameter, value) in own.filter(|(parameter, _)| !written.names.contains(parameter)) {
            offers.snippet(parameter, Item::Field, "", &format!("{parameter}: {value}"));
        }
    }

    /// What the named argument is by default, or usually.
    fn usual(&self, name: &str, offers: &mut Offers) {
        let [.., parameter, colon] = self.context.before.as_slice() else { return };
        if colon != ":" || !self.context.is_last() {
            return;
        }
        let called = callable(self.program, name);
        let declared = called.iter().flat_map(|it| it.parameters).find(|it| it.name.text == *parameter);
        if let Some(default) = declared.and_then(|parameter| parameter.default.as_ref()) {
            let text = self.program.sources.text(default.span);
            let is_short = !text.contains(|c: char| c.is_whitespace());
            [text].iter().filter(|_| is_short).for_each(|text| offers.word(text, Item::Value, "the default"));
        }
        let own = BUILT_IN.iter().filter(|(function, _)| *function == method(name)).flat_map(|(_, all)| *all);
        for (_, value) in own.filter(|(known, _)| known == parameter) {
            offers.snippet(&filled_in(value), Item::Value, "", value);
        }
    }

    /// Whether a service can be the argument.
    fn is_list_of_services(&self, begins: bool) -> bool {
        let name = self.context.called.as_deref().unwrap_or_default();
        let called = callable(self.program, name);
        let of_proxy = name.strip_prefix("proxy.").is_some();
        of_proxy || begins && called.is_some_and(|it| it.parameters.iter().any(|it| self.is_service(it)))
    }

    fn is_service(&self, parameter: &Parameter) -> bool {
        self.program.sources.text(parameter.ty.span).starts_with(&Type::Service.to_string())
    }

    /// Whether a metric is bound here: what it is read by are raw texts.
    fn is_read(&self, name: &str) -> bool {
        BUILT_IN.iter().any(|(function, _)| *function == method(name)) || name.starts_with("proxy.")
    }
}

fn method(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether a parameter has its argument already.
fn is_given(written: &Given, at: usize, parameter: &Parameter) -> bool {
    written.places.contains(&at) || written.names.contains(&parameter.name.text.as_str())
}

type Named = (&'static str, &'static str);

/// What can be called without being declared, and the arguments that have names.
const BUILT_IN: &[(&str, &[Named])] = &[
    ("scrape", ACCESS),
    ("prometheus", ACCESS),
    ("prometheus", &[("scrape", "${1:15s}")]),
    ("alertmanager", ACCESS.split_at(1).1),
    ("secret", &[("file", "\"$1\""), ("command", "\"$1\"")]),
    ("ratio", &[("good", "`$1`"), ("all", "`$1`")]),
    ("histogram", &[("unit", "${1:1s}")]),
    ("gauge", &[("unit", "${1:1s}")]),
    ("query", &[("unit", "${1:1s}")]),
    ("counter", &[]),
];

/// How a source is read.
const ACCESS: &[Named] = &[
    ("every", "${1:5s}"),
    ("token", "secret(\"$1\")"),
    ("user", "\"$1\""),
    ("password", "secret(\"$1\")"),
    ("certificate", "secret(\"$1\")"),
    ("key", "secret(\"$1\")"),
    ("ca", "\"$1\""),
];
