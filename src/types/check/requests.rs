//! Which requests a fault of HTTP traffic selects: the texts that say so, read where they are known.

use super::Checker;
use crate::base::Span;
use crate::base::requests::{ALL, FieldPattern, Misread, PathPattern, methods};
use crate::types::errors;
use crate::types::model::{Argument, Fault};
use std::collections::BTreeMap;

impl Checker<'_> {
    /// What is given for `methods`, `path` and `headers` of a fault of the standard component `http`.
    pub(super) fn selects(&mut self, fault: &Fault, values: &BTreeMap<String, (Argument, Span)>) -> Option<()> {
        if fault.component != "http" || fault.file.is_some() {
            return Some(());
        }
        let mut all = Some(());
        for (name, (value, at)) in values {
            if let Err(Misread { headline, help }) = read(name, value) {
                self.report(errors::argument(headline, *at, "", Some(help.to_owned())));
                all = None;
            }
        }
        all
    }
}

fn read(parameter: &str, value: &Argument) -> Result<(), Misread> {
    match (parameter, value) {
        ("path", Argument::Text(path)) if path != ALL => PathPattern::read(path).map(drop),
        ("methods", Argument::List(_)) => texts(value).map_or(Ok(()), |it| methods(&it)),
        ("headers", Argument::List(_)) => {
            texts(value).unwrap_or_default().iter().try_for_each(|it| FieldPattern::read(it).map(drop))
        }
        _ => Ok(()),
    }
}

/// The texts of a list, if all of them are known.
fn texts(value: &Argument) -> Option<Vec<String>> {
    let Argument::List(all) = value else { return None };
    let text = |it: &Argument| match it {
        Argument::Text(text) | Argument::Word(text) => Some(text.clone()),
        _ => None,
    };
    all.iter().map(text).collect()
}
