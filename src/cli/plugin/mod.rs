//! `chaos plugin`: injectors of one's own, the components of a project, what they say of themselves, and what they asked of the
//! host.
//!
//! One file for each command.

mod add;
mod bench;
mod build;
mod calls;
mod fetch;
mod home;
mod inspect;
mod list;
mod named;
mod new;
mod obtain;
mod remove;
mod test;
mod trial;
mod update;

use crate::cli::complain;
use crate::project::Plugin as Added;
use home::Home;

/// Injectors: write, build and try your own, add those of others; look at what they are and can do, and at what they asked of the
/// host in a run.
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
    Add(add::Add),
    Fetch(fetch::Fetch),
    Update(update::Update),
    Remove(remove::Remove),
    List(list::List),
    Inspect(inspect::Inspect),
    Bench(bench::Bench),
    Calls(calls::Calls),
}

impl Plugin {
    pub fn run(self) -> u8 {
        match self.command {
            Command::New(command) => command.run(),
            Command::Build(command) => command.run(),
            Command::Test(command) => command.run(),
            Command::Add(command) => command.run(),
            Command::Fetch(command) => command.run(),
            Command::Update(command) => command.run(),
            Command::Remove(command) => command.run(),
            Command::List(command) => command.run(),
            Command::Inspect(command) => command.run(),
            Command::Bench(command) => command.run(),
            Command::Calls(command) => command.run(),
        }
    }
}

/// Which plugins of a project.
#[derive(Debug, clap::Args)]
struct Named {
    /// The plugins (default: all).
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl Named {
    /// The plugins that are meant. One that there is not is told, and the exit code given.
    fn of(&self, home: &Home) -> Result<Vec<Added>, u8> {
        let all = &home.project.plugins;
        if self.names.is_empty() {
            return Ok(all.clone());
        }
        let known: Vec<&str> = all.iter().map(|plugin| plugin.name.as_str()).collect();
        let find = |name: &String| {
            let found = all.iter().find(|plugin| plugin.name == *name).cloned();
            found.ok_or_else(|| complain(&remove::unknown(name, &known)))
        };
        self.names.iter().map(find).collect()
    }
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}
