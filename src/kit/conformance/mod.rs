//! The conformance suite: whether a component keeps what every injector owes its host, fault by fault, case by case.
//!
//! Host calls are real: what a fault needs is started, granted and looked at as `conformance.toml` says.

mod case;
mod places;
mod report;
mod settings;
mod stage;
mod steps;
mod trial;
mod value;

pub use case::Case;
pub use places::Places;
pub use report::{CaseReport, FaultReport, Report, Skipped};
pub use settings::{SETTINGS, Settings};
pub use stage::Stage;

use crate::diagnostics::Diagnostic;
use crate::names::component::ComponentFile;
use std::path::Path;
use trial::Trial;

/// A component to be tried, and all that it takes.
pub struct Suite<'a> {
    /// What it says of itself.
    pub component: &'a ComponentFile,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// How it is tried.
    pub settings: &'a Settings,
    /// What stands for its target.
    pub stage: &'a mut Stage,
    /// The manifest beside it, from which it was built; none where there is none.
    pub beside: Option<String>,
    /// Only these cases; none: all.
    pub cases: Vec<Case>,
}

impl Suite<'_> {
    /// Tries the faults with these names, or all; `tell` hears of each case once it is over. When `stop` comes, what is in force
    /// is taken back, and nothing more is tried.
    ///
    /// # Errors
    /// What stands for the target does not come up, or the settings name what there is not.
    pub async fn run(
        &mut self,
        only: &[String],
        tell: &dyn Fn(&str, &CaseReport),
        stop: impl Future<Output = &'static str>,
    ) -> Result<Report, Diagnostic> {
        let mut stop = std::pin::pin!(stop);
        let settings = self.settings;
        settings.check(&self.component.manifest)?;
        let mut report = Report::new(self.component);
        let whole = CaseReport { case: Case::Manifest, came: steps::manifest(self) };
        tell("", &whole);
        report.component.push(whole);
        let faults = &self.component.manifest.faults;
        for spec in faults.iter().filter(|fault| only.is_empty() || only.contains(&fault.name)) {
            let skipped = settings.skipped(spec);
            let mut cases = Vec::new();
            if skipped.is_none() {
                let trial = Trial::new(self.bytes, spec, settings, self.stage)?;
                for case in Case::of(spec).filter(|case| self.cases.is_empty() || self.cases.contains(case)) {
                    let mut came = Ok(());
                    for round in 0..case.rounds() {
                        let tried = tokio::select! {
                            tried = tried(case, &trial, round, self.stage) => Some(tried?),
                            name = &mut stop => {
                                report.stopped = Some(name);
                                None
                            }
                        };
                        trial.tidy().await;
                        match tried {
                            Some(tried) => came = tried,
                            None => return Ok(report),
                        }
                        if came.is_err() {
                            break;
                        }
                    }
                    let done = CaseReport { case, came };
                    tell(&spec.name, &done);
                    let hopeless = case == Case::Prepared && done.came.is_err();
                    cases.push(done);
                    if hopeless {
                        break;
                    }
                }
            }
            report.faults.push(FaultReport { fault: spec.name.clone(), skipped, cases });
        }
        Ok(report)
    }
}

/// One round of a case, with a target that is as it was.
async fn tried(case: Case, trial: &Trial<'_>, round: usize, stage: &mut Stage) -> Result<report::Came, Diagnostic> {
    if trial.lasts() {
        stage.up().await?;
    } else {
        stage.anew().await?;
    }
    Ok(case.run(trial, round).await)
}

/// The folder in which compiled code is kept between runs.
fn cache(stage: &Path) -> std::path::PathBuf {
    dirs::cache_dir().map_or_else(|| stage.join("components"), |folder| folder.join("chaos").join("components"))
}
