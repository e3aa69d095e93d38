//! `chaos man`.

use super::{Arguments, REFUSED};
use clap::{Arg, ArgAction, Command, CommandFactory};
use clap_mangen::Man;
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Write the manual: its first page to standard output, or every page into a folder.
///
/// To install it for yourself: `chaos man --out ~/.local/share/man/man1`; to read a page without: `chaos man | man -l -`.
#[derive(Debug, clap::Args)]
pub struct ManCommand {
    /// A folder for one page a command (`chaos.1`, `chaos-exec.1`, …); it is made where there is none.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl ManCommand {
    pub fn run(self) -> u8 {
        match &self.out {
            Some(folder) => match pages(folder) {
                Ok(()) => 0,
                Err(error) => {
                    complain_of!("{}: {error}", folder.display());
                    REFUSED
                }
            },
            None => match first() {
                Ok(()) => 0,
                Err(error) if error.kind() == ErrorKind::BrokenPipe => 0,
                Err(error) => {
                    complain_of!("{error}");
                    1
                }
            },
        }
    }
}

fn pages(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder)?;
    let mut all = Arguments::command().disable_help_subcommand(true);
    all.build();
    with_subcommands(all, folder)
}

fn with_subcommands(command: Command, folder: &Path) -> Result<(), Error> {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        with_subcommands(inner.clone(), folder)?;
    }
    page(command).generate_to(folder).map(drop)
}

fn first() -> Result<(), Error> {
    let mut written = Vec::new();
    page(Arguments::command()).render(&mut written)?;
    std::io::stdout().write_all(&written)
}

/// The page of a command.
fn page(command: Command) -> Man {
    Man::new(command.mut_args(with_dots))
        // Empty, in quotes: else what follows would stand in its place. A day would differ from build to build.
        .date("\"\"")
        .source(concat!("chaos ", env!("CARGO_PKG_VERSION")))
        .manual("chaos manual")
}

/// An argument that may be given several times says so behind its name.
fn with_dots(argument: Arg) -> Arg {
    let name = argument.get_value_names().and_then(|names| names.first()).cloned();
    match name {
        Some(name) if argument.is_positional() && matches!(argument.get_action(), ArgAction::Append) => {
            argument.value_names([name, "...".into()])
        }
        _ => argument,
    }
}
