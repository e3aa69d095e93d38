//! Rank 8: the whole front end in one call: a file, all it uses, its environment, and everything that is wrong with it.

mod errors;
mod examples;
mod ground;
mod guards;
mod mend;
mod placed;
mod quiet;
mod survey;
mod trials;
mod vacuity;

pub use examples::Example;
pub use mend::{Change, Done, Mended, Worse, mend};
pub use placed::environment;
pub use survey::{Found, Survey, Target, each, guards, survey};
pub use trials::{Ready, Trial};

use crate::base::{FileError, Files, Interval, SourceId, Span, parallel};
use crate::diagnostics::{Diagnostic, Severity, any_error, codes, tidy};
use crate::names::{DeclarationId, ModuleId, Program, Shelf};
use crate::plan::{Choice, Plan, Stage, arrange, lower};
use crate::policy::{Case, Judgement, judge};
use crate::radius::{self, Bounds};
use crate::syntax::File;
use crate::types::model::{Argument, Experiment, Schedule, Test};
use crate::types::term::Known;
use crate::types::{self, Checked};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The environment that is taken when none is named.
pub const DEFAULT_ENVIRONMENT: &str = "local";

/// A checked file.
#[derive(Debug)]
pub struct Analysis {
    /// The file and all it uses.
    pub program: Program,
    /// Its typed declarations.
    pub checked: Checked,
    /// The plans of its experiments in the environments in which they were checked and nothing was wrong, parameters as
    /// ranges.
    pub plans: Vec<(DeclarationId, Planned)>,
    /// How many modules the file is and uses; those behind them lie beside it.
    used: usize,
    /// What the project names for its policies.
    guards: Vec<ModuleId>,
    /// Everything that is wrong with it, by place.
    pub findings: Vec<Diagnostic>,
}

/// A plan with its proven bounds.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The worst it can do.
    pub bounds: Bounds,
    /// What policies say of it.
    pub judgement: Judgement,
}

/// Checks a file: its text, names, types, and each of its experiments in the environment that is named, else in `local`
/// where there is one.
///
/// # Errors
/// Why the file cannot be read.
pub fn analyse(path: &Path, files: &dyn Files, environment: Option<&str>) -> Result<Analysis, FileError> {
    let target = Target { environment: environment.map(str::to_owned), ..Target::new(path) };
    analyse_from(&Shelf::new(files), &target)
}

/// The same for one of many files, which may use the same others.
///
/// # Errors
/// Why the file cannot be read.
pub fn analyse_from(shelf: &Shelf, target: &Target) -> Result<Analysis, FileError> {
    let mut analysis = read(shelf, target)?;
    let asked = analysis.asked(target.environment.as_deref());
    // Each is proven for itself; a long file is checked on all processors.
    let stages = analysis.stages(&asked);
    let checked = parallel::map(&asked, |asked| analysis.check_in(asked, &stages));
    for (asked, (planned, found)) in asked.iter().zip(checked) {
        analysis.plans.extend(planned.map(|planned| (asked.experiment, planned)));
        analysis.findings.extend(found);
    }
    tidy(&mut analysis.findings);
    Ok(analysis)
}

/// Plans one experiment of a file for a run, with the values given for its parameters.
///
/// # Errors
/// Everything that stands in the way.
pub fn plan(
    analysis: &mut Analysis,
    experiment: Option<&str>,
    environment: Option<&str>,
    given: &[(String, String)],
) -> Result<Planned, Vec<Diagnostic>> {
    // Policies judge this experiment once more, with the values that it runs with.
    let stands = |finding: &Diagnostic| finding.severity == Severity::Error && !is_of_policy(finding);
    if analysis.findings.iter().any(stands) {
        return Err(analysis.findings.clone());
    }
    let id = analysis.experiment(experiment).map_err(|finding| vec![finding])?;
    let known = analysis.known(id, given)?;
    let environment = environment.unwrap_or(DEFAULT_ENVIRONMENT);
    let place = analysis.environment(id, environment).map_err(|finding| vec![finding])?;
    if known.parameters.is_empty()
        && let Some(planned) = analysis.take_plan(id, environment)
    {
        return Ok(planned);
    }
    let (planned, findings) = analysis.plan_with(id, place, &known);
    match planned {
        Some(planned) if !any_error(&findings) => Ok(planned),
        _ => Err(findings),
    }
}

fn read(shelf: &Shelf, target: &Target) -> Result<Analysis, FileError> {
    let mut program = Program::load_from(shelf, &target.path)?;
    let own: BTreeSet<SourceId> = program.modules.iter().map(|module| module.source).collect();
    let used = program.modules.len();
    let guards: Vec<ModuleId> = target.guards.iter().filter_map(|guard| program.load_guard(guard, shelf)).collect();
    let mut checked = types::check(&program);
    let names = wanted_environments(&checked, target.environment.as_deref().unwrap_or(DEFAULT_ENVIRONMENT));
    let brought = |id: &DeclarationId| id.module.0 < used;
    let lacks = |name: &&str| !checked.environments.iter().any(|(id, (it, _))| it.name == **name && brought(id));
    if program.modules.first().is_some_and(|module| runs_something(&module.file))
        && names.iter().map(String::as_str).chain(guards::confirming(&checked)).any(|it| lacks(&it))
        && program.load_environments_beside(ModuleId(0), shelf)
    {
        checked = types::check(&program);
    }
    let mut wanted = own;
    wanted.extend(target.guards.iter().map(|guard| guard.span.source));
    let mut relied_on: BTreeSet<ModuleId> = guards.iter().copied().collect();
    let own_systems: BTreeSet<_> = own_experiments(&checked)
        .into_iter()
        .filter_map(|id| checked.experiments.get(&id).map(|(_, system)| *system))
        .collect();
    for name in &names {
        // An environment that the file has or brings in comes before those beside it; of several there none is chosen.
        let all = checked.environments.iter();
        let fits = all.filter(|(_, (it, system))| it.name == *name && own_systems.contains(system));
        let fits: Vec<ModuleId> = fits.map(|(id, _)| id.module).collect();
        if let [beside] = fits.as_slice() {
            relied_on.insert(*beside);
        }
    }
    let relied_on = program.reach(relied_on);
    wanted.extend(relied_on.iter().filter_map(|id| program.module(*id)).map(|module| module.source));
    // Files that only lie beside this one are their own affair.
    let concerns = |finding: &&Diagnostic| finding.place().is_none_or(|place| wanted.contains(&place.source));
    let mut findings: Vec<Diagnostic> = program
        .findings
        .iter()
        .chain(&checked.findings)
        .chain(&vacuity::check(&checked))
        .filter(concerns)
        .cloned()
        .collect();
    tidy(&mut findings);
    Ok(Analysis { program, checked, used, guards, plans: Vec::new(), findings })
}

/// The experiments of the file itself, and those of its tests and schedules.
fn own_experiments(checked: &Checked) -> BTreeSet<DeclarationId> {
    let own = checked.experiments.keys().filter(|id| id.module == ModuleId(0)).copied();
    let tests = checked.tests.iter().filter(|(id, _)| id.module == ModuleId(0)).map(|(_, (_, of))| *of);
    let schedules = checked.schedules.iter().filter(|(id, _)| id.module == ModuleId(0)).map(|(_, (_, of))| *of);
    own.chain(tests).chain(schedules).collect()
}

/// Whether a file has anything that runs in an environment.
fn runs_something(file: &File) -> bool {
    !(file.experiments.is_empty() && file.tests.is_empty() && file.schedules.is_empty())
}

/// The environments that a file is checked in: the one that is asked for, and those that its tests and schedules name.
fn wanted_environments(checked: &Checked, environment: &str) -> BTreeSet<String> {
    let tests = checked.tests.iter().filter(|(id, _)| id.module == ModuleId(0)).map(|(_, (it, _))| &it.environment);
    let schedules =
        checked.schedules.iter().filter(|(id, _)| id.module == ModuleId(0)).map(|(_, (it, _))| &it.environment);
    tests.chain(schedules).flatten().cloned().chain([environment.to_owned()]).collect()
}

/// An experiment that is checked in an environment.
struct Asked {
    experiment: DeclarationId,
    environment: String,
    /// Whether there must be such an environment, and where it is named.
    named: Option<Option<Span>>,
    /// Whether a test expects that the run is refused there: then policies may.
    refused: bool,
}

/// Whether a finding is a broken rule.
fn is_of_policy(finding: &Diagnostic) -> bool {
    [codes::E0601, codes::E0602].contains(&finding.code)
}

/// Every parameter as its declared range.
pub fn whole_ranges(experiment: &Experiment) -> Known {
    let ranges = experiment.parameters.iter().map(|parameter| (parameter.name.clone(), parameter.range));
    Known { parameters: ranges.collect(), ..Known::default() }
}

/// The environments in which experiments are checked, each with its system.
type Stages<'a> = BTreeMap<DeclarationId, Stage<'a>>;

impl Analysis {
    /// The environments of all that is checked.
    fn stages(&self, asked: &[Asked]) -> Stages<'_> {
        let places = asked.iter().filter_map(|asked| self.environment(asked.experiment, &asked.environment).ok());
        let places: BTreeSet<DeclarationId> = places.collect();
        places.into_iter().filter_map(|place| Some((place, self.stage(place)?))).collect()
    }

    /// An environment with its system.
    fn stage(&self, place: DeclarationId) -> Option<Stage<'_>> {
        let (environment, system) = self.checked.environments.get(&place)?;
        Some(Stage::of(self.checked.systems.get(system.as_ref()?)?, environment))
    }

    /// The experiments of the file itself, in order.
    pub fn experiments(&self) -> Vec<DeclarationId> {
        self.checked.experiments.keys().filter(|id| id.module == ModuleId(0)).copied().collect()
    }

    /// What is checked where: the file's own experiments in the environment that is asked for, else in `local`; those of its
    /// tests and schedules in the environments these name.
    fn asked(&self, environment: Option<&str>) -> Vec<Asked> {
        let own = self.experiments().into_iter().map(|experiment| Asked {
            experiment,
            environment: environment.unwrap_or(DEFAULT_ENVIRONMENT).to_owned(),
            named: environment.map(|_| None),
            refused: false,
        });
        let test = |it: &Test| (it.environment.clone(), it.expects_refusal(), it.span);
        let tests = self.checked.tests.iter().map(|(id, (it, of))| (id, *of, test(it)));
        let schedule = |it: &Schedule| (it.environment.clone(), false, it.span);
        let schedules = self.checked.schedules.iter().map(|(id, (it, of))| (id, *of, schedule(it)));
        let others = tests.chain(schedules).filter(|(id, ..)| id.module == ModuleId(0));
        let others = others.filter_map(|(_, experiment, (environment, refused, span))| {
            Some(Asked { experiment, environment: environment?, named: Some(Some(span)), refused })
        });
        own.chain(others).collect()
    }

    /// What is wrong with an experiment in an environment. Where nobody named one and there is no `local`, what depends on
    /// an environment is left open.
    fn check_in(&self, asked: &Asked, stages: &Stages) -> (Option<Planned>, Vec<Diagnostic>) {
        let Some((experiment, _)) = self.checked.experiments.get(&asked.experiment) else { return (None, Vec::new()) };
        let known = whole_ranges(experiment);
        match self.environment(asked.experiment, &asked.environment) {
            Ok(place) => {
                let planned = stages.get(&place).map(|stage| self.plan_on(stage, asked.experiment, place, &known));
                let (planned, mut findings) = planned.unwrap_or_default();
                let stands = planned.filter(|_| !any_error(&findings));
                findings.retain(|finding| !(asked.refused && is_of_policy(finding)));
                (stands, findings)
            }
            Err(finding) => {
                let finding = match asked.named {
                    Some(Some(span)) if finding.labels.is_empty() => Some(finding.at(span, "named here")),
                    Some(None) if finding.labels.is_empty() => {
                        Some(finding.at(experiment.span, "this experiment is checked there"))
                    }
                    Some(_) => Some(finding),
                    None => None,
                };
                (None, finding.into_iter().chain(arrange(experiment, &known).1).collect())
            }
        }
    }

    fn experiment(&self, name: Option<&str>) -> Result<DeclarationId, Diagnostic> {
        let all = self.experiments();
        let names: Vec<&str> =
            all.iter().filter_map(|id| self.checked.experiments.get(id)).map(|(it, _)| it.name.as_str()).collect();
        match name {
            None => match all.as_slice() {
                [one] => Ok(*one),
                [] => Err(errors::no_experiment()),
                _ => Err(errors::which_experiment(&names)),
            },
            Some(name) => {
                let at = names.iter().position(|known| *known == name);
                at.and_then(|at| all.get(at).copied()).ok_or_else(|| errors::unknown_experiment(name, &names))
            }
        }
    }

    /// The environment of this name for the experiment's system.
    fn environment(&self, experiment: DeclarationId, name: &str) -> Result<DeclarationId, Diagnostic> {
        let system = self.checked.experiments.get(&experiment).and_then(|(_, system)| *system);
        let fitting = |of: &Option<DeclarationId>| *of == system;
        let named: Vec<_> = self.checked.environments.iter().filter(|(_, (it, _))| it.name == name).collect();
        let brought = named.iter().any(|(id, _)| id.module.0 < self.used);
        let named = named.into_iter().filter(|(id, _)| !brought || id.module.0 < self.used);
        let (fit, unfit): (Vec<_>, Vec<_>) = named.partition(|(_, (_, of))| fitting(of));
        match (fit.as_slice(), unfit.first()) {
            ([(id, _)], _) => Ok(**id),
            ([(_, (first, _)), (_, (second, _)), ..], _) => Err(errors::two_environments(first, second)),
            ([], Some((_, (other, _)))) => Err(errors::other_system(other)),
            ([], None) => {
                let all = self.checked.environments.values().filter(|(_, of)| fitting(of));
                let known: Vec<&str> = all.map(|(it, _)| it.name.as_str()).collect();
                Err(errors::unknown_environment(name, &known))
            }
        }
    }

    /// The parameters' values: as given, else their defaults.
    fn known(&mut self, id: DeclarationId, given: &[(String, String)]) -> Result<Known, Vec<Diagnostic>> {
        let Some((experiment, _)) = self.checked.experiments.get(&id) else { return Ok(Known::default()) };
        let mut known = Known::default();
        for parameter in &experiment.parameters {
            let default = match &parameter.default {
                Some(Argument::Term(term)) => term.bounds(&Known::default()),
                _ => parameter.range,
            };
            known.parameters.insert(parameter.name.clone(), default);
        }
        for (name, text) in given {
            let found = experiment.parameters.iter().find(|parameter| parameter.name == *name);
            let Some(parameter) = found else {
                let names = experiment.parameters.iter().map(|parameter| parameter.name.as_str());
                return Err(vec![errors::unknown_parameter(name, names)]);
            };
            let source = self.program.sources.add(format!("--set {name}"), text.clone());
            let value = types::parameter_value(parameter, source, text)?;
            known.parameters.insert(name.clone(), Interval::point(value));
        }
        Ok(known)
    }

    /// The plan that was made when the experiment was checked in this environment, if nothing was wrong with it. Without
    /// parameters it is the plan of the run.
    fn take_plan(&mut self, id: DeclarationId, environment: &str) -> Option<Planned> {
        let fits = |(of, it): &(DeclarationId, Planned)| *of == id && it.plan.environment == environment;
        self.plans.iter().position(fits).map(|at| self.plans.swap_remove(at).1)
    }

    fn plan_with(
        &self,
        experiment: DeclarationId,
        place: DeclarationId,
        known: &Known,
    ) -> (Option<Planned>, Vec<Diagnostic>) {
        self.stage(place).map_or_else(Default::default, |stage| self.plan_on(&stage, experiment, place, known))
    }

    fn plan_on(
        &self,
        stage: &Stage,
        experiment: DeclarationId,
        place_id: DeclarationId,
        known: &Known,
    ) -> (Option<Planned>, Vec<Diagnostic>) {
        let Some((experiment, Some(_))) = self.checked.experiments.get(&experiment) else { return (None, Vec::new()) };
        let environment = stage.environment;
        let (plan, mut findings) = lower(Choice { stage, experiment, known });
        let (bounds, exceeded) = radius::prove(&plan);
        let mut judgement = Judgement::default();
        // Where the order of the steps is not understood, what may overlap is not known either.
        if !findings.iter().any(|finding| [codes::E0203, codes::E0406, codes::E0410].contains(&finding.code)) {
            findings.extend(exceeded);
            let case = Case { experiment, environment, known, plan: &plan, bounds: &bounds };
            judgement = judge(case, self.policies(place_id.module));
            findings.extend(judgement.broken.iter().map(|broken| broken.finding.clone()));
            findings.extend(judgement.asks.iter().filter_map(|ask| self.nowhere(ask, place_id)));
        }
        tidy(&mut findings);
        (Some(Planned { plan, bounds, judgement }), findings)
    }
}
