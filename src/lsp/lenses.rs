//! What stands above experiments and tests: the worst they can do, and what can be done with them.

use super::asked::Asked;
use super::hover::bounds;
use crate::names::{DeclarationId, ModuleId};
use crate::syntax::tree::Name;
use gen_lsp_types::{CodeLens, Command};

/// All lenses of a document.
pub fn lenses(asked: &Asked) -> Vec<CodeLens> {
    let Some(known) = asked.known else { return Vec::new() };
    let Some(module) = known.analysis.program.modules.first() else { return Vec::new() };
    let mut found = Vec::new();
    for (index, experiment) in module.file.experiments.iter().enumerate() {
        let id = DeclarationId { module: ModuleId(0), index };
        for planned in known.plans(id) {
            let title = format!("{} in {}", bounds(planned), planned.plan.environment);
            found.push(lens(asked, &experiment.name, title, ""));
        }
        found.push(lens(asked, &experiment.name, "plan".to_owned(), "chaos.plan"));
        if let Some(verdict) = asked.workspace.last_run(asked.path, &experiment.name.text) {
            found.push(lens(asked, &experiment.name, format!("last run: {verdict}"), ""));
        }
    }
    found.extend(module.file.tests.iter().map(|it| lens(asked, &it.name, "run the test".to_owned(), "chaos.test")));
    found
}

fn lens(asked: &Asked, name: &Name, title: String, command: &str) -> CodeLens {
    let uri = asked.workspace.documents.get(asked.path).map(|document| document.address.0.clone());
    let arguments = Some(vec![uri.unwrap_or_default().into(), name.text.clone().into()]);
    let command = Command { title, command: command.to_owned(), arguments, tooltip: None };
    CodeLens { range: asked.page.of(name.span), command: Some(command), data: None }
}
