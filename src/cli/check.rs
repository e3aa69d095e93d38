//! `chaos check`.

use super::examine::Examine;
use crate::analysis::survey;

/// Check files: text, names, types, units, times, and the blast radius of every experiment.
///
/// Exit code: 0 nothing wrong, 1 errors (with `--deny warnings`: or warnings), 2 a file or folder cannot be read or
/// written.
#[derive(Debug, clap::Args)]
pub struct Check {
    #[command(flatten)]
    examine: Examine,
    /// The environment in which experiments are checked (default: that of `chaos.toml`, else `local` where there is one).
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Let warnings fail the check, too.
    #[arg(long, value_name = "WHAT", value_parser = ["warnings"])]
    deny: Vec<String>,
}

impl Check {
    pub fn run(self) -> u8 {
        let deny_warnings = !self.deny.is_empty();
        self.examine.run("check", "checked, nothing wrong", deny_warnings, &|selection, shelf| {
            survey(&selection.targets(self.env.as_deref()), shelf)
        })
    }
}
