//! `limit { … }`, of an experiment or an environment.

use super::Checker;
use crate::diagnostics::codes;
use crate::syntax::tree;
use crate::types::expression::Context;
use crate::types::labels::labels;
use crate::types::model::{Limits, System};
use crate::types::term::{LimitName, Term};
use crate::types::{Type, errors};
use std::collections::BTreeSet;

/// The limits that are no plain bounds.
const OTHER_LIMITS: &[&str] = &["services", "bends", "budget", "namespaces", "selector", "hosts"];

/// As Kubernetes has it: at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.
pub(super) fn is_namespace(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.len() <= 63 && text.chars().all(fits) && !text.starts_with('-') && !text.ends_with('-')
}

/// A name, an address, or one with `*` for any part.
fn is_host_pattern(text: &str) -> bool {
    !text.is_empty() && text.len() <= 253 && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._*:[]/".contains(c))
}

fn places_help(word: &str) -> &'static str {
    match word {
        "selector" => "write it as Kubernetes does: `app=checkout,track notin (canary)`",
        "namespaces" => "a namespace has lower-case letters, digits and hyphens",
        _ => "write a name or an address; `*` stands for any part: `10.0.0.*`",
    }
}

impl Checker<'_> {
    /// `may_bend`: whether `bends` belongs here; which SLOs may bend is the experiment's affair.
    pub(super) fn limits(
        &mut self,
        written: Option<&tree::Limits>,
        system: Option<&System>,
        context: Context,
        may_bend: bool,
    ) -> Limits {
        let mut limits = Limits::default();
        let Some(written) = written else { return limits };
        for (word, services) in &written.services {
            let names = self.service_names(services, system);
            if word.text == "services" {
                let (known, _) = limits.services.get_or_insert_with(|| (BTreeSet::new(), word.span));
                known.extend(names);
            } else if !may_bend {
                self.report(errors::unknown("limit of an environment", "bends", word.span, ["services", "traffic"]));
            } else {
                limits.bends.get_or_insert_default().extend(names);
            }
        }
        for (word, value) in &written.bounds {
            self.bound(&mut limits, word, value, context);
        }
        for (word, texts) in &written.texts {
            self.places_limit(&mut limits, word, texts);
        }
        limits
    }

    /// `namespaces "shop"`, `selector "…"`, `hosts "10.0.0.*"`.
    fn places_limit(&mut self, limits: &mut Limits, word: &tree::Name, texts: &[tree::Expr]) {
        if let Some((_, first)) = limits.places.get(&word.text) {
            let first = *first;
            self.report(errors::twice("limit", &word.text, first, word.span));
            return;
        }
        let mut read = Vec::new();
        for expr in texts {
            let Some(text) = self.typing(Context::default()).text(expr) else { continue };
            let wrong = match word.text.as_str() {
                "selector" => labels(&text).err(),
                "namespaces" => (!is_namespace(&text)).then(|| format!("`{text}` is no namespace")),
                _ => (!is_host_pattern(&text)).then(|| format!("`{text}` is no host")),
            };
            if let Some(wrong) = wrong {
                self.report(errors::place(wrong, expr.span, places_help(&word.text)));
            }
            read.push(text);
        }
        limits.places.insert(word.text.clone(), (read, word.span));
    }

    /// `budget <= 1% of checkout.success`: a share of an SLO's error budget.
    fn budget(&mut self, limits: &mut Limits, word: &tree::Name, value: &tree::Expr, context: Context) {
        let tree::ExprKind::Binary(tree::Operator::Of, share, metric) = &value.kind else {
            let help = "write it like `budget <= 1% of checkout.success`";
            self.report(errors::missing(codes::E0208, "a budget of which metric?", value.span, help));
            return;
        };
        let share = self.typing(context).constant(share, &Type::Ratio, "budget");
        let Some((ty, reading)) = self.typing(context).metric_argument(metric) else { return };
        if ty != Type::Ratio {
            self.report(errors::mismatch(&Type::Ratio, &ty, metric.span, Some((word.span, "because of this limit"))));
            return;
        }
        let Some(share) = share else { return };
        limits.budgets.push((reading.metric, Term::Constant(share), word.span.to(value.span)));
    }

    fn service_names(&mut self, written: &[tree::Name], system: Option<&System>) -> BTreeSet<String> {
        let Some(system) = system else { return BTreeSet::new() };
        let known = || system.services.iter().map(|service| service.name.as_str());
        self.distinct("service", written.iter());
        for name in written {
            if system.service(&name.text).is_none() {
                self.report(errors::unknown("service", &name.text, name.span, known()));
            }
        }
        written.iter().map(|name| name.text.clone()).collect()
    }

    fn bound(&mut self, limits: &mut Limits, word: &tree::Name, value: &tree::Expr, context: Context) {
        if word.text == "budget" {
            return self.budget(limits, word, value, context);
        }
        let Some((limit, wanted)) = LimitName::named(&word.text) else {
            let known = LimitName::ALL.iter().map(|(_, word, _)| *word).chain(OTHER_LIMITS.iter().copied());
            self.report(errors::unknown("limit", &word.text, word.span, known));
            return;
        };
        let said = limits.bounds.iter().find(|(known, _)| known.word() == word.text);
        if let Some((_, (_, first))) = said {
            let first = *first;
            self.report(errors::twice("limit", &word.text, first, word.span));
            return;
        }
        let (ty, term) = self.typing(context).quantity(value);
        // `instances <= 25%` is a share of a service's instances.
        let share = limit == LimitName::Instances && ty == Type::Ratio;
        if ty == Type::Error {
            return;
        }
        if !ty.fits(wanted) && !share {
            self.report(errors::mismatch_at(wanted, &ty, value, Some((word.span, "because of this limit"))));
            return;
        }
        let bounds = term.bounds(&Default::default());
        let wanted = if share { &Type::Ratio } else { wanted };
        if bounds.is_point() && !bounds.within(wanted.range()) {
            self.report(errors::outside(bounds, value.span, wanted.range(), wanted, None));
            return;
        }
        let limit = if share { LimitName::InstanceShare } else { limit };
        limits.bounds.insert(limit, (term, word.span.to(value.span)));
    }
}
