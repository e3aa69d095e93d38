//! `chaos man`.

use super::{Arguments, REFUSED};
use clap::CommandFactory;
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
    clap_mangen::generate_to(Arguments::command(), folder)
}

fn first() -> Result<(), Error> {
    let mut page = Vec::new();
    Man::new(Arguments::command()).render(&mut page)?;
    std::io::stdout().write_all(&page)
}
