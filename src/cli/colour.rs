//! Whether output has colours. `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` are respected.

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;

/// When output has colours.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Colour {
    /// On a terminal.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Colour {
    /// Makes it so for whatever is written from now on.
    pub fn set(self) {
        let choice = match self {
            Colour::Auto => ColorChoice::Auto,
            Colour::Always => ColorChoice::Always,
            Colour::Never => ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// Whether standard error has colours.
pub fn on_stderr() -> bool {
    AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}
