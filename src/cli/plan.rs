//! `chaos plan`, and the options that choose what is planned.

use super::disk::Disk;
use super::planfile;
use super::replace::write_all;
use super::selection::Selection;
use super::{REFUSED, complain, print};
use crate::analysis::{self, Analysis, Planned};
use crate::diagnostics::{Diagnostic, any_error, codes};
use crate::document::{Document, Drawing, Origin, draw};
use crate::names::{Shelf, unreadable};
use crate::report;
use std::path::{Path, PathBuf};

/// Show what an experiment will do: its graph, what each fault touches, and the proven bounds beside the limits.
#[derive(Debug, clap::Args)]
pub struct PlanCommand {
    #[command(flatten)]
    choice: Choice,
    /// How the plan is shown: `text` for people, `json` as `--out` writes it, `mermaid` and `dot` as drawings of its graph.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    /// Write the plan to this file too (`.json`): `chaos exec` runs what it says, `chaos diff` compares it.
    #[arg(long, value_name = "PLAN")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
    Mermaid,
    Dot,
}

/// Which experiment, where, with which parameters.
#[derive(Debug, clap::Args)]
pub struct Choice {
    /// The file with the experiment.
    pub file: PathBuf,
    #[command(flatten)]
    pub settings: Settings,
}

/// What is planned of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Settings {
    /// The environment (default: local).
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// The experiment, where the file has several.
    #[arg(long, value_name = "NAME")]
    pub experiment: Option<String>,
    /// A parameter's value, for example `rate=50%`. May be given again for others.
    #[arg(long, value_name = "PARAM=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it like `rate=50%`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl Choice {
    /// The plan; what stands in its way is printed, and the exit code given.
    pub fn plan(&self) -> Result<(Analysis, Planned), u8> {
        if planfile::is_plan(&self.file) {
            let file = self.file.display();
            complain_of!(
                "error: `{file}` is a plan already; `chaos exec` runs it, `chaos diff` compares it, \
                 `chaos graph` draws it"
            );
            return Err(REFUSED);
        }
        self.settings.plan(&self.file)
    }
}

impl Settings {
    /// The plan of a file; what stands in its way is printed, and the exit code given.
    pub fn plan(&self, file: &Path) -> Result<(Analysis, Planned), u8> {
        let env = self.env.as_deref().unwrap_or(analysis::DEFAULT_ENVIRONMENT);
        let mut analysis = analyse(file, env)?;
        let planned = analysis::plan(&mut analysis, self.experiment.as_deref(), Some(env), &self.set);
        match planned {
            Ok(planned) => Ok((analysis, planned)),
            Err(findings) => {
                print(&findings, &analysis.program.sources);
                Err(REFUSED)
            }
        }
    }
}

impl Settings {
    /// The settings with which a document's plan was made.
    pub fn of(origin: &Origin) -> Self {
        Settings {
            env: Some(origin.environment.clone()),
            experiment: Some(origin.experiment.clone()),
            set: origin.parameters.clone().into_iter().collect(),
        }
    }

    /// The document of a file: the one that it is, else that of its plan. What stands in the way is printed, and the exit
    /// code given.
    pub fn document_of(&self, file: &Path) -> Result<Document, u8> {
        if planfile::is_plan(file) {
            return planfile::read(file);
        }
        let (_, planned) = self.plan(file)?;
        Ok(self.document(file, &planned))
    }

    /// The document of a plan made with these settings.
    pub fn document(&self, file: &Path, planned: &Planned) -> Document {
        let origin = Origin {
            file: file.display().to_string(),
            experiment: planned.plan.experiment.clone(),
            environment: planned.plan.environment.clone(),
            parameters: self.set.iter().cloned().collect(),
        };
        Document::new(planned, origin)
    }
}

impl PlanCommand {
    pub fn run(self) -> u8 {
        if let Some(out) = self.out.as_ref().filter(|out| !planfile::is_plan(out)) {
            complain_of!("error: `{}` is no name for a plan: it must end in `.json`", out.display());
            return REFUSED;
        }
        let planned = match self.choice.plan() {
            Ok((_, planned)) => planned,
            Err(code) => return code,
        };
        let document = self.choice.settings.document(&self.choice.file, &planned);
        if let Some(out) = &self.out
            && let Err((path, reason)) = write_all(&[(out.clone(), document.text())])
        {
            return complain(&unwritable(&path, &reason));
        }
        let shown = match self.format {
            Format::Text => {
                format!("{}\n\n{}", report::plan(&planned.plan, &planned.bounds, &planned.judgement), document.hash())
            }
            Format::Json => document.text(),
            Format::Mermaid => draw(&document, Drawing::Mermaid),
            Format::Dot => draw(&document, Drawing::Dot),
        };
        say!("{}", shown.trim_end());
        0
    }
}

/// The file with what its project says of it. Where that cannot be understood, policies may be missing.
pub fn analyse(file: &Path, environment: &str) -> Result<Analysis, u8> {
    let selection = Selection::one(file, &Disk);
    if any_error(&selection.findings) {
        print(&selection.findings, &selection.sources);
        return Err(REFUSED);
    }
    let shelf = Shelf::numbered_by(&Disk, selection.sources.numbers());
    let targets = selection.targets(Some(environment));
    let target = targets.first().ok_or(REFUSED)?;
    let read = analysis::analyse_from(&shelf, target);
    let mut analysis = read.map_err(|error| complain(&unreadable(&target.path, &error, None)))?;
    analysis.program.sources.join(&selection.sources);
    Ok(analysis)
}

fn unwritable(path: &Path, reason: &str) -> Diagnostic {
    Diagnostic::error(codes::E0100, format!("`{}` cannot be written: {reason}", path.display()))
        .about(path)
        .help("check its permissions, and those of its folder")
}
