//! `chaos plugin`: injectors of one's own, what components say of themselves, and what they asked of the host.
//!
//! One file for each command.

mod build;
mod calls;
mod inspect;
mod list;
mod new;
mod test;

/// Injectors: write, build and try your own; look at what they are and can do, and at what they asked of the host in a run.
#[derive(Debug, clap::Args)]
pub struct Plugin {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    New(new::New),
    Build(build::Build),
    Test(test::Test),
    /// List the standard components.
    List,
    Inspect(inspect::Inspect),
    Calls(calls::Calls),
}

impl Plugin {
    pub fn run(self) -> u8 {
        match self.command {
            Command::New(command) => command.run(),
            Command::Build(command) => command.run(),
            Command::Test(command) => command.run(),
            Command::List => list::run(),
            Command::Inspect(command) => command.run(),
            Command::Calls(command) => command.run(),
        }
    }
}
