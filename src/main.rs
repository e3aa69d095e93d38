//! The `chaos` command.

use std::process::ExitCode;

/// A check allocates and frees some hundred thousand small things; the system's allocator took a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    chaos_lang::cli::run()
}
