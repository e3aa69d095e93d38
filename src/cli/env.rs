//! `chaos env`.

use super::plan::analyse;
use super::planfile;
use super::rehearse::{self, Format, Look};
use super::{REFUSED, StoreOption, complain, print};
use crate::analysis;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Look at an environment.
#[derive(Debug, clap::Args)]
pub struct Env {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Check(EnvCheck),
}

/// Check an environment against what is really there, without an experiment: addresses, secrets, sources, every binding,
/// traffic, proxies, instances, SLOs. Nothing is injected; what the environment starts is started, and taken down again.
///
/// Exit code: 0 nothing failed (what was not looked at is said), 1 a check failed, 2 refused (nothing was touched), 4 stopped,
/// 7 something could not be taken down.
#[derive(Debug, clap::Args)]
struct EnvCheck {
    /// The file with the environment, or one that uses it.
    file: PathBuf,
    /// The environment (default: local, else the only one).
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// How long it is watched, 1s to 1h (default: 10s, or until each source has surely shown three samples).
    #[arg(long = "for", value_name = "TIME", value_parser = rehearse::time)]
    length: Option<Duration>,
    /// How it is told.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreOption,
}

impl Env {
    pub fn run(self) -> u8 {
        match self.command {
            Command::Check(check) => check.run(),
        }
    }
}

impl EnvCheck {
    fn run(self) -> u8 {
        if planfile::is_plan(&self.file) {
            let file = self.file.display();
            complain_of!("error: `{file}` is a plan; `chaos exec {file} --dry-run` rehearses it");
            return REFUSED;
        }
        let name = self.env.as_deref();
        let analysis = match analyse(&self.file, name.unwrap_or(analysis::DEFAULT_ENVIRONMENT)) {
            Ok(analysis) => analysis,
            Err(code) => return code,
        };
        let planned = match analysis::environment(&analysis, name) {
            Ok((planned, _)) => planned,
            Err(findings) => {
                print(&findings, &analysis.program.sources);
                return REFUSED;
            }
        };
        let journal = match self.store.open_of(&self.file) {
            Ok(journal) => Arc::new(journal),
            Err(error) => return complain(&error.diagnostic()),
        };
        let look = Look { length: self.length, format: self.format };
        rehearse::run(planned, (&self.file, &analysis.program.sources), journal, look)
    }
}
