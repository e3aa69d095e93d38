//! `naming`: names of one file in several styles.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::walk::{self, Declared};
use crate::lint::{Level, Needs, Rule, Subject};

/// The rule.
pub const RULE: Rule = Rule { code: lints::NAMING, level: Level::Warn, needs: Needs::File, check };

/// How the words of a name are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// One word.
    Word,
    /// `payment_outage`.
    Snake,
    /// `payment-outage`.
    Kebab,
    /// Anything else.
    Other,
}

fn style(name: &str) -> Style {
    let name = name.trim_start_matches('_');
    match (name.contains('_'), name.contains('-')) {
        _ if name.contains(|c: char| c.is_ascii_uppercase()) => Style::Other,
        (true, true) => Style::Other,
        (true, false) => Style::Snake,
        (false, true) => Style::Kebab,
        (false, false) => Style::Word,
    }
}

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let all = walk::declarations(subject.file).into_iter().chain(walk::inner_names(subject.file));
    // Metrics are often called as their series are, whatever the rest is called.
    let (metrics, others): (Vec<Declared>, Vec<Declared>) =
        all.filter(|declared| declared.kind != "test").partition(|declared| declared.kind == "metric");
    [metrics, others].into_iter().flat_map(odd).collect()
}

/// The names that are in another style than most of them.
fn odd(names: Vec<Declared>) -> Vec<Diagnostic> {
    let styles: Vec<Style> = names.iter().map(|declared| style(&declared.name.text)).collect();
    let count = |wanted| styles.iter().filter(|style| **style == wanted).count();
    let usual = if count(Style::Kebab) > count(Style::Snake) { Style::Kebab } else { Style::Snake };
    let odd = names.iter().zip(styles).filter(|(_, style)| *style != Style::Word && *style != usual);
    odd.map(|(declared, style)| finding(declared, style, usual)).collect()
}

fn finding(declared: &Declared, found: Style, usual: Style) -> Diagnostic {
    let (kind, name) = (declared.kind, &declared.name.text);
    let headline = match (found, usual) {
        (Style::Other, _) => format!("the {kind} `{name}` is neither in snake_case nor in kebab-case"),
        (_, Style::Kebab) => format!("the {kind} `{name}` is in snake_case, most names here in kebab-case"),
        _ => format!("the {kind} `{name}` is in kebab-case, most names here in snake_case"),
    };
    let better = respelt(name, if usual == Style::Kebab { '-' } else { '_' });
    Diagnostic::warning(lints::NAMING, headline)
        .at(declared.name.span, "")
        .help(format!("call it `{better}`, wherever it is named"))
        .note("services and sources may be called as they are called elsewhere")
}

/// The name's words in small letters, joined otherwise: `p95Latency` gives `p95_latency`.
fn respelt(name: &str, joint: char) -> String {
    let mut words = String::new();
    let mut before = None;
    for c in name.chars() {
        let starts_word =
            c.is_ascii_uppercase() && before.is_some_and(|b: char| b.is_ascii_lowercase() || b.is_ascii_digit());
        if starts_word {
            words.push(joint);
        }
        words.push(if matches!(c, '_' | '-') { joint } else { c.to_ascii_lowercase() });
        before = Some(c);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::respelt;

    #[test]
    fn names_are_respelt_word_by_word() {
        assert_eq!(respelt("p95Latency", '_'), "p95_latency");
        assert_eq!(respelt("PaymentOutage", '-'), "payment-outage");
        assert_eq!(respelt("payment-outage_two", '_'), "payment_outage_two");
        assert_eq!(respelt("HTTP", '_'), "http");
    }
}
