//! The `chaos` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    chaos_lang::cli::run()
}
