//! What `check` and `lint` share: paths in, fixes, findings out.

use super::disk::Disk;
use super::output::{FormatOption, exit_code, summary, write_out};
use super::replace::replace;
use super::selection::{self, ExcludeOption, Selection};
use super::{REFUSED, complain, counted, stdin, unified};
use crate::analysis::{Change, Mended, Survey, Worse, mend};
use crate::base::{FileError, Files, Overlay};
use crate::diagnostics::format::Report;
use crate::diagnostics::{Diagnostic, codes};
use crate::names::{Shelf, unreadable};
use std::path::{Path, PathBuf};

/// Which files, what is done to them, and how it is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Examine {
    /// Files, folders (all `.chaos` files in them), or `-`: standard input.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// The path that standard input would have: what it uses is looked for from there.
    #[arg(long, value_name = "PATH", default_value = stdin::NAME, hide_default_value = true)]
    stdin_path: PathBuf,
    /// Apply the safe fixes to the files, again until there are none left. Of standard input the text is written to
    /// standard output.
    #[arg(long)]
    fix: bool,
    /// Show what `--fix` would change as a unified diff, and write nothing.
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    exclude: ExcludeOption,
    #[command(flatten)]
    output: FormatOption,
}

/// What came of it.
struct Outcome {
    survey: Survey,
    /// Whether a fix could not be written.
    failed: bool,
    /// How many paths were given and left out.
    left_out: usize,
}

/// Looks at the files of a selection.
pub type Look<'l> = &'l dyn Fn(&Selection, &Shelf) -> Survey;

impl Examine {
    /// Does all of it; `done` is what it is called when nothing was found, for example `checked, nothing wrong`.
    pub fn run(&self, command: &str, done: &str, deny_warnings: bool, look: Look) -> u8 {
        if let Some(reason) = self.misuse() {
            complain_of!("error: {reason}");
            return REFUSED;
        }
        let overlay = Overlay::over(&Disk);
        let mut paths = self.paths.clone();
        if self.reads_stdin() {
            match stdin::read() {
                Ok(text) => overlay.put(self.stdin_name(), text),
                Err(error) => return self.no_stdin(command, &error),
            }
            paths = vec![self.stdin_name()];
        }
        let Outcome { survey, failed, left_out } = self.survey(&overlay, &paths, look);
        let files = survey.files();
        let (findings, sources) = (&survey.findings, &survey.sources);
        let report = Report { command, files: &files, findings, sources, deny_warnings };
        self.output.write(&report);
        if !self.output.format.is_for_machines() {
            self.sum_up(&report, done);
            selection::tell_left_out(left_out);
        }
        if failed { REFUSED } else { exit_code(report.totals(), deny_warnings) }
    }

    fn reads_stdin(&self) -> bool {
        self.paths.iter().any(|path| stdin::is_dash(path))
    }

    /// What standard input is called.
    fn stdin_name(&self) -> PathBuf {
        selection::shown(&self.stdin_path)
    }

    /// Options that contradict each other.
    fn misuse(&self) -> Option<&'static str> {
        let machines = self.output.format.is_for_machines();
        match () {
            () if self.reads_stdin() && self.paths.len() > 1 => {
                Some("`-` stands alone: standard input is read, or files are")
            }
            () if self.diff && machines => Some("`--diff` writes to standard output, where this format is written"),
            () if self.fix && machines && self.reads_stdin() => {
                Some("`--fix` writes standard input's text to standard output, where this format is written")
            }
            () => None,
        }
    }

    fn no_stdin(&self, command: &str, error: &FileError) -> u8 {
        let files = [self.stdin_name()];
        let findings = [unreadable(&files[0], error, None)];
        let sources = Default::default();
        let report = Report { command, files: &files, findings: &findings, sources: &sources, deny_warnings: false };
        self.output.write(&report);
        REFUSED
    }

    /// What is found, after fixes where they were asked for.
    fn survey(&self, files: &dyn Files, paths: &[PathBuf], look: Look) -> Outcome {
        let select = |files: &dyn Files| Selection::of(paths, self.exclude.excluded(), files);
        let look_at = |selection: &Selection, files: &dyn Files| {
            let shelf = Shelf::numbered_by(files, selection.sources.numbers());
            look(selection, &shelf).with(&selection.findings, &selection.sources)
        };
        let check = |files: &dyn Files| look_at(&select(files), files);
        let selection = select(files);
        let left_out = selection.left_out;
        if !self.fix && !self.diff {
            return Outcome { survey: look_at(&selection, files), failed: false, left_out };
        }
        let mended = mend(files, |path| selection.may_change(path), check);
        mended.worse.iter().for_each(tell_worse);
        if self.diff {
            mended.changes.iter().for_each(|(path, change)| unified::show(path, &change.before, &change.after));
            return Outcome { survey: look_at(&selection, files), failed: false, left_out };
        }
        let failed = !self.write(&mended, files);
        Outcome { survey: if failed { check(files) } else { mended.survey }, failed, left_out }
    }

    /// Writes the changed files, or the text of standard input; whether all could be written.
    fn write(&self, mended: &Mended, files: &dyn Files) -> bool {
        if self.reads_stdin() {
            let name = self.stdin_name();
            let change = mended.changes.get(&name);
            tell_fixes(&change.map(|change| (name.as_path(), change)).into_iter().collect::<Vec<_>>());
            write_out(&change.map_or_else(|| files.read(&name).unwrap_or_default(), |change| change.after.clone()));
            return true;
        }
        let put = |(path, change): (&PathBuf, &Change)| put(path, change).map_err(|finding| complain(&finding)).is_ok();
        let (done, failed): (Vec<_>, Vec<_>) = mended.changes.iter().partition(|change| put(*change));
        tell_fixes(
            &done.iter().map(|(path, change): &(&PathBuf, &Change)| (path.as_path(), *change)).collect::<Vec<_>>(),
        );
        failed.is_empty()
    }

    fn sum_up(&self, report: &Report, done: &str) {
        let totals = report.totals();
        if let Some(found) = summary(totals) {
            let fixable = match totals.fixable {
                0 => String::new(),
                _ if self.fix || self.diff => String::new(),
                some => format!("; `--fix` mends {some} of them"),
            };
            complain_of!("{found}{fixable}");
        } else if self.diff || self.fix && self.reads_stdin() {
            complain_of!("{} {done}", counted(totals.files, "file"));
        } else {
            say!("{} {done}", counted(totals.files, "file"));
        }
    }
}

fn tell_worse(worse: &Worse) {
    let place = if worse.place == worse.path { "it".to_owned() } else { format!("`{}`", worse.place.display()) };
    complain_of!(
        "`{}` is left as it was: with its fixes, {place} would have {} instead of {}",
        worse.path.display(),
        counted(worse.after, "error"),
        worse.before
    );
}

/// Says what was fixed in which files.
fn tell_fixes(done: &[(&Path, &Change)]) {
    for (path, change) in done {
        for fix in &change.fixes {
            complain_of!("fixed {}:{}: {} ({})", path.display(), fix.line, fix.title, fix.code);
        }
    }
    let count = done.iter().map(|(_, change)| change.fixes.len()).sum();
    if count > 0 {
        complain_of!("{} fixed in {}", counted(count, "finding"), counted(done.len(), "file"));
    }
}

/// Puts a changed text in its place, if the file still holds what was read.
fn put(path: &Path, change: &Change) -> Result<(), Diagnostic> {
    let error = |reason: String| unreadable(path, &FileError::Other(reason), None);
    match Disk.read(path) {
        Ok(now) if now == change.before => replace(path, &change.after).map_err(|reason| unwritable(path, &reason)),
        Ok(_) => Err(error("it has changed since it was read; nothing is written".to_owned())),
        Err(reason) => Err(unreadable(path, &reason, None)),
    }
}

fn unwritable(path: &Path, reason: &str) -> Diagnostic {
    Diagnostic::error(codes::E0100, format!("`{}` cannot be written: {reason}", path.display()))
        .about(path)
        .help("check its permissions, and those of its folder")
}
