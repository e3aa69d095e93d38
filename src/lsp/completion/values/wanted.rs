//! Which type the value has that is written at a place, where the words before it say so.

use super::Place;
use crate::lsp::index::scene::needs;
use crate::lsp::signature::callable;
use crate::syntax::List;
use crate::syntax::tree::{Metric, TypeKind, TypeName};
use crate::types::Type;
use crate::types::policy::facts;
use crate::types::term::LimitName;

/// Signs that compare.
pub(super) const COMPARATORS: &[&str] = &["<", "<=", ">", ">=", "==", "!="];

impl<'a> Place<'a> {
    /// The type of the value that is written here.
    pub(super) fn wanted(&self) -> Option<Type> {
        let (list, first, last) = (self.list(), self.context.first(), self.context.last());
        let own = self.context.sentence.len() == 1;
        match last {
            _ if self.context.in_list => (first == "escalate").then_some(Type::Ratio),
            _ if self.context.called.is_some() && COMPARATORS.contains(&last) => self.compared(),
            "over" if first == "escalate" && self.context.called.is_none() => self.of_list(),
            "over" => Some(Type::Duration),
            _ if self.context.called.is_some() => self.of_argument(),
            "<=" if list == List::Limit => match first {
                "budget" => Some(Type::Ratio),
                _ => LimitName::named(first).map(|(_, ty)| ty.clone()),
            },
            last if COMPARATORS.contains(&last) => self.compared(),
            "least" | "reaching" => Some(Type::Ratio),
            "by" if self.context.has("restarts") => None,
            "by" => self.compared().map(|ty| if ty == Type::Ratio { Type::Points } else { ty }),
            "from" if list == List::Policy => None,
            "for" | "within" | "holding" | "every" | "from" | "rests" | "+" => Some(Type::Duration),
            "wait" | "window" | "baseline" | "takes" | "timeout" if own => Some(Type::Duration),
            "after" if matches!(first, "restarts" | "retries") => Some(Type::Duration),
            "at" if first == "given" => Some(Type::Duration),
            "breaker" | "fails" if list == List::Modelled && own => Some(Type::Ratio),
            "calls" if list == List::Modelled && own => Some(Type::Ratio),
            "workers" | "queue" | "pool" | "retries" | "instances" | "repeat" if own => Some(Type::Count),
            _ if first == "arrivals" && self.context.sentence.len() == 2 => Some(Type::Frequency),
            "=" | "in" | ".." => self.declared_type(),
            _ => None,
        }
    }

    /// All types that it can have: instances are bounded by a number or a share.
    pub(super) fn wanted_types(&self) -> Vec<Type> {
        let bounds = self.list() == List::Limit && self.context.last() == "<=" && self.context.first() != "budget";
        let all = LimitName::ALL.iter().filter(|(_, word, _)| bounds && *word == self.context.first());
        let all: Vec<Type> = all.map(|(.., ty)| ty.clone()).collect();
        if all.is_empty() { self.wanted().into_iter().collect() } else { all }
    }

    /// Of the bounds or the value of a metric, a parameter, or what is given.
    pub(super) fn declared_type(&self) -> Option<Type> {
        let before = &self.context.before;
        match self.context.first() {
            "set" => self.type_of(before.get(1)?),
            "given" if self.context.has("traffic") => Some(Type::Frequency),
            "given" => self.type_of(before.get(1)?),
            _ => {
                let colon = before.iter().rposition(|word| word == ":")?;
                let name = before.get(colon + 1)?;
                if name == "enum" {
                    let words = before.get(colon + 3..)?.iter().take_while(|word| *word != ")");
                    return Some(Type::Enum(words.filter(|word| *word != ",").cloned().collect()));
                }
                Type::named(name)
            }
        }
    }

    /// Of what an escalation goes over: its levels are not known before.
    fn of_list(&self) -> Option<Type> {
        (self.context.first() == "escalate").then(|| Type::List(Box::new(Type::Ratio)))
    }

    /// Of the argument that is written.
    fn of_argument(&self) -> Option<Type> {
        let called = callable(self.program, self.context.called.as_deref()?)?;
        let before = &self.context.before;
        let name = match before.as_slice() {
            [.., name, colon] if colon == ":" => name,
            _ => return None,
        };
        let parameter = called.parameters.iter().find(|parameter| parameter.name.text == *name)?;
        type_named(&parameter.ty).or_else(|| {
            let default = self.program.sources.text(parameter.default.as_ref()?.span);
            ["true", "false"].contains(&default).then_some(Type::Bool)
        })
    }

    /// Of what the value is compared with: the last thing before it whose type is known.
    fn compared(&self) -> Option<Type> {
        let before = self.context.before.iter().rev();
        let found = before.take_while(|word| !["and", "or", "expect", "when"].contains(&word.as_str()));
        found.filter_map(|word| self.type_of(word)).next()
    }

    /// Of a metric, a parameter, a limit or a fact; what it gives once it is aggregated.
    pub(super) fn type_of(&self, name: &str) -> Option<Type> {
        if self.judges() {
            return facts().into_iter().find(|(fact, _)| *fact == name).map(|(_, ty)| ty);
        }
        let metric =
            |metrics: &'a [Metric], name: &str| metrics.iter().find(|it| it.name.text == name).map(|it| &it.ty);
        let written = match name.split_once('.') {
            Some(("limit", limit)) => return LimitName::named(limit).map(|(_, ty)| ty.clone()),
            Some((service, name)) => {
                let needed = self.scene.parameter(service).map(needs).unwrap_or_default();
                let needed = needed.iter().find(|(known, _)| known.text == name).map(|(_, ty)| ty);
                self.scene.find_service(service).and_then(|it| metric(&it.metrics, name)).or(needed)
            }
            None => self.own_service().and_then(|it| metric(&it.metrics, name)),
        };
        let written = written.or_else(|| Some(&self.scene.parameter(name)?.ty));
        written.and_then(type_named).map(|ty| match ty {
            Type::Counter => Type::Count,
            Type::Distribution(inner) | Type::Signal(inner) => *inner,
            other => other,
        })
    }
}

/// The type that is written, without what is wrong with it.
fn type_named(written: &TypeName) -> Option<Type> {
    match &written.kind {
        TypeKind::Named(name, inner) => {
            let inner = || inner.as_deref().and_then(type_named).map(Box::new);
            match name.text.as_str() {
                "distribution" => inner().map(Type::Distribution),
                "signal" => inner().map(Type::Signal),
                "list" => inner().map(Type::List),
                plain => Type::named(plain),
            }
        }
        TypeKind::Enum(words) => Some(Type::Enum(words.iter().map(|word| word.text.clone()).collect())),
        TypeKind::Service(_) => Some(Type::Service),
        TypeKind::Inferred => None,
    }
}
