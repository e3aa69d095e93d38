//! Checking all declarations of a program, kind by kind.

mod argument;
mod binding;
mod blocks;
mod component;
mod constant;
mod environment;
mod expectation;
mod experiment;
mod fault;
mod given;
mod grant;
mod inject;
mod limits;
mod model;
mod policy;
mod probe;
mod requests;
mod scenario;
mod schedule;
mod source;
mod steps;
mod system;
mod test;
mod test_errors;

pub use binding::unit_of_series;
pub use environment::TIERS;
pub use grant::PROCESS_SOURCES;
pub use scenario::Scenario;
pub use test::VERDICTS;

pub use experiment::{DEFAULT_BASELINE, DEFAULT_NO_DATA, DEFAULT_WINDOW};

use super::errors;
use super::expression::{Context, Declared, Typing};
use super::model::{Environment, Experiment, Fault, Parameter, Policy, Probe, Schedule, System, Test};
use super::toy::Model;
use super::value::{Typed, Values};
use crate::base::{SourceId, Span};
use crate::diagnostics::Diagnostic;
use crate::names::{DeclarationId, Kind, ModuleId, Program};
use crate::syntax::tree::{self, Name, Path};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The typed declarations of a program.
#[derive(Debug, Default)]
pub struct Checked {
    /// Constants; one that is wrong has the type of a mistake.
    pub constants: BTreeMap<DeclarationId, Typed>,
    /// Systems.
    pub systems: BTreeMap<DeclarationId, System>,
    /// Faults; those of the standard library as far as they are injected.
    pub faults: BTreeMap<DeclarationId, Fault>,
    /// Probes; those of the standard library as far as they are used.
    pub probes: BTreeMap<DeclarationId, Probe>,
    /// Scenarios, as they are declared; uses are expanded.
    pub scenarios: BTreeMap<DeclarationId, Scenario>,
    /// Policies.
    pub policies: BTreeMap<DeclarationId, Policy>,
    /// Toy systems, each with its system.
    pub models: BTreeMap<DeclarationId, (Arc<Model>, DeclarationId)>,
    /// Tests, each with its experiment.
    pub tests: BTreeMap<DeclarationId, (Test, DeclarationId)>,
    /// Schedules, each with its experiment.
    pub schedules: BTreeMap<DeclarationId, (Schedule, DeclarationId)>,
    /// Experiments, each with its system.
    pub experiments: BTreeMap<DeclarationId, (Experiment, Option<DeclarationId>)>,
    /// Environments, each with its system.
    pub environments: BTreeMap<DeclarationId, (Environment, Option<DeclarationId>)>,
    /// What is wrong with them.
    pub findings: Vec<Diagnostic>,
}

/// Checks every declaration of a program.
pub fn check(program: &Program) -> Checked {
    let mut checker = Checker {
        program,
        checked: Checked::default(),
        module: ModuleId(0),
        values: Vec::new(),
        called: BTreeMap::new(),
        circles: BTreeSet::new(),
        expanded: 0,
    };
    checker.constants();
    checker.each(|file| file.systems.len(), Checker::system);
    checker.each(|file| file.faults.len(), Checker::own_fault);
    checker.each(|file| file.probes.len(), Checker::own_probe);
    checker.each(|file| file.scenarios.len(), Checker::scenario_parameters);
    checker.each(|file| file.scenarios.len(), Checker::scenario);
    checker.each(|file| file.environments.len(), Checker::environment);
    checker.each(|file| file.experiments.len(), Checker::experiment);
    checker.each(|file| file.policies.len(), Checker::policy);
    checker.each(|file| file.models.len(), Checker::model);
    checker.each(|file| file.tests.len(), Checker::test);
    checker.each(|file| file.schedules.len(), Checker::schedule);
    checker.checked
}

/// Reads a value that was given on the command line for a parameter, in base units.
///
/// # Errors
/// Findings: no such value, another type, outside the range.
pub fn parameter_value(parameter: &Parameter, source: SourceId, text: &str) -> Result<f64, Vec<Diagnostic>> {
    let expr = crate::syntax::parse_expression(source, text)?;
    let mut findings = Vec::new();
    let context = Context::default();
    let value = Typing { context, findings: &mut findings }.constant(&expr, &parameter.ty, &parameter.name);
    match value {
        Some(value) if parameter.ty == crate::types::Type::Bytes && crate::base::unit::whole(value).is_none() => {
            Err(vec![errors::part_of_a_byte(value, expr.span)])
        }
        Some(value) if crate::base::Interval::point(value).within(parameter.range) => Ok(value),
        Some(value) => {
            let found = crate::base::Interval::point(value);
            Err(vec![errors::outside(found, expr.span, parameter.range, &parameter.ty, parameter.range_span)])
        }
        None => Err(findings),
    }
}

/// Checks declarations one by one.
pub(super) struct Checker<'p> {
    program: &'p Program,
    checked: Checked,
    /// The module whose declaration is being checked.
    module: ModuleId,
    /// The constants that each module sees.
    values: Vec<Values>,
    /// Faults under the names by which injects call them.
    called: BTreeMap<(DeclarationId, String), Arc<Fault>>,
    /// Circles of scenarios that were reported.
    circles: BTreeSet<BTreeSet<DeclarationId>>,
    /// Steps that the scenarios of one experiment came to so far.
    expanded: usize,
}

impl<'p> Checker<'p> {
    fn each(&mut self, count: impl Fn(&tree::File) -> usize, check: impl Fn(&mut Self, DeclarationId)) {
        for id in self.declarations(|module| count(&module.file)) {
            self.module = id.module;
            check(self, id);
        }
    }

    /// The constants that a module sees.
    fn values_in(&self, module: ModuleId) -> Values {
        self.values.get(module.0).cloned().unwrap_or_default()
    }

    fn declarations(&self, count: impl Fn(&crate::names::Module) -> usize) -> Vec<DeclarationId> {
        let modules = self.program.modules.iter().enumerate();
        modules
            .flat_map(|(at, module)| (0..count(module)).map(move |index| DeclarationId { module: ModuleId(at), index }))
            .collect()
    }

    fn file(&self, id: DeclarationId) -> Option<&'p tree::File> {
        self.program.module(id.module).map(|module| &*module.file)
    }

    fn report(&mut self, finding: Diagnostic) {
        self.checked.findings.push(finding);
    }

    fn text(&self, span: Span) -> String {
        super::condition::one_line(self.program.sources.text(span))
    }

    /// A declared range. Bounds in the wrong order are reported here, where their texts are known.
    fn range(&mut self, written: Option<&(tree::Expr, tree::Expr)>, ty: &super::Type, context: Context) -> Declared {
        let declared = self.typing(context).range(written, ty);
        if let Some((low, high)) = declared.reversed {
            let sources = &self.program.sources;
            self.report(errors::empty_range((low, sources.text(low)), (high, sources.text(high))));
        }
        declared
    }

    fn typing<'a>(&'a mut self, context: Context<'a>) -> Typing<'a, 'a> {
        let values = context.values.or_else(|| self.values.get(self.module.0));
        Typing { context: Context { values, ..context }, findings: &mut self.checked.findings }
    }

    /// What a path to a declaration means in a module.
    fn resolve(&mut self, kind: Kind, path: &Path, from: ModuleId) -> Option<DeclarationId> {
        let scope = &self.program.module(from)?.scope;
        let found = scope.find(kind, &path.text());
        if found.is_none() && !self.is_lost(path) && !scope.may_be_lost(&path.text()) {
            let mut finding = errors::unknown(kind.word(), &path.text(), path.span, scope.known(kind));
            if scope.known(kind).next().is_none() {
                finding = finding.help(format!("no {} is in scope: bring one in with `use`", kind.word()));
            }
            self.report(finding);
        }
        found
    }

    /// Whether a name may be that of a declaration that could not be read, or of a file that could not.
    fn is_lost(&self, path: &Path) -> bool {
        let last = path.parts.last().map(|name| name.text.as_str());
        self.program.modules.iter().any(|module| module.file.lost.iter().any(|name| Some(name.text.as_str()) == last))
    }

    /// Reports names that stand twice.
    fn distinct<'a>(&mut self, kind: &str, names: impl Iterator<Item = &'a Name>) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for name in names {
            if let Some(first) = seen.get(name.text.as_str()) {
                self.report(errors::twice(kind, &name.text, *first, name.span));
            } else {
                seen.insert(&name.text, name.span);
            }
        }
    }
}
