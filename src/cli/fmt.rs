//! `chaos fmt`.

use super::disk::Disk;
use super::layout::Layout;
use super::output::formats;
use super::replace::replace;
use super::selection::{ExcludeOption, Selection, tell_left_out};
use super::{REFUSED, complain, print, stdin, unified};
use crate::base::{FileError, Files, SourceId, Sources};
use crate::diagnostics::format::Format;
use crate::diagnostics::{codes, tidy};
use crate::format::{Refusal, format};
use crate::names::unreadable;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Lay files out in the one way there is. Only blanks, line ends and the `;` between statements change.
///
/// Exit code: 0 all are laid out so, 1 a file would change (with --check or --diff), 2 a file cannot be read, parsed or
/// written; it is left as it is.
#[derive(Debug, clap::Args)]
pub struct Fmt {
    /// Files, folders (all `.chaos` files in them), or `-`: standard input, to standard output.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Write nothing; name the files that would change.
    #[arg(long)]
    check: bool,
    /// Write nothing; show what would change.
    #[arg(long)]
    diff: bool,
    /// What standard input is called in messages.
    #[arg(long, value_name = "PATH", default_value = stdin::NAME, hide_default_value = true)]
    stdin_path: PathBuf,
    #[command(flatten)]
    exclude: ExcludeOption,
    /// With --check: tell the files that would change as findings, each at its first line that would (default: their names).
    /// The formats are those of `chaos check`.
    #[arg(long, value_name = "FORMAT", value_parser = formats(), requires = "check", conflicts_with = "diff")]
    format: Option<Format>,
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Same,
    Changed,
    Refused,
}

impl Fmt {
    pub fn run(self) -> u8 {
        let reads_stdin = self.paths.iter().any(|path| stdin::is_dash(path));
        if reads_stdin && self.paths.len() > 1 {
            complain_of!("`-` stands alone: standard input is formatted, or files are");
            return REFUSED;
        }
        if let Some(format) = self.format {
            return self.report(reads_stdin, format);
        }
        if reads_stdin {
            return self.exit_code(&[self.standard_input()]);
        }
        let outcomes = self.files();
        self.summary(&outcomes);
        self.exit_code(&outcomes)
    }

    fn exit_code(&self, outcomes: &[Outcome]) -> u8 {
        match outcomes {
            all if all.contains(&Outcome::Refused) => REFUSED,
            all if all.contains(&Outcome::Changed) && (self.check || self.diff) => 1,
            _ => 0,
        }
    }

    fn summary(&self, outcomes: &[Outcome]) {
        let count = |which: Outcome| outcomes.iter().filter(|outcome| **outcome == which).count();
        let word = if self.check || self.diff { "would change" } else { "changed" };
        let refused = match count(Outcome::Refused) {
            0 => String::new(),
            some => format!(", {some} refused"),
        };
        complain_of!("{} {word}, {} as they should be{refused}", count(Outcome::Changed), count(Outcome::Same));
    }

    /// Tells what would change as findings.
    fn report(&self, reads_stdin: bool, format: Format) -> u8 {
        let named = if reads_stdin { std::slice::from_ref(&self.stdin_path) } else { &self.paths };
        let selection = self.selection(named);
        if !format.is_for_machines() {
            tell_left_out(selection.left_out);
        }
        let mut layout = Layout::new(selection.findings.clone(), selection.sources.clone());
        for (path, _) in selection.files() {
            layout.file(path, if reads_stdin { stdin::read() } else { Disk.read(path) });
        }
        layout.tell(format)
    }

    fn selection(&self, paths: &[PathBuf]) -> Selection {
        let mut selection = Selection::of(paths, self.exclude.excluded(), &Disk);
        // A text is laid out whatever its plugins are.
        selection.findings.retain(|finding| finding.code != codes::E0109);
        selection
    }

    fn files(&self) -> Vec<Outcome> {
        let selection = self.selection(&self.paths);
        tell_left_out(selection.left_out);
        print(&selection.findings, &selection.sources);
        let refused = selection.findings.iter().map(|_| Outcome::Refused);
        refused.chain(selection.files().map(|(path, _)| self.file(path))).collect()
    }

    fn file(&self, path: &Path) -> Outcome {
        let text = match Disk.read(path) {
            Ok(text) => text,
            Err(error) => return refuse(path, &error),
        };
        let Some(formatted) = formatted(path, &text) else { return Outcome::Refused };
        if formatted == text {
            return Outcome::Same;
        }
        if self.check || self.diff {
            self.tell(path, &text, &formatted);
        } else if let Err(reason) = replace(path, &formatted) {
            complain_of!("`{}` cannot be written: {reason}", path.display());
            return Outcome::Refused;
        } else {
            say!("{}", path.display());
        }
        Outcome::Changed
    }

    fn standard_input(&self) -> Outcome {
        let text = match stdin::read() {
            Ok(text) => text,
            Err(error) => return refuse(&self.stdin_path, &error),
        };
        let left_out = self.selection(std::slice::from_ref(&self.stdin_path)).left_out > 0;
        let formatted = if left_out { Some(text.clone()) } else { formatted(&self.stdin_path, &text) };
        let Some(formatted) = formatted else { return Outcome::Refused };
        if !self.check && !self.diff {
            let _nobody_reads = std::io::stdout().write_all(formatted.as_bytes());
        } else if formatted != text {
            self.tell(&self.stdin_path, &text, &formatted);
        }
        if formatted == text { Outcome::Same } else { Outcome::Changed }
    }

    fn tell(&self, path: &Path, text: &str, formatted: &str) {
        if self.diff {
            unified::show(path, text, formatted);
        } else {
            say!("{}", path.display());
        }
    }
}

fn refuse(path: &Path, error: &FileError) -> Outcome {
    complain(&unreadable(path, error, None));
    Outcome::Refused
}

/// The text as it should be; says why there is none.
fn formatted(path: &Path, text: &str) -> Option<String> {
    match format(SourceId(0), text) {
        Ok(formatted) => return Some(formatted),
        Err(Refusal::Unparsable(mut findings)) => {
            let mut sources = Sources::default();
            sources.add(path, text.to_owned());
            tidy(&mut findings);
            print(&findings, &sources);
        }
        Err(Refusal::Changed(what)) => {
            let path = path.display();
            complain_of!(
                "internal error: {what} of `{path}` would have changed; it is left as it is. Please report it"
            );
        }
    }
    None
}
