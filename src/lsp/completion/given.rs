//! Which arguments of a call are written already, before and behind a place among them.

use crate::format::Kind;
use crate::lsp::shape::Shape;
use crate::lsp::signature::call_around;

/// Arguments of a call.
#[derive(Debug, Default, PartialEq)]
pub struct Given<'t> {
    /// The names of those that are named.
    pub names: Vec<&'t str>,
    /// The places of those that are not.
    pub places: Vec<usize>,
}

/// The arguments of the call that a byte is in, without the one that it is in.
pub fn given_at(text: &str, offset: usize) -> Given<'_> {
    let shape = Shape::of(text);
    let Some(call) = call_around(&shape, offset) else { return Given::default() };
    // What is behind a bracket that is never closed may be something else.
    let is_closed = !shape.open.iter().any(|at| shape.brackets.get(*at).is_some_and(|it| it.token == call.token));
    let end = if is_closed { call.bytes.end.saturating_sub(1) } else { offset };
    let (mut given, mut depth, mut number) = (Given::default(), 0, 0);
    let (mut start, mut words) = (call.bytes.start, Vec::new());
    let inside = shape.tokens.iter().skip(call.token + 1).take_while(|(at, _)| *at < end);
    for (at, token) in inside.filter(|(_, token)| token.kind != Kind::Comment) {
        match token.kind {
            Kind::Open | Kind::OpenBlock => depth += 1,
            Kind::Close | Kind::CloseBlock => depth -= 1,
            Kind::Comma if depth == 0 => {
                given.take(&words, number, (start..=*at).contains(&offset));
                (number, start) = (number + 1, at + 1);
                words.clear();
                continue;
            }
            _ => {}
        }
        words.push((token.kind, token.text));
    }
    given.take(&words, number, (start..=end).contains(&offset));
    given
}

impl<'t> Given<'t> {
    fn take(&mut self, words: &[(Kind, &'t str)], number: usize, is_meant: bool) {
        match words {
            _ if is_meant => {}
            [] => {}
            [(_, name), (Kind::Colon, _), ..] => self.names.push(name),
            _ => self.places.push(number),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Given, given_at};

    #[test]
    fn arguments_on_both_sides_count_and_the_one_at_the_place_does_not() {
        let cases: &[(&str, &[&str], &[usize])] = &[
            ("inject f(|", &[], &[]),
            ("inject f(a, |", &[], &[0]),
            ("inject f(a, b: g(c, d), |, e: 1)", &["b", "e"], &[0]),
            ("inject f(a|, e: 1) for 1m", &["e"], &[]),
            ("inject f(|a, e: 1) for 1m", &["e"], &[]),
            ("inject f(a, st|\n  wait 1s\n  inject g(h: 1)", &[], &[0]),
            ("inject f(a, b: [1, 2], c|)", &["b"], &[0]),
        ];
        for (text, names, places) in cases {
            let offset = text.find('|').unwrap();
            let whole = text.replacen('|', "", 1);
            assert_eq!(given_at(&whole, offset), Given { names: names.to_vec(), places: places.to_vec() }, "{text}");
        }
    }
}
