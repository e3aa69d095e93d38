//! `secret-in-text`: a password, key or token in a file that is read by many.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::{Argument, ExprKind, File};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The rule.
pub const RULE: Rule = Rule { code: lints::SECRET_IN_TEXT, level: Level::Deny, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let file = subject.file;
    let commands = commands(file);
    let texts = walk::all_inside(walk::expressions(file)).filter_map(|expr| Some((walk::text(expr)?, expr.span)));
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for (text, at) in texts.chain(walk::bare_texts(file)) {
        let found = secret(text, commands.contains(&at)).filter(|_| told.insert(at));
        findings.extend(found.map(|what| finding(what, at)));
    }
    let named = walk::argument_lists(file).into_iter().flat_map(|arguments| &arguments.list);
    for argument in named {
        let name = argument.name.as_ref().map_or("", |name| name.text.as_str());
        let value = walk::text(&argument.value).filter(|value| is_secret_word(name) && is_written_out(value));
        let at = argument.value.span;
        findings.extend(value.filter(|_| told.insert(at)).map(|_| finding("a secret", at)));
    }
    findings
}

/// Where the commands of `secret(command: …)` stand: they say where a secret is kept.
fn commands(file: &File) -> BTreeSet<Span> {
    let arguments = walk::all_inside(walk::expressions(file)).filter_map(|expr| match &expr.kind {
        ExprKind::Call(function, arguments) if function.text() == "secret" => Some(&arguments.list),
        _ => None,
    });
    let is_command = |it: &&Argument| it.name.as_ref().is_some_and(|name| name.text == "command");
    arguments.flatten().filter(is_command).map(|it| it.value.span).collect()
}

fn finding(what: &str, at: Span) -> Diagnostic {
    Diagnostic::warning(lints::SECRET_IN_TEXT, format!("this text holds {what}"))
        .at(at, "everybody who reads the file can use it")
        .help("keep it out of the file: let the program read it from its environment, and withdraw this one")
        .note("what was once committed stays readable in the history")
}

/// Forms that nothing but a secret has.
static FORMS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let forms = [
        (r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----", "a private key"),
        (r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b", "an AWS access key"),
        (r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{40,}\b", "a GitHub token"),
        (r"\bglpat-[A-Za-z0-9_-]{20,}", "a GitLab token"),
        (
            r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}",
            "a Slack token",
        ),
        (r"\bAIza[A-Za-z0-9_-]{35}", "a Google API key"),
        (r"\b[rs]k_live_[A-Za-z0-9]{20,}", "a Stripe key"),
        (r"\bnpm_[A-Za-z0-9]{36}\b", "an npm token"),
        (r"\bglsa_[A-Za-z0-9]{32}_[a-f0-9]{8}\b", "a Grafana token"),
        (r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", "a JSON web token"),
    ];
    forms.into_iter().filter_map(|(form, what)| Some((Regex::new(form).ok()?, what))).collect()
});

/// Places where a secret stands, in small letters; what is there must look like one, too.
static PLACES: LazyLock<Vec<(Regex, &str, Looks)>> = LazyLock::new(|| {
    let word = r#"(?:^|[\s?&;{,"'_-])(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key)["']?"#;
    let value = r#"["']?([^\s"'&;,}]+)"#;
    let places: [(String, &str, Looks); 4] = [
        (r"[a-z][a-z0-9+.-]*://[^\s/:@?#]*:([^\s/@?#]+)@".to_owned(), "a password in an address", is_written_out),
        (r"\b(?:bearer|basic)\s+([a-z0-9+/._~-]{16,}=*)".to_owned(), "a token", is_random),
        (format!(r"{word}\s*=\s*{value}"), "a secret", is_mixed),
        (format!(r"{word}(?:\s*:\s*|\s+){value}"), "a secret", is_random),
    ];
    places.into_iter().filter_map(|(form, what, looks)| Some((Regex::new(&form).ok()?, what, looks))).collect()
});

/// Whether a value in its place looks like a secret.
type Looks = fn(&str) -> bool;

/// What kind of secret a text holds. Behind a word like `token` a command that fetches one names its place.
fn secret(text: &str, fetches: bool) -> Option<&'static str> {
    let form = FORMS.iter().find(|(form, _)| form.is_match(text)).map(|(_, what)| *what);
    form.or_else(|| {
        let small = text.to_ascii_lowercase(); // of the same length, byte for byte
        let value = |found: regex::Captures| text.get(found.get(1)?.range());
        let fits = |form: &Regex, looks: &Looks| form.captures_iter(&small).filter_map(value).any(looks);
        let places = &PLACES[..PLACES.len() - usize::from(fetches && !PLACES.is_empty())];
        places.iter().find(|(form, _, looks)| fits(form, looks)).map(|(_, what, _)| *what)
    })
}

/// Whether an argument with this name takes a secret.
fn is_secret_word(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    ["password", "passwd", "token", "secret", "api_key", "apikey", "access_key", "private_key"]
        .iter()
        .any(|word| name == *word || name.ends_with(&format!("_{word}")))
}

/// Whether a value is the secret itself: no placeholder, no name of a variable, no stars.
fn is_written_out(value: &str) -> bool {
    let placeholder = value.starts_with(['$', '{', '<', '%']) || value.contains("${") || value.contains("{{");
    let masked = value.chars().all(|c| "*x.X•_-".contains(c));
    let told = [
        "password",
        "passwd",
        "secret",
        "token",
        "changeme",
        "change-me",
        "redacted",
        "example",
        "dummy",
        "none",
        "null",
    ];
    let is_told = told.contains(&value.to_ascii_lowercase().as_str());
    !(value.is_empty() || placeholder || masked || is_told)
}

/// Whether a value is written out and is no word: at least 8 characters, letters and digits mixed, no path.
fn is_mixed(value: &str) -> bool {
    let has = |fits: fn(&char) -> bool| value.chars().any(|c| fits(&c));
    let mixed = has(|c| c.is_ascii_digit()) && has(|c| c.is_ascii_alphabetic());
    is_written_out(value) && value.len() >= 8 && mixed && !value.starts_with(['/', '.', '-']) && !value.contains("://")
}

/// Whether a value is mixed, and more than a word with a number behind it.
fn is_random(value: &str) -> bool {
    let digits: Vec<bool> = value.chars().filter(char::is_ascii_alphanumeric).map(|c| c.is_ascii_digit()).collect();
    is_mixed(value) && digits.windows(2).filter(|pair| pair[0] != pair[1]).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::{FORMS, PLACES, secret};

    #[test]
    fn every_form_is_understood() {
        assert_eq!((FORMS.len(), PLACES.len()), (10, 4));
    }

    #[test]
    fn what_looks_like_a_secret_is_none() {
        let harmless = [
            "https://api.payments.example/v1",
            "http://127.0.0.1:7300",
            "postgres://shop@db/orders",
            "postgres://shop:${DB_PASSWORD}@db/orders",
            "http_requests_total{code!~\"5..\"}",
            "shop checkout --port {port} --token-file /run/secrets/token1",
            "auth_token_refresh_total{token=\"expired\"}",
            "If the token expires, checkout asks for a new password and loses no order.",
            "the secret: retries12 times",
            "it needs a token version2",
            "checkout --password {password}",
            "app=checkout,track notin (canary)",
            "Bearer tokens of 32 characters are refused",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "sum(rate(http_requests_total{job=\"api\"}[5m]))",
        ];
        for text in harmless {
            assert_eq!(secret(text, false), None, "{text}");
        }
    }

    #[test]
    fn a_command_that_fetches_a_secret_names_its_place() {
        for text in ["vault kv get -field=token secret/a1b2c3", "pass show prometheus/token 7a8b9c0d"] {
            assert_eq!(secret(text, true), None, "{text}");
        }
        assert_eq!(secret("curl -H 'Authorization: Bearer 8f14e45fceea167a5a36'", true), Some("a token"));
        assert_eq!(secret("get password=Tr0ub4dor&3", true), Some("a secret"));
    }

    #[test]
    fn secrets_are_found() {
        let cases = [
            ("postgres://shop:hunter2@db/orders", "a password in an address"),
            ("http://:s3cr3t@cache:6379", "a password in an address"),
            ("curl -H 'Authorization: Bearer 8f14e45fceea167a5a36'", "a token"),
            ("checkout --api-key 8f14e45fceea167a", "a secret"),
            ("password=Tr0ub4dor&3", "a secret"),
            ("DB_PASSWORD=hunter2022 shop orders", "a secret"),
            ("{\"token\": \"a1b2c3d4e5\"}", "a secret"),
            (concat!("AK", "IAIOSFODNN7EXAMPLE"), "an AWS access key"),
            (concat!("gh", "p_0123456789abcdefghijABCDEFGHIJ0123456789"), "a GitHub token"),
            (concat!("-----BEGIN RSA PRI", "VATE KEY-----"), "a private key"),
            (concat!("xo", "xb-123456789012-abcdef"), "a Slack token"),
            (concat!("eyJ", "hbGciOiJIUzI1NiJ9.eyJ", "zdWIiOiIxMjM0NTY3.dozjgNryP4J3jVmNHl0w"), "a JSON web token"),
        ];
        for (text, what) in cases {
            assert_eq!(secret(text, false), Some(what), "{text}");
        }
    }
}
