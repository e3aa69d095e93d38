//! An environment of a file, planned without any experiment.

use super::{Analysis, DEFAULT_ENVIRONMENT, errors};
use crate::diagnostics::{Diagnostic, Severity, any_error};
use crate::names::{DeclarationId, ModuleId};
use crate::plan::{Plan, bare};
use crate::types::model::Environment;

/// The plan of an environment that a file has or uses: the one that is named, else `local`, else the only one. Also the
/// name of its system.
///
/// # Errors
/// Everything that stands in the way. What is wrong only with an experiment's damage or with its policies does not.
pub fn environment(analysis: &Analysis, name: Option<&str>) -> Result<(Plan, String), Vec<Diagnostic>> {
    // Limits and rules that an experiment breaks are its own affair.
    let is_of_experiments = |code: &str| ["E04", "E05", "E06"].iter().any(|prefix| code.starts_with(prefix));
    let stands = |it: &&Diagnostic| it.severity == Severity::Error && !is_of_experiments(it.code.name);
    let findings: Vec<Diagnostic> = analysis.findings.iter().filter(stands).cloned().collect();
    if !findings.is_empty() {
        return Err(findings);
    }
    let id = chosen(analysis, name).map_err(|finding| vec![finding])?;
    let found = analysis.checked.environments.get(&id);
    let with_system = found.and_then(|(it, system)| Some((it, analysis.checked.systems.get(system.as_ref()?)?)));
    let Some((environment, system)) = with_system else { return Err(vec![errors::no_environment()]) };
    let (plan, findings) = bare(system, environment);
    if any_error(&findings) { Err(findings) } else { Ok((plan, system.name.clone())) }
}

/// The environments of the file itself and of what it uses, those of the file first.
fn known(analysis: &Analysis) -> Vec<(DeclarationId, &Environment)> {
    let all = analysis.checked.environments.iter().map(|(id, (it, _))| (*id, it));
    let mut all: Vec<_> = all.filter(|(id, _)| id.module.0 < analysis.used).collect();
    if all.is_empty() {
        all = analysis.checked.environments.iter().map(|(id, (it, _))| (*id, it)).collect();
    }
    all.sort_by_key(|(id, _)| id.module != ModuleId(0));
    all
}

fn chosen(analysis: &Analysis, name: Option<&str>) -> Result<DeclarationId, Diagnostic> {
    let all = known(analysis);
    let names: Vec<&str> = all.iter().map(|(_, it)| it.name.as_str()).collect();
    let called = |wanted: &str| -> Vec<_> { all.iter().filter(|(_, it)| it.name == wanted).collect() };
    let found = match name {
        Some(name) => called(name),
        None if names.contains(&DEFAULT_ENVIRONMENT) => called(DEFAULT_ENVIRONMENT),
        None if all.len() > 1 => return Err(errors::which_environment(&names)),
        None => all.iter().collect(),
    };
    match (found.as_slice(), name) {
        ([(id, _)], _) => Ok(*id),
        ([(first, one), (second, other), ..], _) => {
            // The file's own comes before those that it uses.
            let own = first.module == ModuleId(0) && second.module != ModuleId(0);
            if own { Ok(*first) } else { Err(errors::two_environments(one, other)) }
        }
        ([], Some(name)) if !all.is_empty() => Err(errors::unknown_environment(name, &names)),
        ([], _) => Err(errors::no_environment()),
    }
}
