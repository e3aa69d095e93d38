//! `chaos plugin`: what components say of themselves, and what they asked of the host.
//!
//! One file for each command.

mod calls;
mod inspect;
mod list;

/// Look at injectors: what they are and can do, and what they asked of the host in a run.
#[derive(Debug, clap::Args)]
pub struct Plugin {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the standard components.
    List,
    Inspect(inspect::Inspect),
    Calls(calls::Calls),
}

impl Plugin {
    pub fn run(self) -> u8 {
        match self.command {
            Command::List => list::run(),
            Command::Inspect(command) => command.run(),
            Command::Calls(command) => command.run(),
        }
    }
}
