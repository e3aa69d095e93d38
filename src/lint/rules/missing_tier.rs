//! `missing-tier`: an environment elsewhere than on this machine that counts as development.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};

/// The rule.
pub const RULE: Rule = Rule { code: lints::MISSING_TIER, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let untold = subject.environments().filter(|environment| environment.tier.is_none());
    let findings = untold.filter_map(|environment| {
        let roots = walk::of_environment(environment);
        let mut texts = walk::all_inside(roots).filter_map(|expr| walk::text(expr).map(|text| (text, expr.span)));
        let (_, away) = texts.find(|(text, _)| is_elsewhere(text))?;
        let finding = Diagnostic::warning(lints::MISSING_TIER, "this environment does not say its tier")
            .at(environment.name.span, "counts as `development`")
            .at(away, "but this is no address of this machine")
            .help("add `tier staging` or `tier production`; `tier development` if it is that");
        Some(finding)
    });
    findings.collect()
}

/// Whether a text is an address outside this machine: `http://host`, or `host:port`.
fn is_elsewhere(text: &str) -> bool {
    let url = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let address = match url {
        Some(rest) => rest.split(['/', '?', '#']).next().unwrap_or(rest),
        None => text,
    };
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_host = |host: &str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-[]:".contains(&byte))
    };
    let host = if is_port { host } else { address };
    is_host(host) && (url.is_some() || is_port) && !is_this_machine(host)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || matches!(host, "[::1]" | "0.0.0.0")
}

#[cfg(test)]
mod tests {
    use super::is_elsewhere;

    #[test]
    fn addresses_of_this_machine_are_known() {
        for here in
            ["http://127.0.0.1:7300", "localhost:80", "[::1]:80", "http://localhost/metrics", "shop web --port 1"]
        {
            assert!(!is_elsewhere(here), "{here}");
        }
        for away in ["http://checkout", "https://api.payments.example", "payment-egress.shop.svc:8443", "10.0.0.1:80"] {
            assert!(is_elsewhere(away), "{away}");
        }
    }
}
