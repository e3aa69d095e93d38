//! `chaos completions`.

use super::Arguments;
use clap::{Arg, Command, CommandFactory, ValueHint};
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
        let mut shown = hinted(shown());
        clap_complete::generate(self.shell, &mut shown, "chaos", &mut script);
        if self.shell == Shell::Fish {
            script.extend(words_for_fish(&shown).into_bytes());
        }
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

/// The command with what its options take: a file, a folder, or neither.
fn hinted(command: Command) -> Command {
    let hinted_argument = |argument: Arg| match hint(&argument) {
        Some(hint) => argument.value_hint(hint),
        None => argument,
    };
    command.mut_args(hinted_argument).mut_subcommands(hinted)
}

/// Of a path that may be either, bash would split the names at blanks; where nothing is known, it would offer files.
fn hint(argument: &Arg) -> Option<ValueHint> {
    let is_folder = argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "DIR"));
    match argument.get_value_hint() {
        ValueHint::AnyPath if is_folder => Some(ValueHint::DirPath),
        ValueHint::AnyPath => Some(ValueHint::FilePath),
        ValueHint::Unknown if !argument.is_positional() && argument.get_action().takes_values() => {
            Some(ValueHint::Other)
        }
        _ => None,
    }
}

/// What fish offers where a command takes one of several words: the generator writes that for options only. And the
/// commands behind `help`: there it takes `help` itself for the first of them.
fn words_for_fish(command: &Command) -> String {
    let names: Vec<&str> = command.get_subcommands().map(Command::get_name).filter(|name| *name != "help").collect();
    let words = |inner: &Command| -> Vec<String> {
        let values = inner.get_positionals().flat_map(Arg::get_possible_values);
        values.map(|value| value.get_name().to_owned()).collect()
    };
    let of_commands = command.get_subcommands().map(|inner| (inner.get_name(), words(inner).join(" ")));
    let all = of_commands.filter(|(_, words)| !words.is_empty()).chain([("help", names.join(" "))]);
    let line = |(name, words): (&str, String)| {
        let when = format!("__fish_chaos_using_subcommand {name}; and not __fish_seen_subcommand_from {words}");
        format!("complete -c chaos -n \"{when}\" -f -a \"{words}\"\n")
    };
    all.map(line).collect()
}
