//! `chaos completions`.

use super::Arguments;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use std::io::Write;

/// Write the completions of a shell to standard output: commands, options, and the words that options take.
///
/// bash: `chaos completions bash > ~/.local/share/bash-completion/completions/chaos`; zsh: into a file `_chaos` of a folder in
/// `fpath`; fish: `chaos completions fish > ~/.config/fish/completions/chaos.fish`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> u8 {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut shown(), "chaos", &mut script);
        match std::io::stdout().write_all(&script) {
            Ok(()) => 0,
            // Whoever reads only the beginning has what they want.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            Err(error) => {
                complain_of!("{error}");
                1
            }
        }
    }
}

/// The commands that the help lists; what is hidden there is offered nowhere.
fn shown() -> Command {
    let all = Arguments::command();
    let listed = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    Command::new("chaos").args(all.get_arguments().cloned()).subcommands(listed)
}
