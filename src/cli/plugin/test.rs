//! `chaos plugin test`: the conformance suite.

use crate::base::Files;
use crate::cli::disk::Disk;
use crate::cli::output::{TextOrJson, write_out};
use crate::cli::signals::Signals;
use crate::cli::{block_on, complain};
use crate::diagnostics::{Diagnostic, printable};
use crate::injector::component;
use crate::kit::conformance::{Case, CaseReport, Places, Report, SETTINGS, Settings, Stage, Suite};
use crate::names::component::{BUILT, ComponentFile, MANIFEST, is_file, read};
use crate::names::{Unreadable, unusable_component};
use crate::report::Paint;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::path::{Path, PathBuf};

/// Try a component: whether it keeps what every injector owes, fault by fault, on a real target.
///
/// What the faults need (a target, parameters, grants) stands in `conformance.toml` beside the component. A fault that cannot
/// be tried fails the suite, unless `[skip]` names it.
///
/// Exit code: 0 all passed, 1 a case failed or a fault was not tried, 2 the component cannot be used (E0330), the settings
/// are wrong (E0864), or the target does not come up, 4 stopped by a signal: what was in force is taken back.
#[derive(Debug, clap::Args)]
pub struct Test {
    /// The component: a plugin's folder, a file, or the name of a standard one.
    #[arg(default_value = ".")]
    component: String,
    /// Only this fault. May be given again for others.
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Only this case. May be given again for others.
    #[arg(long, value_name = "NAME", value_parser = cases())]
    case: Vec<Case>,
    /// The value of a parameter, of the one fault that is tried. May be given again for others.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    param: Vec<(String, String)>,
    /// A target that runs already: nothing is started.
    #[arg(long, value_name = "HOST:PORT")]
    target: Option<String>,
    /// One thing more that the component may do, for example `tcp=127.0.0.1:6379`. May be given again for others.
    #[arg(long, value_name = "CAPABILITY=WHAT", value_parser = pair)]
    grant: Vec<(String, String)>,
    /// The settings (default: `conformance.toml` beside the component).
    #[arg(long, value_name = "FILE")]
    with: Option<PathBuf>,
    /// How results are written: for people, or one document on standard output.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: TextOrJson,
}

/// Stopped by a signal.
const STOPPED: u8 = 4;

fn cases() -> impl TypedValueParser<Value = Case> {
    PossibleValuesParser::new(Case::names()).map(|name| Case::named(&name).unwrap_or(Case::Prepared))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A component that was found: its bytes, what it says of itself, and the folder that it lies in.
struct Found {
    bytes: Vec<u8>,
    file: ComponentFile,
    folder: PathBuf,
    /// The manifest beside it, where it is no standard one.
    beside: Option<String>,
}

impl Test {
    pub fn run(&self) -> u8 {
        match self.try_it() {
            Ok(Report { stopped: Some(name), .. }) => {
                complain_of!("stopped by {name}: what was in force is taken back, and not everything was tried");
                STOPPED
            }
            Ok(report) => {
                if self.format == TextOrJson::Json {
                    write_out(&format!("{:#}\n", report.document()));
                }
                u8::from(!report.passed())
            }
            Err(finding) => complain(&finding),
        }
    }

    fn try_it(&self) -> Result<Report, Diagnostic> {
        let found = self.found()?;
        let stage = Stage::new().map_err(|why| Settings::none(Path::new(SETTINGS)).wrong(&why))?;
        let tried = block_on(self.tried(&found, stage));
        tried.map_err(|why| Settings::none(Path::new(SETTINGS)).wrong(&why))?
    }

    async fn tried(&self, found: &Found, mut stage: Stage) -> Result<Report, Diagnostic> {
        let report = self.on(found, &mut stage).await;
        for left in stage.down().await {
            complain(&left);
        }
        report
    }

    async fn on(&self, found: &Found, stage: &mut Stage) -> Result<Report, Diagnostic> {
        let settings = self.settings(found, stage)?;
        let mut signals = Signals::install().map_err(|error| settings.wrong(&error.to_string()))?;
        stage.set(&settings)?;
        tokio::select! {
            up = stage.up() => up?,
            name = signals.next() => return Ok(Report::stopped(&found.file, name)),
        }
        let text = self.format == TextOrJson::Text;
        if text {
            introduce(&found.file);
        }
        let mut suite = Suite {
            component: &found.file,
            bytes: &found.bytes,
            settings: &settings,
            stage,
            beside: found.beside.clone(),
            cases: self.case.clone(),
        };
        let tell = |fault: &str, case: &CaseReport| {
            if text {
                show(fault, case);
            }
        };
        let report = suite.run(&self.fault, &tell, signals.next()).await?;
        if text && report.stopped.is_none() {
            conclude(&report);
        }
        Ok(report)
    }

    fn found(&self) -> Result<Found, Diagnostic> {
        let path = Path::new(&self.component);
        let unusable = |why: Unreadable| unusable_component(&self.component, &why);
        let manifest = |folder: &Path| std::fs::read_to_string(folder.join(MANIFEST)).ok();
        let (bytes, folder, beside) = match component(&self.component).filter(|_| !is_file(&self.component)) {
            Some(bytes) => (bytes.to_vec(), PathBuf::new(), None),
            None if path.is_dir() => {
                let bytes = Disk.bytes(&path.join(BUILT));
                let unbuilt = |finding: Diagnostic| finding.help("`chaos plugin build` makes it");
                let bytes = bytes.map_err(|error| {
                    unbuilt(unusable_component(&path.join(BUILT).display().to_string(), &Unreadable::File(error)))
                })?;
                (bytes, path.to_owned(), manifest(path))
            }
            None => {
                let bytes = Disk.bytes(path).map_err(|error| unusable(Unreadable::File(error)))?;
                let folder = path.parent().unwrap_or(Path::new(""));
                (bytes, folder.to_owned(), manifest(folder))
            }
        };
        let file = read(&bytes).map_err(|why| unusable(Unreadable::Content(why)))?;
        Ok(Found { bytes, file, folder, beside })
    }

    /// What is written, and what the command line says besides.
    fn settings(&self, found: &Found, stage: &Stage) -> Result<Settings, Diagnostic> {
        let path = self.with.clone().unwrap_or_else(|| found.folder.join(SETTINGS));
        let whole = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
        let here = whole.parent().unwrap_or(Path::new("/")).to_owned();
        let places = Places { dir: stage.folder().to_owned(), here, target: self.target.clone() };
        let mut settings = match self.with.is_none() && !path.exists() {
            true => Settings::none(&path),
            false => Settings::read(&path, &places)?,
        };
        for (capability, what) in &self.grant {
            settings.grant(capability, what)?;
        }
        let manifest = &found.file.manifest;
        if let Some(unknown) = self.fault.iter().find(|name| manifest.fault(name).is_none()) {
            return Err(settings.wrong(&format!("the component `{}` has no fault `{unknown}`", manifest.name)));
        }
        let chosen = manifest.faults.iter().filter(|fault| self.fault.is_empty() || self.fault.contains(&fault.name));
        let chosen: Vec<_> = chosen.collect();
        for (name, value) in &self.param {
            let [fault] = chosen.as_slice() else {
                return Err(settings.wrong("`--param` is of one fault: name it with `--fault`"));
            };
            settings.set(fault, name, value)?;
        }
        Ok(settings)
    }
}

fn introduce(file: &ComponentFile) {
    let manifest = &file.manifest;
    say!("{} {}, sha256:{}", Paint::bold(&manifest.name), manifest.version, file.digest);
}

/// A case, with what it is about where it failed.
fn show(fault: &str, case: &CaseReport) {
    let of = if fault.is_empty() { String::new() } else { format!("{fault} ") };
    let name = format!("{of}{}", case.case.name());
    match &case.came {
        Ok(()) => say!("  {} {name}", Paint::green("pass")),
        Err(why) => {
            // A component's words; they must not steer the terminal.
            say!("  {} {name}: {}", Paint::red("FAIL"), printable(why));
            say!("       {}", Paint::dim(case.case.owes()));
        }
    }
}

fn conclude(report: &Report) {
    for fault in &report.faults {
        let Some(skipped) = &fault.skipped else { continue };
        let mark = if skipped.listed { Paint::yellow("skip") } else { Paint::red("SKIP") };
        say!("  {mark} {}: {}", fault.fault, skipped.reason);
    }
    say!("{}", report.summary());
}
