//! `chaos plan`, and the options that choose what is planned.

use super::disk::Disk;
use super::selection::Selection;
use super::{REFUSED, complain, print};
use crate::analysis::{self, Analysis, Planned};
use crate::diagnostics::any_error;
use crate::names::{Shelf, unreadable};
use crate::report;
use std::path::PathBuf;

/// Show what an experiment will do: its graph, what each fault touches, and the proven bounds beside the limits.
#[derive(Debug, clap::Args)]
pub struct PlanCommand {
    #[command(flatten)]
    choice: Choice,
}

/// Which experiment, where, with which parameters.
#[derive(Debug, clap::Args)]
pub struct Choice {
    /// The file with the experiment.
    pub file: PathBuf,
    /// The environment.
    #[arg(long, value_name = "NAME", default_value = analysis::DEFAULT_ENVIRONMENT)]
    pub env: String,
    /// The experiment, where the file has several.
    #[arg(long, value_name = "NAME")]
    pub experiment: Option<String>,
    /// A parameter's value, for example `rate=50%`. May be given again for others.
    #[arg(long, value_name = "PARAM=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it like `rate=50%`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl Choice {
    /// The plan; what stands in its way is printed, and the exit code given.
    pub fn plan(&self) -> Result<(Analysis, Planned), u8> {
        let mut analysis = self.analyse()?;
        let planned = analysis::plan(&mut analysis, self.experiment.as_deref(), Some(&self.env), &self.set);
        match planned {
            Ok(planned) => Ok((analysis, planned)),
            Err(findings) => {
                print(&findings, &analysis.program.sources);
                Err(REFUSED)
            }
        }
    }
}

impl Choice {
    /// The file with what its project says of it. Where that cannot be understood, policies may be missing.
    fn analyse(&self) -> Result<Analysis, u8> {
        let selection = Selection::one(&self.file, &Disk);
        if any_error(&selection.findings) {
            print(&selection.findings, &selection.sources);
            return Err(REFUSED);
        }
        let shelf = Shelf::numbered_by(&Disk, selection.sources.numbers());
        let targets = selection.targets(Some(&self.env));
        let target = targets.first().ok_or(REFUSED)?;
        let read = analysis::analyse_from(&shelf, target);
        let mut analysis = read.map_err(|error| complain(&unreadable(&target.path, &error, None)))?;
        analysis.program.sources.join(&selection.sources);
        Ok(analysis)
    }
}

impl PlanCommand {
    pub fn run(self) -> u8 {
        match self.choice.plan() {
            Ok((_, planned)) => {
                say!("{}", report::plan(&planned.plan, &planned.bounds, &planned.judgement));
                0
            }
            Err(code) => code,
        }
    }
}
