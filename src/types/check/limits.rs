//! `limit { … }`, of an experiment or an environment.

use super::Checker;
use crate::syntax::tree;
use crate::types::expression::Context;
use crate::types::model::{Limits, Parameter, System};
use crate::types::term::LimitName;
use crate::types::{Type, errors};
use std::collections::BTreeSet;

impl Checker<'_> {
    /// `may_bend`: whether `bends` belongs here; which SLOs may bend is the experiment's affair.
    pub(super) fn limits(
        &mut self,
        written: Option<&tree::Limits>,
        system: Option<&System>,
        parameters: &[Parameter],
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
            self.bound(&mut limits, word, value, parameters);
        }
        limits
    }

    fn service_names(&mut self, written: &[tree::Name], system: Option<&System>) -> BTreeSet<String> {
        let Some(system) = system else { return BTreeSet::new() };
        let known = || system.services.iter().map(|service| service.name.as_str());
        for name in written {
            if system.service(&name.text).is_none() {
                self.report(errors::unknown("service", &name.text, name.span, known()));
            }
        }
        written.iter().map(|name| name.text.clone()).collect()
    }

    fn bound(&mut self, limits: &mut Limits, word: &tree::Name, value: &tree::Expr, parameters: &[Parameter]) {
        let Some((limit, wanted)) = LimitName::named(&word.text) else {
            let known = LimitName::ALL.iter().map(|(_, word, _)| *word).chain(["services", "bends"]);
            self.report(errors::unknown("limit", &word.text, word.span, known));
            return;
        };
        if let Some((_, first)) = limits.bounds.get(&limit) {
            let first = *first;
            self.report(errors::twice("limit", &word.text, first, word.span));
            return;
        }
        let (ty, term) = self.typing(Context { parameters, ..Context::default() }).quantity(value);
        // `instances <= 25%` is a share of a service's instances.
        let share = limit == LimitName::Instances && ty == Type::Ratio;
        if ty == Type::Error {
            return;
        }
        if !ty.fits(wanted) && !share {
            self.report(errors::mismatch(wanted, &ty, value.span, Some((word.span, "because of this limit"))));
            return;
        }
        let bounds = term.bounds(&Default::default());
        let wanted = if share { &Type::Ratio } else { wanted };
        if bounds.is_point() && !bounds.within(wanted.range()) {
            self.report(errors::outside(&ty.show(bounds.lo), value.span, wanted.range(), wanted, None));
            return;
        }
        limits.bounds.insert(limit, (term, word.span.to(value.span)));
    }
}
