//! `chaos fmt`.

use super::disk::Disk;
use super::replace::replace;
use super::{REFUSED, complain, print};
use crate::base::{FileError, Files, SourceId, Sources};
use crate::diagnostics::tidy;
use crate::format::{Refusal, format};
use crate::names::unreadable;
use crate::report::Paint;
use similar::{ChangeTag, TextDiff};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    #[arg(long, value_name = "PATH", default_value = "standard input", hide_default_value = true)]
    stdin_path: PathBuf,
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
        let dash = Path::new("-");
        let outcomes = match self.paths.as_slice() {
            [only] if only == dash => return self.exit_code(&[self.standard_input()]),
            all if all.iter().any(|path| path == dash) => {
                complain_of!("`-` stands alone: standard input is formatted, or files are");
                return REFUSED;
            }
            all => self.files(all),
        };
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

    fn files(&self, paths: &[PathBuf]) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for found in chaos_files(paths) {
            outcomes.push(match found {
                Ok(path) => self.file(&path),
                Err((path, error)) => refuse(&path, &error),
            });
        }
        outcomes
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
        let text = match read_all() {
            Ok(text) => text,
            Err(error) => return refuse(&self.stdin_path, &error),
        };
        let Some(formatted) = formatted(&self.stdin_path, &text) else { return Outcome::Refused };
        if !self.check && !self.diff {
            let _nobody_reads = std::io::stdout().write_all(formatted.as_bytes());
        } else if formatted != text {
            self.tell(&self.stdin_path, &text, &formatted);
        }
        if formatted == text { Outcome::Same } else { Outcome::Changed }
    }

    fn tell(&self, path: &Path, text: &str, formatted: &str) {
        if self.diff {
            show_difference(path, text, formatted);
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

/// Standard input as text; at most as long as a file may be.
fn read_all() -> Result<String, FileError> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(super::disk::LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| FileError::Other(error.to_string()))?;
    if bytes.len() as u64 > super::disk::LARGEST {
        return Err(FileError::TooLarge(bytes.len() as u64));
    }
    String::from_utf8(bytes).map_err(|error| FileError::NotUtf8(error.utf8_error().valid_up_to()))
}

/// After this long a difference is shown as it was found so far: right, but not the shortest.
const DIFF_TIME: Duration = Duration::from_secs(2);

/// Prints a unified diff.
fn show_difference(path: &Path, text: &str, formatted: &str) {
    let path = path.display();
    let diff = TextDiff::configure().timeout(DIFF_TIME).diff_lines(text, formatted);
    say!("{}", Paint::bold(format!("--- {path}\n+++ {path}")));
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        say!("{}", Paint::dim(hunk.header()));
        for change in hunk.iter_changes() {
            let line = format!("{}{}", change.tag(), change.value().trim_end_matches('\n'));
            match change.tag() {
                ChangeTag::Equal => say!("{line}"),
                ChangeTag::Delete => say!("{}", Paint::red(line)),
                ChangeTag::Insert => say!("{}", Paint::green(line)),
            }
            if change.missing_newline() {
                say!("\\ No newline at end of file");
            }
        }
    }
}

type Found = Result<PathBuf, (PathBuf, FileError)>;

/// The files that are named, and all `.chaos` files of the folders that are; each once.
fn chaos_files(paths: &[PathBuf]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for path in paths {
        let mut files = Vec::new();
        if path.is_dir() {
            collect(path, &mut files)
        } else {
            files.push(Ok(path.clone()))
        }
        found.extend(files.into_iter().filter(|file| file.as_ref().map_or(true, |path| seen.insert(path.clone()))));
    }
    found
}

/// All `.chaos` files in a folder and its folders, by name; hidden ones and links are passed over.
fn collect(folder: &Path, found: &mut Vec<Found>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return found.push(Err((folder.to_path_buf(), FileError::Other(error.to_string())))),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let plain = path.strip_prefix("./").map(Path::to_path_buf).unwrap_or_else(|_| path.clone());
        if hidden || path.is_symlink() {
            continue;
        } else if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "chaos") {
            found.push(Ok(plain));
        }
    }
}
