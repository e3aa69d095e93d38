//! Tests as runs in virtual time: what each of them runs.

use super::{Analysis, DEFAULT_ENVIRONMENT, Example, Planned, is_of_policy};
use crate::base::Interval;
use crate::diagnostics::{Diagnostic, Severity};
use crate::names::{DeclarationId, ModuleId};
use crate::types::model::{Argument, Experiment, System, Test};
use crate::types::term::Known;
use std::collections::BTreeMap;

/// A test with what it runs.
pub struct Trial<'a> {
    /// The test.
    pub test: &'a Test,
    /// The experiment's name.
    pub experiment: &'a str,
    /// The environment's name.
    pub environment: String,
    /// The experiment's system.
    pub system: &'a System,
    /// What is run.
    pub ready: Ready,
}

/// The plan of a run, or what is in its way.
pub type Runnable = Result<Box<Planned>, Vec<Diagnostic>>;

/// What a test runs.
pub enum Ready {
    /// The plan of a run.
    Run(Box<Planned>),
    /// Nothing: it expects that policies refuse the run, and was judged by them.
    Judged(Box<Example>),
    /// Nothing: this is in the way.
    Wrong(Vec<Diagnostic>),
}

impl Analysis {
    /// The file's tests, in order. Those that name no environment take the one that is named, else `local`.
    pub fn trials(&self, environment: Option<&str>) -> Vec<Trial<'_>> {
        let own = self.checked.tests.iter().filter(|(id, _)| id.module == ModuleId(0));
        own.filter_map(|(_, (test, experiment))| self.trial(test, *experiment, environment)).collect()
    }

    /// The plans of the file's own experiments, by name, with their parameters' defaults: in the environment that is named,
    /// else in `local` where there is one for them.
    pub fn runs_in(&self, environment: Option<&str>) -> Vec<(String, Runnable)> {
        let one = |id: DeclarationId| {
            let (experiment, _) = self.checked.experiments.get(&id)?;
            let place = match self.environment(id, environment.unwrap_or(DEFAULT_ENVIRONMENT)) {
                Ok(place) => place,
                Err(_) if environment.is_none() => return None,
                Err(finding) => return Some((experiment.name.clone(), Err(vec![finding]))),
            };
            let (planned, findings) = self.plan_with(id, place, &settled(experiment, &BTreeMap::new()));
            let wrong: Vec<Diagnostic> = findings.into_iter().filter(stands_in_the_way).collect();
            let planned = planned.filter(|_| wrong.is_empty()).map(Box::new).ok_or(wrong);
            Some((experiment.name.clone(), planned))
        };
        self.experiments().into_iter().filter_map(one).collect()
    }

    fn trial<'a>(&'a self, test: &'a Test, id: DeclarationId, environment: Option<&str>) -> Option<Trial<'a>> {
        let (experiment, system) = self.checked.experiments.get(&id)?;
        let system = self.checked.systems.get(&(*system)?)?;
        let named = test.environment.as_deref().or(environment).unwrap_or(DEFAULT_ENVIRONMENT);
        let ready = match self.environment(id, named) {
            Ok(place) => self.ready(test, id, experiment, place),
            Err(finding) if finding.labels.is_empty() => {
                Ready::Wrong(vec![finding.at(test.span, "this test runs there")])
            }
            Err(finding) => Ready::Wrong(vec![finding]),
        };
        Some(Trial { test, experiment: &experiment.name, environment: named.to_owned(), system, ready })
    }

    fn ready(&self, test: &Test, id: DeclarationId, experiment: &Experiment, place: DeclarationId) -> Ready {
        if test.expects_refusal()
            && let Some(example) = self.example(test, id)
        {
            return Ready::Judged(Box::new(example));
        }
        let (planned, findings) = self.plan_with(id, place, &settled(experiment, &test.settings));
        let wrong: Vec<Diagnostic> = findings.into_iter().filter(stands_in_the_way).collect();
        match planned {
            Some(planned) if wrong.is_empty() => Ready::Run(Box::new(planned)),
            _ => Ready::Wrong(wrong),
        }
    }
}

fn stands_in_the_way(finding: &Diagnostic) -> bool {
    finding.severity == Severity::Error && !is_of_policy(finding)
}

/// The parameters' values: as they are set, else their defaults.
fn settled(experiment: &Experiment, set: &BTreeMap<String, f64>) -> Known {
    let value = |parameter: &crate::types::model::Parameter| match (set.get(&parameter.name), &parameter.default) {
        (Some(value), _) => Interval::point(*value),
        (None, Some(Argument::Term(term))) => term.bounds(&Known::default()),
        _ => parameter.range,
    };
    let values = experiment.parameters.iter().map(|parameter| (parameter.name.clone(), value(parameter)));
    Known { parameters: values.collect(), ..Known::default() }
}
